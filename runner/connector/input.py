"""What a caller gives to an endpoint or action: declared in YAML, checked here, shown as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field as Declared
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from runner.components.block import Block, shown
from runner.model.words import suggest

Flaws = Iterator[tuple[str, str]]
Type = Literal["text", "integer", "number", "boolean", "time", "date", "email", "url", "file", "object", "list"]
_PYTHON: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "file": (str, Path),
    "object": dict,
    "list": list,
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": ["string", "integer"]},
    "time": {"type": ["string"], "format": "date-time"},
    "date": {"type": ["string"], "format": "date"},
    "email": {"type": ["string"], "format": "email"},
    "url": {"type": ["string"], "format": "uri"},
    "file": {"type": ["string"], "format": "uri"},
    "list": {"type": ["array"]},
}


class Input(Block):
    """One value that a caller gives to an endpoint or action, read as `{{ input.<name> }}`.

        input:
          job_id: {title: Job ID}
          priority: {choices: [Low, Normal, High], required: false}
          address: {type: object, required: false, fields: {street: {title: Street}, city: {required: false}}}
          labels: {type: list, items: {pattern: "[^,]+"}}

    A flaw is told by its path: `address.street is missing`, `labels[2] must be text`. Whole numbers do for text, and
    null for what is not required.
    """

    title: str | None = Declared(None, description="What it is, in plain words.")
    type: Type = Declared(
        "text",
        description="What it must be. `time` is ISO 8601 with date and time, `url` begins with http:// or https://. "
        "`file` is the address of a file that is fetched and sent on: for `bytes` and `multipart`.",
    )
    required: bool = Declared(True, description="Whether the caller must give it; otherwise it is null.")
    choices: list[str] | None = Declared(None, min_length=1, description="The only texts allowed.")
    pattern: str | None = Declared(None, description="A regular expression that the whole text satisfies.")
    fields: dict[str, Input] | None = Declared(
        None, description="Of an `object`: what may be in it, as the partner spells it. Without them, anything."
    )
    items: Input | None = Declared(None, description="Of a `list`: what each thing in it must be.")

    @model_validator(mode="after")
    def _fits_its_type(self) -> Input:
        """Each further key belongs to one type."""
        wanted = {"fields": "object", "items": "list", "choices": "text", "pattern": "text"}
        for key, kind in wanted.items():
            if getattr(self, key) is not None and self.type != kind:
                message = f"`{key}` is for `type: {kind}`, not {self.type}"
                problem = {"message": message, "remedy": f"leave out `{key}`, or write `type: {kind}`"}
                raise PydanticCustomError("wrong-value", "{message}", problem)
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            problem = {"message": f"`pattern` is no regular expression: {error}", "remedy": "see Python's `re`"}
            raise PydanticCustomError("wrong-value", "{message}", problem) from None
        return self

    @property
    def schema_(self) -> dict[str, Any]:
        """The same as JSON Schema (draft 2020-12); formats are to be checked."""
        made = {**_SCHEMAS.get(self.type, {"type": [self.type]})}
        if self.choices is not None:
            made = {"enum": [*self.choices]}
        if self.pattern is not None:
            made = {"type": ["string"], "pattern": f"^(?:{self.pattern})$"}
        if self.items is not None:
            made["items"] = self.items.schema_
        if self.fields is not None:
            made |= object_schema(self.fields)
        return _named(self.title, made if self.required else _nullable(made))

    def flaw(self, value: Any) -> str | None:
        """What is wrong with a value, the first of several; None when it will do. The value is not repeated."""
        return next((f"{where} {words}".strip() for where, words in self.flaws(value)), None)

    def flaws(self, value: Any, where: str = "") -> Flaws:
        """Where in a value something is wrong, as a path that begins with `where`, and what."""
        if value is None:
            if self.required:
                yield where, "is missing"
            return
        words = self._words(value)
        if words is not None:
            yield where, words
        elif self.items is not None:
            for place, part in enumerate(value):
                yield from self.items.flaws(part, f"{where}[{place}]")
        elif self.fields is not None:
            yield from object_flaws(self.fields, value, f"{where}.")

    def _words(self, value: Any) -> str | None:
        free = self.type == "text" and self.choices is None and self.pattern is None
        wanted = _PYTHON.get(self.type, (str, int) if free else str)
        if isinstance(value, bool) != (self.type == "boolean") or not isinstance(value, wanted):
            return f"must be {self.type}, not {type(value).__name__}"
        if self.choices is not None and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        if self.pattern is not None and not re.fullmatch(self.pattern, str(value)):
            return f"does not have the form {self.pattern}"
        return None if _has_form(self.type, value) else f"is no {_FORMS[self.type]}"


def object_flaws(declared: Mapping[str, Input], value: Mapping[str, Any], before: str = "") -> Flaws:
    """Flaws of all values, and names that are none of those declared; each path begins with `before`."""
    for name in value:
        if name not in declared:
            yield f"{before}{shown(name)}", f"is not an input; {suggest(str(name), declared) or 'there are none'}"
    for name, one in declared.items():
        yield from one.flaws(value.get(name), f"{before}{name}")


def object_schema(declared: Mapping[str, Input]) -> dict[str, Any]:
    """The JSON Schema of an object with these values and no others."""
    return {
        "type": ["object"],
        "properties": {name: one.schema_ for name, one in declared.items()},
        "required": [name for name, one in declared.items() if one.required],
        "additionalProperties": False,
    }


_FORMS = {
    "time": "time such as 2026-05-04T15:20:10Z",
    "date": "date such as 2026-05-04",
    "email": "e-mail address",
    "url": "address that begins with http:// or https://",
}


def _has_form(kind: str, value: Any) -> bool:
    if kind == "email":
        return re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None
    try:
        if kind == "time":
            return len(value) > len("2026-05-04") and datetime.fromisoformat(value) is not None
        if kind == "date":
            return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None and date.fromisoformat(value) is not None
        return kind != "url" or (urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).hostname))
    except ValueError:
        return False


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [*schema["type"], "null"]}


def _named(title: str | None, schema: dict[str, Any]) -> dict[str, Any]:
    """With its title, and a lone type as a plain text."""
    kinds = schema.get("type", [])
    made = {**schema, "type": kinds[0]} if len(kinds) == 1 else schema
    return {"title": title, **made} if title else made
