"""An address without encryption."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.block import parts
from runner.mapping.template import Template

_OPEN = re.compile(r"http://(?!localhost\b|127\.)")


@rule("plain-http", "error")
def plain_http(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `http://` in an environment or in the address of a call.

    Prefer: `https://`

    Why: credentials and customers' data would travel in the clear.
    """
    for name, values in subject.connector.environments.items():
        for key, address in values.items():
            if _OPEN.match(address):
                place = subject.document.place(("environments", name, key))
                yield Doubt(place, f"`{address}` is not encrypted", "write https://")
    for path, part in parts(subject.connector):
        if isinstance(part, Template) and _OPEN.match(part.text):
            yield Doubt(subject.document.place(path), f"`{part.text}` is not encrypted", "write https://")
