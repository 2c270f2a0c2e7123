"""The schemas that records satisfy: checked on every record, explained only when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from runner.errors import SettingsError
from runner.model.record import Flaw, Record, json_type

SUFFIX = ".schema.json"


@dataclass(frozen=True)
class RecordSchemas:
    """`<folder>/<kind>.schema.json`, compiled. A name that begins with `_` is shared and no kind of its own."""

    validators: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> RecordSchemas:
        """Compile all of a folder. SettingsError names the file that is no JSON Schema."""
        return cls({kind(path): _compile(path) for path in sorted(folder.glob(f"[!_]*{SUFFIX}"))})

    def require(self, kinds: set[str]) -> None:
        """SettingsError when a connector makes records of a kind that has no schema."""
        missing = sorted(kinds - set(self.validators))
        if missing:
            known = ", ".join(self.validators) or "none"
            raise SettingsError(f"no schema for records of kind {', '.join(missing)} (there are: {known}; add a file)")

    def check_of(self, kind: str) -> Callable[[dict[str, Any]], bool]:
        """What says whether fields satisfy the schema of a kind; SettingsError when it has none."""
        check: Callable[[dict[str, Any]], bool] = self._validator(kind).is_valid
        return check

    def flaws(self, record: Record) -> list[Flaw]:
        """What is wrong with a record's fields, one flaw a field; empty when they satisfy the schema."""
        validator = self._validator(record.kind)
        if validator.is_valid(record.fields):
            return []
        return [_flaw(record, error) for error in _precise(validator.iter_errors(record.fields))]

    def mend(self, record: Record) -> tuple[Record | None, list[Flaw]]:
        """The record with null for every field that does not satisfy the schema, and the flaws as warnings.

        (None, fatal flaws) when null will not do either, since the field is required.
        """
        validator = self._validator(record.kind)
        if validator.is_valid(record.fields):
            return record, []
        errors = list(_precise(validator.iter_errors(record.fields)))
        flaws = [_flaw(record, error) for error in errors]
        for deep in (True, False):
            fields = _without(record.fields, [error.instance_path for error in errors], deep)
            if validator.is_valid(fields):
                return replace(record, fields=fields), [replace(flaw, fatal=False) for flaw in flaws]
        return None, flaws

    def _validator(self, kind: str) -> Any:
        try:
            return self.validators[kind]
        except KeyError:
            self.require({kind})
            raise


def kind(path: Path) -> str:
    """The kind of record that a schema file is about."""
    return path.name.removesuffix(SUFFIX)


def _compile(path: Path) -> Any:
    try:
        return jsonschema_rs.validator_for(orjson.loads(path.read_bytes()), mask="the value", offline=True)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{path} is no JSON Schema that can be used: {error}") from error


def _precise(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors, and for "under none of the schemas" those inside of the branch that comes nearest: an object that is
    wrong in one part is told by that part."""
    for error in errors:
        branches = [list(_precise(branch)) for branch in getattr(error.kind, "context", None) or ()]
        nearest = max(branches, key=_depth, default=[])
        if nearest and _depth(nearest) > len(error.instance_path):
            yield from nearest
        else:
            yield error


def _depth(errors: list[Any]) -> int:
    return min((len(error.instance_path) for error in errors), default=0)


def _flaw(record: Record, error: Any) -> Flaw:
    """The validator masks the value, which may be a person's; its type is told in its place."""
    path = [str(part) for part in error.instance_path]
    where = ".".join(path) or "fields"
    got = _value(record.fields, error.instance_path)
    told = f"`{where}` of {record.kind} is {type(got).__name__}: {error.message}" if path else error.message
    message = f"{told} (mend the expression, or let it give null; see schemas/records/{record.kind}{SUFFIX})"
    return Flaw(record.processor, where, message, external_id=record.external_id, got=json_type(got))


def _value(fields: Any, path: list[Any]) -> Any:
    for part in path:
        fields = fields[part]
    return fields


def _without(fields: dict[str, Any], paths: list[list[Any]], deep: bool) -> dict[str, Any]:
    """A copy of the fields with null at each path: at the very value, or for the whole field."""
    made = dict(fields)
    for path in paths:
        if not path:
            continue
        keys = path if deep and all(isinstance(part, str) for part in path) else path[:1]
        inner = made
        for key in keys[:-1]:
            inner[key] = dict(inner[key]) if isinstance(inner[key], dict) else {}
            inner = inner[key]
        inner[keys[-1]] = None
    return made
