"""Parts of a connector that must fit each other: queries and variables, cursors and requests, forms and defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.components.block import parts
from runner.components.paginators.cursor import Cursor
from runner.components.paginators.offset import Offset
from runner.components.paginators.onward import Continue
from runner.components.paginators.page_number import PageNumber
from runner.connector.call import Call
from runner.connector.connector import Connector
from runner.connector.document import Document, Path, value_at
from runner.connector.endpoint import Endpoint
from runner.connector.field import Field
from runner.connector.graphql import quiet, unmatched
from runner.connector.http import ErrorRule
from runner.errors import Finding
from runner.mapping.template import Template
from runner.model.text import place_of
from runner.model.words import suggest

_HEADER = re.compile(r"\b(?:query|mutation|subscription)\b[^({]*\(([^)]*)\)")
_DECLARED = re.compile(r"\$(\w+)\s*:\s*[\w\[\]!]+(\s*=)?")


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """Every two parts that do not fit."""
    for section in ("endpoints", "actions"):
        for name, call in getattr(connector, section).items():
            yield from _variables((section, name), call, document)
            yield from _cursor((section, name), call, document)
            yield from _onward((section, name), call, connector, document)
    yield from _account(connector, document)
    yield from _other_auth(connector, document)
    yield from _forms(connector, document)


def _read(call: Call) -> set[tuple[str, ...]]:
    return {name for _, part in parts(call) if isinstance(part, Template) for name in part.names}


def _variables(path: Path, call: Call, document: Document) -> Iterator[Finding]:
    """What a GraphQL query declares, uses and is given must be the same names."""
    if call.graphql is None:
        return
    wrong = unmatched(call.graphql)
    if wrong:
        place = place_of(value_at(document.data, (*path, "graphql")), wrong[0])
        yield Finding(place, "bad-query", f"in the query {wrong[1]}", 'give every one of ( [ { and " its partner')
        return
    query = quiet(call.graphql)
    declared = {
        found[1]: bool(found[2]) for header in _HEADER.finditer(query) for found in _DECLARED.finditer(header[1])
    }
    given = call.variables.value if call.variables is not None and isinstance(call.variables.value, dict) else {}
    written = value_at(document.data, (*path, "variables"))
    is_read = isinstance(written, dict | None)  # else there is one mistake, and it is told already
    for found in re.finditer(r"\$(\w+)", query):
        name = found[1]
        place = place_of(value_at(document.data, (*path, "graphql")), found.start())
        if name not in declared:
            message, remedy = f"the query does not declare `${name}`", "declare it: `query Name($x: Type)`"
            yield Finding(place, "unknown-variable", message, suggest(name, declared) if declared else remedy)
        elif name not in (written or given) and not declared[name] and is_read:
            declared[name] = True
            yield Finding(
                place, "missing-variable", f"`${name}` is given no value", f"add `variables: {{{name}: ...}}`"
            )
    for name in given:
        if name not in declared:
            message = f"the query does not declare `${name}`"
            remedy = suggest(name, declared) or "take it out, or declare it in the query"
            yield Finding(document.key_place((*path, "variables", name)), "unknown-variable", message, remedy)


def _cursor(path: Path, call: Call, document: Document) -> Iterator[Finding]:
    """A paginator that neither adds a parameter nor is read asks for the first page again and again."""
    paginate = call.paginate if isinstance(call, Endpoint) else None
    if not isinstance(paginate, Cursor | Offset | PageNumber) or paginate.param is not None:
        return
    name = paginate.variables[0]
    if not any(found in (("page",), ("page", name)) for found in _read(call)):
        message = f"`page.{name}` does not reach the request: each page would be the first one"
        remedy = f"give `param`, or write `{{{{ page.{name} }}}}` into the request"
        yield Finding(document.key_place((*path, "paginate")), "unread-cursor", message, remedy)


def _onward(path: Path, call: Call, connector: Connector, document: Document) -> Iterator[Finding]:
    """The endpoint of further pages exists, takes the cursor, and needs nothing else."""
    paginate = call.paginate if isinstance(call, Endpoint) else None
    if not isinstance(paginate, Continue):
        return
    place, further = (*path, "paginate", "endpoint"), connector.endpoints.get(paginate.endpoint)
    if further is None:
        remedy = suggest(paginate.endpoint, connector.endpoints) or "declare it under `endpoints`"
        message = f"there is no endpoint `{paginate.endpoint}`"
        yield Finding(document.place(place), "unknown-endpoint", message, remedy)
        return
    needed = {name for name, field in further.input.items() if field.required}
    if paginate.as_ not in further.input or needed - {paginate.as_}:
        message = f"the endpoint `{paginate.endpoint}` is given `{paginate.as_}` and nothing else"
        remedy = f"let it need `with: {{{paginate.as_}: ...}}` alone"
        yield Finding(document.place(place), "missing-input", message, remedy)


def _account(connector: Connector, document: Document) -> Iterator[Finding]:
    unknown = any(connector.way_in(name).identify is None for name in connector.auth.options or (None,))
    if connector.webhooks is not None and connector.webhooks.events.account is not None and unknown:
        message = "webhooks find their integration by the account, and `auth` does not say how to learn it"
        remedy = "add `identify: {endpoint: ..., account_id: ...}` to `auth`"
        yield Finding(document.key_place(("auth",)), "missing-field", message, remedy)


def _other_auth(connector: Connector, document: Document) -> Iterator[Finding]:
    """Nobody consents or chooses twice: `other_auth` holds what works by itself."""
    for name, way in connector.other_auth.items():
        if way.flow == "code" or way.options:
            message = f"`{name}` cannot stand in `other_auth`: nobody is asked for a second consent or choice"
            remedy = "make it `auth`, or take a type that needs nobody"
            yield Finding(document.key_place(("other_auth", name)), "wrong-value", message, remedy)


def _forms(connector: Connector, document: Document) -> Iterator[Finding]:
    """Regular expressions that are none, and defaults that their own field would refuse."""
    for path, part in parts(connector):
        if isinstance(part, Field) and part.pattern is not None:
            yield from _form((*path, "pattern"), part.pattern, document)
        if isinstance(part, ErrorRule):
            for name, form in (part.header or {}).items():
                yield from _form((*path, "header", name), form, document)
        if isinstance(part, Field) and part.default is not None:
            yield from _default((*path, "default"), part, document)


def _form(path: Path, form: str, document: Document) -> Iterator[Finding]:
    try:
        re.compile(form)
    except (re.error, RecursionError, OverflowError) as error:
        message = f"`{form[:60]}` is no regular expression: {error}"
        yield Finding(document.place(path), "wrong-value", message, "see https://docs.python.org/3/library/re.html")


def _default(path: Path, field: Field, document: Document) -> Iterator[Finding]:
    if field.secret:
        message, remedy = "a secret has no default: the file is no place for it", "leave the default out"
        yield Finding(document.key_place(path), "open-secret", message, remedy)
        return
    try:
        flaw = field.flaw(field.default)
    except re.error:  # told of the pattern already
        return
    if flaw:
        yield Finding(document.place(path), "wrong-value", f"the default will not do: {flaw}", "give another default")
