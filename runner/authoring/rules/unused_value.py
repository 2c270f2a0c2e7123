"""A value that people are asked for in vain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.block import parts
from runner.connector.connector import Connector
from runner.mapping.expression import Expression
from runner.mapping.template import Template


@rule("unused-value")
def unused_value(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a value under `app` or `settings` that no template, expression or `verify.secret` reads.

    Prefer: to ask only for what is used.

    Why: somebody must find it at the partner and type it in; a secret that is not needed can only leak.
    """
    used = set(_used(subject.connector))
    for where, fields in (("app", subject.connector.app), ("settings", subject.connector.settings)):
        for name in fields:
            if (where, name) not in used:
                place = subject.document.key_place((where, name))
                yield Doubt(place, f"nothing reads `{where}.{name}`", "remove it, or use it")


def _used(connector: Connector) -> Iterator[tuple[str, ...]]:
    for _, part in parts(connector):
        if isinstance(part, Template):
            yield from (name[:2] for name in part.names)
        elif isinstance(part, Expression):
            yield from re.findall(r"\b(app|settings)\.(\w+)", part.text)
    if connector.webhooks is not None:
        yield from (tuple(name.split(".")[:2]) for name in connector.webhooks.secret_names)
