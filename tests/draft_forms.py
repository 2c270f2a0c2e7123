"""Whether a value has the form that a table of `docs/drafts/README.md` gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from runner.components.block import read_duration
from runner.connector.messages import keys_of
from runner.mapping.expression import mistakes
from runner.mapping.template import Template, Tree
from tests.drafts import PLACES, types


def misfits(value: Any, wanted: Any, data: Any, where: str) -> Iterator[str]:
    """Where a value does not have the form that the README gives."""
    if isinstance(wanted, list):
        for index, item in enumerate(value):
            yield from misfits(item, wanted[0], data, f"{where}.{index}")
    elif isinstance(wanted, dict):
        yield from _misfit_keys(value, wanted, data, where)
    elif wanted in PLACES:
        yield from _misfit_block(value, wanted, data, where)
    elif not FORMS[wanted](value, data):
        yield f"{where}: `{value}` is no {wanted}"


def _misfit_keys(value: Any, wanted: dict[str, Any], data: Any, where: str) -> Iterator[str]:
    known = {name.rstrip("?"): inner for name, inner in wanted.items()}
    for name in wanted:
        if name != "*" and not name.endswith("?") and name not in value:
            yield f"{where} needs `{name}`"
    for name, item in value.items():
        if name not in known and "*" not in known:
            yield f"{where} takes no `{name}`"
        else:
            yield from misfits(item, known.get(name, known.get("*")), data, f"{where}.{name}")


def _misfit_block(value: Any, kind: str, data: Any, where: str) -> Iterator[str]:
    choice, base, _ = PLACES[kind]
    row = types(kind).get(value["type"])
    if row is None:
        assert choice is not None, f"{where}: there is no {kind} `{value['type']}`"
        choice.choices()[value["type"]].model_validate(value)
        return
    shared = {"type", *(keys_of(base) if base else [])}
    yield from misfits({key: item for key, item in value.items() if key not in shared}, row.value, data, where)


def _is_template(value: Any, data: Any) -> bool:
    Template.compile(value)
    return True


def _is_json(value: Any, data: Any) -> bool:
    return Tree(value).value is not None


def _is_secret(value: Any, data: Any) -> bool:
    where, _, name = str(value).partition(".")
    return where == "subscription" or bool(data.get(where, {}).get(name, {}).get("secret"))


FORMS: dict[str, Callable[[Any, Any], bool]] = {
    "template": _is_template,
    "json": _is_json,
    "secret": _is_secret,
    "expression": lambda value, data: isinstance(value, str) and not list(mistakes(value)),
    "text": lambda value, data: isinstance(value, str),
    "number": lambda value, data: isinstance(value, int) and not isinstance(value, bool),
    "flag": lambda value, data: isinstance(value, bool),
    "duration": lambda value, data: read_duration(value).total_seconds() > 0,
    "endpoint": lambda value, data: value in data["endpoints"],
    "action": lambda value, data: value in data["actions"],
}
