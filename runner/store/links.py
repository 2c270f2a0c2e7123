"""Table links: a partner's id and the host's id for one thing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Index, String, Table, Text, delete, select

from runner.model.push import Link
from runner.store.columns import metadata
from runner.store.statements import chunks, insert

links = Table(
    "links",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("destination", String(64), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("host_id", Text, nullable=False),
    Column("how", String(16), nullable=False),
    Index("ix_links_host", "destination", "kind", "host_id"),
)

_COLUMNS = [links.c[name] for name in ("integration_id", "kind", "external_id", "destination", "host_id", "how")]


def put(connection: Connection, link: Link) -> None:
    """Remember it in the place of the one before."""
    statement = insert(connection.dialect.name, links).values(
        integration_id=link.integration_id,
        destination=link.destination,
        kind=link.kind,
        external_id=link.external_id,
        host_id=link.host_id,
        how=link.how,
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["integration_id", "destination", "kind", "external_id"],
            set_={"host_id": link.host_id, "how": link.how},
        )
    )


def get(connection: Connection, integration_id: str, destination: str, kind: str, external_id: str) -> Link | None:
    """The link of one thing, if there is one."""
    return many(connection, integration_id, destination, kind, [external_id]).get(external_id)


def many(
    connection: Connection, integration_id: str, destination: str, kind: str, ids: Sequence[str]
) -> dict[str, Link]:
    """The links there are of `ids`, by external id."""
    table = links.c
    where = (table.integration_id == integration_id, table.destination == destination, table.kind == kind)
    return {
        row.external_id: Link(*row)
        for part in chunks(list(ids))
        for row in connection.execute(select(*_COLUMNS).where(*where, table.external_id.in_(part)))
    }


def of_hosts(connection: Connection, destination: str, kind: str, host_ids: Sequence[str]) -> list[Link]:
    """The links to any of these things at a destination."""
    table = links.c
    return [
        Link(*row)
        for part in chunks(list(host_ids))
        for row in connection.execute(
            select(*_COLUMNS).where(table.destination == destination, table.kind == kind, table.host_id.in_(part))
        )
    ]


def remove(connection: Connection, integration_id: str, destination: str, kind: str, external_id: str) -> bool:
    """Forget one; False when there was none."""
    table = links.c
    query = delete(links).where(
        table.integration_id == integration_id,
        table.destination == destination,
        table.kind == kind,
        table.external_id == external_id,
    )
    return bool(connection.execute(query).rowcount)


def find(
    connection: Connection,
    integration_id: str | None = None,
    destination: str | None = None,
    kind: str | None = None,
    host_id: str | None = None,
    limit: int = 1000,
) -> list[Link]:
    """All that fit what is given, by integration, kind and external id."""
    table = links.c
    query = select(*_COLUMNS).order_by(table.integration_id, table.kind, table.external_id, table.destination)
    chosen = {"integration_id": integration_id, "destination": destination, "kind": kind, "host_id": host_id}
    for name, value in chosen.items():
        if value is not None:
            query = query.where(table[name] == value)
    return [Link(*row) for row in connection.execute(query.limit(limit))]
