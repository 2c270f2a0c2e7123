"""The page of a connector: who the partner is, what must be filled in, what is read, what it means, what is changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.authoring.cases import Case, cases
from runner.authoring.folders import Folders
from runner.authoring.kinds import Kinds
from runner.authoring.reference import reactions
from runner.authoring.reference.examples import examples
from runner.authoring.reference.markdown import code, codes, link, page, table
from runner.authoring.reference.phrases import component, limit, option_rows
from runner.authoring.reference.processors import section
from runner.components.auth.base import Auth
from runner.components.ratelimits.base import RateLimit
from runner.connector.connector import Connector
from runner.connector.field import Field
from runner.connector.scope import variable_of

_CONNECTED_BY = {
    "code": "The company's admin opens the link that `runner connect` gives, and consents.",
    "token": "Nobody consents: the company's admin fills in what is asked above.",
    "static": "Nobody consents: the company's admin fills in what is asked above.",
}


def connector_page(connector: Connector, kinds: Kinds, folders: Folders) -> str:
    """The whole page. Examples and snapshots that are not there are said to be missing."""
    found = cases(folders, connector.connector)
    parts = [*_outside(connector), *_inside(connector, kinds), *_processors(connector, kinds, found, folders)]
    file = Path(os.path.relpath(folders.connectors / f"{connector.connector}.yaml", folders.reference / "connectors"))
    where = f"The file is {link(code(file.name), file.as_posix())}, the partner's documents are at <{connector.docs}>."
    return page(connector.title, f"{summary(connector)} {where}", parts)


def summary(connector: Connector) -> str:
    """What the connector does, in a sentence."""
    kinds = dict.fromkeys(processor.record for processor in connector.processors.values())
    ways = [
        _count(len(connector.syncs), "sync", "syncs"),
        _count(len(connector.webhooks.on) if connector.webhooks else 0, "sort of event", "sorts of events"),
        _count(len(connector.actions), "action", "actions"),
    ]
    declared = ", ".join(way for way in ways if way) or "as yet no syncs, webhooks or actions"
    several = " A company may have several integrations." if connector.integrations == "many_per_company" else ""
    return f"Makes records of the kinds {codes(kinds)}; has {declared}.{several}"


def _outside(connector: Connector) -> Iterator[str]:
    """What concerns people: doubts, the operator, the company, how it is let in, how fast it calls."""
    if connector.unverified:
        rows = [(fact.fact, code(fact.where)) for fact in connector.unverified]
        yield f"## What is not confirmed\n\n{table(('fact', 'held by'), rows)}"
    yield "## What the operator registers"
    yield _filled({variable_of(connector, key): field for key, field in connector.app.items()}, "variable")
    yield "## What a company fills in"
    yield _filled(connector.settings, "setting")
    yield "## How it is let in"
    for path, auth in connector.ways.items():
        yield from _auth(path, auth)
    yield _environments(connector)
    yield "## How often it calls"
    yield "\n".join(f"- {line}" for line in _limits(connector)) or "No limit is declared."


def _environments(connector: Connector) -> str:
    addresses = ((name, key, one) for name, keys in connector.environments.items() for key, one in keys.items())
    return table(("environment", "key", "address"), ((name, code(key), code(one)) for name, key, one in addresses))


def _inside(connector: Connector, kinds: Kinds) -> Iterator[str]:
    """What the connector does."""
    yield "## Syncs"
    yield reactions.syncs(connector) if connector.syncs else "None are declared."
    yield "## Webhooks"
    if connector.webhooks:
        yield from reactions.webhooks(connector.webhooks, kinds)
    else:
        yield "None are declared."
    yield "## Actions"
    yield reactions.actions(connector) if connector.actions else "None are declared."


def _processors(connector: Connector, kinds: Kinds, found: list[Case], folders: Folders) -> Iterator[str]:
    yield "## Processors"
    for name, processor in connector.processors.items():
        yield from section(name, processor, kinds)
        yield from examples(connector.connector, name, [case for case in found if case.processor == name], folders)


def _filled(fields: Mapping[str, Field], what: str) -> str:
    rows = [(code(name), field.title, _demands(field), field.help or "") for name, field in fields.items()]
    return table((what, "title", "what it must be", "where to find it"), rows) if rows else "Nothing."


def _demands(field: Field) -> str:
    demands = [
        "secret" if field.secret else "",
        "" if field.required or field.default else "may be left out",
        f"one of {codes(field.choices)}" if field.choices else "",
        f"like {code(field.pattern)}" if field.pattern else "",
        f"{code(field.default)} when left out" if field.default else "",
    ]
    return "; ".join(demand for demand in demands if demand)


def _auth(path: tuple[str, ...], auth: Auth) -> Iterator[str]:
    called = {"other_auth": f"For calls with `auth: {path[-1]}`, "}.get(path[0], f"By the way `{path[-1]}`, ")
    connected = "" if auth.options else _CONNECTED_BY.get(auth.flow, "")
    yield f"{called if len(path) > 1 else ''}{component(auth)} {connected}".rstrip()
    if not auth.options:
        yield option_rows(auth)


def _limits(connector: Connector) -> Iterator[str]:
    yield from map(limit, connector.http.rate_limits)
    own: dict[str, list[RateLimit]] = {
        name: call.rate_limits for calls in (connector.endpoints, connector.actions) for name, call in calls.items()
    }
    yield from (f"{code(name)}: {limit(one)}" for name, limits in own.items() for one in limits)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}" if number else ""
