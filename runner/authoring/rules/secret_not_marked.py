"""A secret that would be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule

_SECRET = re.compile(r"(^|_)(secret|token|password|passphrase|key|credential)s?$")


@rule("secret-not-marked", "error")
def secret_not_marked(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a value named like a secret (`token`, `secret`, `password`, `key`...) without `secret: true`.

    Prefer: `client_secret: {title: Client secret, secret: true}`

    Why: only what is marked is encrypted when stored, masked in forms, and kept out of logs.
    """
    for where, fields in (("app", subject.connector.app), ("settings", subject.connector.settings)):
        for name, field in fields.items():
            if _SECRET.search(name) and not field.secret:
                yield Doubt(
                    subject.document.key_place((where, name)),
                    f"`{where}.{name}` is named like a secret, and not marked as one",
                    "add `secret: true`, or give it another name",
                )
