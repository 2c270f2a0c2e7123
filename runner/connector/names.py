"""The names that templates read: each must have a value in its place, and where its call is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from runner.components.auth.oauth2 import OAuth2
from runner.components.auth.oauth2_authorization_code import REDIRECT, OAuth2AuthorizationCode
from runner.components.block import parts
from runner.components.handshakes.signed_challenge import SignedChallenge
from runner.components.incrementals.newest_first import NewestFirst
from runner.components.incrementals.only_newer import OnlyNewer
from runner.components.incrementals.since import Since
from runner.components.incrementals.token import Token
from runner.components.verifiers.signed import SIGNED_NAMES
from runner.connector.action import Action
from runner.connector.call import VERBS
from runner.connector.connector import Connector
from runner.connector.document import Document, Path, value_at
from runner.connector.endpoint import Endpoint
from runner.connector.reaction import Fetch
from runner.connector.subscription import OFFERED
from runner.errors import Finding
from runner.mapping.template import Template
from runner.model.text import place_of
from runner.model.words import suggest

_WITHOUT_WINDOW = (Since, Token, NewestFirst, OnlyNewer, type(None))
_TOKENS = ("access_token", "refresh_token")
_ONE_BRACE = re.compile(r"(?<!\{)\{\s*([a-z_]+(?:\.\w+)*)\s*\}(?!\})")
Offered = Mapping[str, Iterable[str] | None]


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """Every name without a value."""
    for path, part in parts(connector):
        if isinstance(part, Template):
            offered = _offered(connector, path)
            for name in sorted(part.names):
                yield from _unknown(document, path, part, name, offered)
            if "{" in part.text:
                yield from _single(document, path, part, offered)
    yield from _timeless(connector, document)


def _offered(connector: Connector, path: Path) -> Offered:
    """The names that a template may read at a path, each with the names inside it; None where those are not known."""
    if path[:2] == ("webhooks", "verify"):
        signed = dict.fromkeys(SIGNED_NAMES) if path[2:3] in (("signs",), ("parts",)) else {}
        return {"app": connector.app, **signed}
    if path[:2] == ("webhooks", "handshake"):
        signs = connector.webhooks is not None and isinstance(connector.webhooks.handshake, SignedChallenge)
        return {"app": connector.app, "challenge": (), **({"signature": ()} if signs else {})}
    offered: dict[str, Iterable[str] | None] = {
        "app": connector.app,
        "settings": connector.settings,
        "environment": next(iter(connector.environments.values())),
        "account": _captured(connector),
        "integration": ("id", "company", "account_id", "way"),
    }
    if path[0] in ("auth", "other_auth"):
        offered |= dict.fromkeys(_TOKENS if "revoke" in path else _TOKENS[:1] if "send" in path else (), ())
    call = getattr(connector, str(path[0])).get(path[1]) if path[0] in ("endpoints", "actions") else None
    if isinstance(call, Endpoint):
        offered |= {"input": call.input, "page": call.paginate.variables, "checkpoint": (), "window": ("start", "end")}
    if isinstance(call, Action):
        offered |= {"input": call.input, **({"before": None} if call.before else {})}
        offered |= {"idempotency": ("key",)} if call.idempotency else {}
    if made := _of_subscription_at(connector, path):
        offered["subscription"] = made
    return offered


def of_subscription(connector: Connector, *, whole: bool) -> list[str]:
    """The names of a subscription; `whole` says that it is made, and the results of `create` are there."""
    declared = connector.webhooks.subscription if connector.webhooks else None
    if declared is None:
        return []
    create = connector.actions.get(declared.create)
    return [*OFFERED, *(create.result if create and whole else ())]


def _of_subscription_at(connector: Connector, path: Path) -> list[str]:
    """What a call may read of a subscription: nothing, unless it is one of its own."""
    declared = connector.webhooks.subscription if connector.webhooks else None
    if declared is None:
        return []
    check = ("endpoints", declared.check.endpoint) if declared.check else None
    is_own = path[:2] == check or (path[0] == "actions" and path[1] in declared.actions)
    return of_subscription(connector, whole=path[:2] != ("actions", declared.create)) if is_own else []


def _captured(connector: Connector) -> list[str]:
    ways = connector.ways.values()
    captures = [way.capture for way in ways if isinstance(way, OAuth2)]
    identified = [name for way in ways if way.identify for name in way.identify.capture]
    kept = [REDIRECT for way in ways if isinstance(way, OAuth2AuthorizationCode) and way.refresh_params]
    return [*kept, *identified, *(name for capture in captures for name in (*capture.callback, *capture.token))]


def _unknown(
    document: Document, path: Path, template: Template, name: tuple[str, ...], offered: Offered
) -> Iterator[Finding]:
    place = template.place if template.place.line else document.place(path)
    if name[0] not in offered:
        message = f"`{name[0]}` in `{template}` has no value here"
        yield Finding(place, "unknown-name", message, suggest(name[0], offered))
        return
    inner = offered[name[0]]
    if inner is None or len(name) == 1 or name[1] in inner:
        return
    message = f"`{name[0]}.{name[1]}` in `{template}` is not declared"
    if name[0] in ("checkpoint", "challenge", "signature", *_TOKENS):
        yield Finding(place, "unknown-name", message, f"`{name[0]}` is a text: write `{{{{ {name[0]} }}}}`")
    else:
        remedy = suggest(name[1], inner) or _declare(name[0])
        yield Finding(place, "unknown-name", message, remedy)


def _single(document: Document, path: Path, template: Template, offered: Offered) -> Iterator[Finding]:
    """`{ input.id }` is no template: it would be sent as it stands."""
    for found in _ONE_BRACE.finditer(template.text):
        name = found[1]
        if path[-1] in VERBS and name in (offered.get("input") or ()):
            name = f"input.{name}"
        if name.split(".")[0] in offered:
            place = place_of(value_at(document.data, path), found.start())
            message = f"`{found[0]}` would be sent as it stands: a template has two braces on each side"
            where = place if place.line else document.place(path)
            yield Finding(where, "single-brace", message, f"write `{{{{ {name} }}}}`")


def _declare(name: str) -> str:
    if name == "page":
        return "this paginator gives no such value: choose one that does"
    return f"declare it under `{'with` or `input' if name == 'input' else name}`"


def _timeless(connector: Connector, document: Document) -> Iterator[Finding]:
    """Endpoints that read what only a sync gives, called by something else; and windows that the sync does not give."""
    for path, name, what, given in _callers(connector):
        endpoint = connector.endpoints.get(name)
        found = (part for _, part in parts(endpoint) if isinstance(part, Template)) if endpoint else ()
        read = {word[0] for part in found for word in part.names}
        for word in sorted(read & {"checkpoint", "window"} - given):
            message = f"the endpoint `{name}` reads `{word}`, which {what} does not give"
            yield Finding(document.place(path), "unknown-name", message, _other_endpoint(word, path))


def _other_endpoint(word: str, path: Path) -> str:
    if path[0] == "syncs" and word == "window":
        return "add `incremental: {type: window}`, or name another endpoint"
    return "name an endpoint that does without"


def _callers(connector: Connector) -> Iterator[tuple[Path, str, str, set[str]]]:
    yield from _synced(connector)
    for pattern, reaction in connector.webhooks.on.items() if connector.webhooks else ():
        if isinstance(reaction, Fetch):
            yield ("webhooks", "on", pattern, "endpoint"), reaction.endpoint, "a webhook", set()
            for place, enrich in enumerate(reaction.enrich):
                yield ("webhooks", "on", pattern, "enrich", place, "endpoint"), enrich.endpoint, "`enrich`", set()
    declared = connector.webhooks.subscription if connector.webhooks else None
    if declared is not None and declared.check is not None:
        yield ("webhooks", "subscription", "check", "endpoint"), declared.check.endpoint, "`check`", set()
    for name, action in connector.actions.items():
        if action.find is not None:
            yield ("actions", name, "find", "endpoint"), action.find.endpoint, "`find`", set()
        if action.before is not None:
            yield ("actions", name, "before", "endpoint"), action.before.endpoint, "`before`", set()
    for path, way in connector.ways.items():
        if way.identify is not None:
            yield (*path, "identify", "endpoint"), way.identify.endpoint, "`identify`", set()


def _synced(connector: Connector) -> Iterator[tuple[Path, str, str, set[str]]]:
    for name, table in connector.tables.items():
        yield ("tables", name, "endpoint"), table.endpoint, "a table", set()
    for name, sync in connector.syncs.items():
        for keys, endpoint, asked_by in sync.endpoints:
            given = {"checkpoint"} | ({"window"} if not isinstance(asked_by, _WITHOUT_WINDOW) else set())
            yield ("syncs", name, *keys), endpoint, "this sync", given
        for place, enrich in enumerate(sync.enrich):
            yield ("syncs", name, "enrich", place, "endpoint"), enrich.endpoint, "`enrich`", set()
