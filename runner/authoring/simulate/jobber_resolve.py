"""How Jobber's schema finds its answers in the tables: Relay pages, filters, sorts, relations."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, default_field_resolver
from graphql.type import GraphQLScalarType, GraphQLUnionType

from runner.authoring.simulate.jobber_data import number_of
from runner.authoring.simulate.jobber_notes import JobNotes
from runner.authoring.simulate.jobber_schema import sdl
from runner.authoring.simulate.table import Row, Table

DEFAULT_PAGE = 100
WEB = "https://secure.getjobber.com"
ONE = {"client": "clients", "property": "properties", "job": "jobs", "visit": "visits", "user": "users"}
COLUMNS = {"status": {"visits": "visitStatus", "jobs": "jobStatus", "users": "status"}, "type": {"jobs": "jobType"}}
SORTS = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "START_AT": "startAt"}

Tables = Mapping[str, Table]
Resolver = Callable[..., Any]


@cache
def schema() -> GraphQLSchema:
    """The schema, the same for every company: what answers comes to `answer_field` with the context of a query."""
    built = build_schema(sdl())
    moments = _scalar(built, "ISO8601DateTime")
    for door in ("parse_value", "coerce_input_value"):  # the library's name until 3.2, and from 3.3
        setattr(moments, door, _moment_text)
    union = built.type_map["JobNoteUnion"]
    assert isinstance(union, GraphQLUnionType)
    union.resolve_type = lambda *_: "JobNote"
    return built


def answer_field(source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
    """What a field says: by the resolver that the query's context names, else by the row itself."""
    found = info.context.get((info.parent_type.name, info.field_name))
    return default_field_resolver(source, info, **given) if found is None else found(source, info, **given)


def _scalar(built: GraphQLSchema, name: str) -> GraphQLScalarType:
    kind = built.type_map[name]
    assert isinstance(kind, GraphQLScalarType)
    return kind


def _moment_text(value: object) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        msg = f"Could not coerce value {value!r} to ISO8601DateTime"
        raise GraphQLError(msg, extensions={"code": "BAD_USER_INPUT"}) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def resolvers(
    tables: Tables, account: Row, disconnect: Callable[[], None], notes: JobNotes
) -> dict[tuple[str, str], Resolver]:
    """What answers over these tables, by kind and field: the context of a query."""
    kinds = _by_kind(tables, account, disconnect, notes)
    return {(kind, name): resolver for kind, named in kinds.items() for name, resolver in named.items()}


def _by_kind(
    tables: Tables, account: Row, disconnect: Callable[[], None], notes: JobNotes
) -> dict[str, dict[str, Resolver]]:
    def app_disconnect(_: Any, __: GraphQLResolveInfo[Any]) -> Row:
        disconnect()
        return {"userErrors": []}

    return {
        "Query": {
            "account": lambda _, __: account,
            **{name: _by_id(tables[table]) for name, table in ONE.items()},
            **{name: _listing(tables[name], name) for name in ONE.values()},
        },
        "Mutation": {
            "appDisconnect": app_disconnect,
            "jobCreateNote": notes.create,
            "jobNoteAddAttachment": notes.attach,
        },
        "Client": {
            "name": lambda row, _: display_name(row),
            "defaultEmails": lambda row, _: [email["address"] for email in row["emails"] if email["primary"]],
            "jobberWebUri": _web("clients"),
            "clientProperties": _children(tables["properties"], "clientId"),
            "jobs": _children(tables["jobs"], "clientId"),
        },
        "Property": {
            "client": _parent(tables["clients"], "clientId"),
            "jobberWebUri": _web("properties"),
            "jobs": _children(tables["jobs"], "propertyId"),
        },
        "Job": {
            "client": _parent(tables["clients"], "clientId"),
            "property": _parent(tables["properties"], "propertyId"),
            "jobberWebUri": _web("work_orders"),
            "visits": _children(tables["visits"], "jobId"),
            "notes": lambda row, _, **page: connection(notes.of[row["id"]], **page),
        },
        "Visit": {
            "client": _parent(tables["clients"], "clientId"),
            "property": _parent(tables["properties"], "propertyId"),
            "job": _parent(tables["jobs"], "jobId"),
            "assignedUsers": lambda row, _, **page: connection(
                [user for key in row["userIds"] if (user := tables["users"].get(key))], **page
            ),
        },
    }


def display_name(client: Row) -> str:
    """A company goes by its company's name, a person by both names."""
    person = f"{client['firstName']} {client['lastName']}".strip()
    return str(client["companyName"] or person) if client["isCompany"] else person


def _web(section: str) -> Resolver:
    return lambda row, _: f"{WEB}/{section}/{number_of(row['id'])}"


def _parent(table: Table, column: str) -> Resolver:
    return lambda row, _: table.get(row[column])


def _children(table: Table, column: str) -> Resolver:
    return lambda row, _, **page: connection(table.having(column, row["id"]), **page)


def _by_id(table: Table) -> Resolver:
    def resolve(_: Any, info: GraphQLResolveInfo[Any], id: str) -> Row:  # noqa: A002 - the schema's argument
        row = table.get(id)
        if row is None:
            msg = f"{info.field_name.capitalize()} not found"
            raise GraphQLError(msg, extensions={"code": "NOT_FOUND"})
        return row

    return resolve


def _listing(table: Table, name: str) -> Resolver:
    def resolve(
        _: Any,
        __: GraphQLResolveInfo[Any],
        filter: Row | None = None,  # noqa: A002 - the schema's argument
        sort: Row | list[Row] | None = None,
        searchTerm: str | None = None,  # noqa: N803 - the schema's argument
        timezone: str | None = None,  # noqa: ARG001 - the day of a visit is UTC's here
        **page: Any,
    ) -> Row:
        wanted = list(_tests(name, filter or {}))
        if searchTerm:
            wanted.append(lambda row: searchTerm.casefold() in display_name(row).casefold())
        rows = [row for row in table if all(keep(row) for keep in wanted)]
        for order in reversed([sort] if isinstance(sort, dict) else sort or []):
            column = SORTS[order["key"]]
            rows.sort(key=lambda row: row[column] or "", reverse=order["direction"] == "DESCENDING")
        return connection(rows, **page)

    return resolve


def _tests(table: str, wanted: Row) -> Iterator[Callable[[Row], bool]]:
    for key, value in wanted.items():
        if value is None:
            continue
        column = COLUMNS.get(key, {}).get(table, key)
        if isinstance(value, dict):
            yield _within(column, value)
        elif key == "ids":
            yield lambda row, ids=frozenset(value): row["id"] in ids  # type: ignore[misc]  # bound early, on purpose
        elif key == "assignedTo":
            yield lambda row, user=value: user in row["userIds"]  # type: ignore[misc]  # bound early, on purpose
        elif key == "tags":
            yield lambda _: False
        else:
            yield lambda row, column=column, value=value: row[column] == value  # type: ignore[misc]  # as above


def _within(column: str, bounds: Row) -> Callable[[Row], bool]:
    """`after` and `before` exclude their bound."""
    limits = {name: datetime.fromisoformat(bound) for name, bound in bounds.items() if bound is not None}

    def holds(row: Row) -> bool:
        if not limits:
            return True
        if row[column] is None:
            return False
        moment = datetime.fromisoformat(row[column])
        return (
            ("after" not in limits or moment > limits["after"])
            and ("before" not in limits or moment < limits["before"])
            and ("eq" not in limits or moment == limits["eq"])
        )

    return holds


def connection(
    rows: Sequence[Row],
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Row:
    """A Relay page. Cursors are places in the list, as the partner's sample (`MQ` is 1) shows."""
    start = _place(after) if after else 0
    stop = _place(before) - 1 if before else len(rows)
    if last is not None and first is None:
        start = max(start, stop - last)
    else:
        stop = min(stop, start + (DEFAULT_PAGE if first is None else first))
    page = rows[start : max(start, stop)]
    cursors = [_cursor(start + place) for place in range(1, len(page) + 1)]
    return {
        "nodes": page,
        "edges": [{"cursor": cursor, "node": row} for cursor, row in zip(cursors, page, strict=True)],
        "totalCount": len(rows),
        "pageInfo": {
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
            "hasNextPage": start + len(page) < len(rows),
            "hasPreviousPage": start > 0,
        },
    }


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _place(cursor: str) -> int:
    try:
        return max(0, int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except (binascii.Error, ValueError):
        msg = f"Invalid cursor {cursor!r}"
        raise GraphQLError(msg, extensions={"code": "BAD_USER_INPUT"}) from None
