"""What a processor makes of one raw payload."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

LONGEST_ID = 500
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Record:
    """One canonical thing of one company: a project, a contact, a user...

    `external_id` is the partner's id as text. `fields` satisfy `schemas/records/<kind>.schema.json`. `version` says
    how new the payload is, as UTC ISO 8601 text of fixed width (`2026-05-04T15:20:10.000000Z`), so that texts compare
    as times; None where the partner tells nothing. `inactive` records stay, marked: they are archived at the host.
    """

    kind: str
    external_id: str
    fields: dict[str, Any]
    version: str | None = None
    inactive: bool = False
    processor: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Flaw:
    """One field, predicate or relation that failed: which, where in the YAML, and in plain words why.

    `place` is `file:line:column`, `got` the JSON type of the value that did not do, where one is known. As text it is
    one line with all that a person needs to find the mistake.
    """

    processor: str
    part: str
    message: str
    place: str = ""
    expression: str = ""
    external_id: str | None = None
    fatal: bool = True
    connector: str = ""
    got: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        whose = " ".join(name for name in (self.connector, self.processor) if name)
        of = f" of {self.external_id}" if self.external_id is not None else ""
        return f"{where}{whose}{of}: `{self.part}`: {self.reason}"

    @property
    def reason(self) -> str:
        """The message without the place."""
        return self.message.removeprefix(f"{self.place}: ")


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a payload says is gone: the record of this kind whose id is `value`; or those whose `field` has it, and with
    `below` those whose field begins with it and a `/`. `version` says how new that is, None where nobody tells."""

    kind: str
    value: str
    field: str | None = None
    below: bool = False
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Processed:
    """The outcome of one raw payload.

    Exactly one of: `record` is given; `skipped` says why the payload is left out on purpose; `gone` says what it tells
    is gone; `error` holds the partner's own error when the payload is an error answer; else `flaws` say why it is
    quarantined. `nested` holds the outcomes of records inside it; `predicates` what the processor's conditions said.
    """

    record: Record | None = None
    skipped: str | None = None
    error: dict[str, Any] | None = None
    flaws: tuple[Flaw, ...] = ()
    predicates: dict[str, bool] = field(default_factory=dict)
    nested: tuple[Processed, ...] = ()
    gone: Deletion | None = None

    @property
    def quarantined(self) -> bool:
        return self.record is None and self.skipped is None and self.error is None and self.gone is None


def json_type(value: Any) -> str:
    """The type of a value in the words of JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def as_id(value: Any) -> str | None:
    """A partner's id as text: texts as they are, whole numbers in digits. Anything else is no id, nor is a text that
    is blank, longer than 500 characters, or holds what cannot be stored (control characters, half surrogates)."""
    if isinstance(value, str):
        storable = value.isprintable() if value.isascii() else not _UNSTORABLE.search(value)
        return value if storable and 0 < len(value) <= LONGEST_ID and value.strip() else None
    is_number = isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 256
    return str(value) if is_number else None


def as_ids(value: Any) -> list[str]:
    """The ids in a list as text, without what is none; one id is a list of one."""
    many = [as_id(item) for item in (value if isinstance(value, list) else [value])]
    return [item for item in many if item is not None]
