"""The addresses that a connector writes: whole ones, and the same in every environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.components.block import parts, shown
from runner.connector.connector import Connector
from runner.connector.document import Document
from runner.errors import Finding, Place
from runner.mapping.template import Template

_HOST = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/|$)", re.ASCII)
_URLS = ("base_url", "token_url", "authorize_url", "url")


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """Environments of unlike keys, and every address that lacks its scheme."""
    yield from _environments(connector, document)
    yield from _addresses(connector, document)


def _environments(connector: Connector, document: Document) -> Iterator[Finding]:
    named = list(connector.environments.items())
    first, keys = named[0][0], set(named[0][1])
    for name, values in named[1:]:
        for key in sorted(keys ^ set(values)):
            lacking = name if key in keys else first
            message = f"the environment `{lacking}` has no `{key}`"
            place = document.key_place(("environments", lacking))
            yield Finding(place, "uneven-environments", message, "give all environments the same keys")


def _addresses(connector: Connector, document: Document) -> Iterator[Finding]:
    """Environments hold addresses, and `base_url` begins with one: `api.acme.example` alone is none."""
    for name, values in connector.environments.items():
        for key, value in values.items():
            if _HOST.match(value):
                yield _schemeless(document.place(("environments", name, key)), value)
    for path, part in parts(connector):
        if isinstance(part, Template) and path[-1] in _URLS and _HOST.match(part.text):
            yield _schemeless(document.place(path), part.text)


def _schemeless(place: Place, address: str) -> Finding:
    return Finding(
        place, "wrong-value", f"`{shown(address)}` is no address without `https://`", "write https:// before it"
    )
