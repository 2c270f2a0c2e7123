"""A validation error in an analyst's words: place, code, what, and the remedy."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from runner.components.block import Block, Choice
from runner.connector.document import Document, Path
from runner.errors import Finding, Place
from runner.model.text import Scalar

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "list_type": "a list",
    "none_required": "nothing",
}


def explain(problem: Mapping[str, Any], document: Document, root: type[Block]) -> Finding:
    """One of pydantic's error dicts as a Finding."""
    path, block = _locate(problem["loc"], document.data, root)
    kind, context = problem["type"], problem.get("ctx") or {}
    if kind == "extra_forbidden":
        return _unknown_key(path, block, document)
    if kind == "missing":
        return _missing_key(path, block, document)
    if kind == "union_tag_invalid":
        return _unknown_type(path, context, document)
    if kind == "union_tag_not_found":
        return _missing_type(path, context, document, problem)
    if kind in ("literal_error", "enum"):
        return _not_among(path, context["expected"], document)
    if kind in _KINDS:
        return _wrong_type(path, _KINDS[kind], document)
    return _other(path, problem, context, document)


def _other(path: Path, problem: Mapping[str, Any], context: Mapping[str, Any], document: Document) -> Finding:
    known = not problem["type"].startswith(("string_", "value_", "greater_", "less_", "too_", "assertion"))
    code = problem["type"] if known else "wrong-value"
    text = value_at(document.data, path)
    place = text.at(int(context.get("offset", 0))) if isinstance(text, Scalar) else document.place(path)
    message = str(context["message"]) if "message" in context else f"{_where(path)}: {_lower(problem['msg'])}"
    return Finding(place, code, message, str(context.get("remedy", "")))


def _unknown_key(path: Path, block: type[Block] | None, document: Document) -> Finding:
    known = keys_of(block) if block else []
    return Finding(
        document.key_place(path),
        "unknown-field",
        f"`{path[-1]}` is not a key of {_where(path[:-1])}",
        suggest(str(path[-1]), known),
    )


def _missing_key(path: Path, block: type[Block] | None, document: Document) -> Finding:
    remedy = ""
    field = _field(block, str(path[-1])) if block else None
    if field is not None and field.description:
        remedy = _lower(field.description.rstrip("."))
    place = document.key_place(path[:-1]) if path[:-1] else Place(document.file, 1, 1)
    return Finding(place, "missing-field", f"{_where(path[:-1])} needs `{path[-1]}`", remedy)


def _unknown_type(path: Path, context: Mapping[str, Any], document: Document) -> Finding:
    tag = str(context["discriminator"]).strip("'")
    expected = [word.strip().strip("'") for word in str(context["expected_tags"]).split(",")]
    message = f"`{context['tag']}` is not a `{tag}` of {_where(path)}"
    return Finding(document.place((*path, tag)), "unknown-type", message, suggest(str(context["tag"]), expected))


def _missing_type(path: Path, context: Mapping[str, Any], document: Document, problem: Mapping[str, Any]) -> Finding:
    if not isinstance(problem.get("input"), dict):
        return _wrong_type(path, "keys and values", document)
    tag = str(context["discriminator"]).strip("'")
    return Finding(
        document.place(path),
        "missing-field",
        f"{_where(path)} needs `{tag}`",
        f"`{tag}` says which of its forms is meant",
    )


def _not_among(path: Path, expected: str, document: Document) -> Finding:
    words = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
    value = value_at(document.data, path)
    return Finding(
        document.place(path), "wrong-value", f"{_where(path)} cannot be `{value}`", suggest(str(value), words)
    )


def _wrong_type(path: Path, wanted: str, document: Document) -> Finding:
    value = value_at(document.data, path)
    remedy = "put it in quotes" if wanted == "text" and isinstance(value, int | float) else ""
    return Finding(document.place(path), "wrong-type", f"{_where(path)} must be {wanted}, not {_kind(value)}", remedy)


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or what there is."""
    words = sorted(set(known))
    near = difflib.get_close_matches(word, words, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there {'is' if len(words) == 1 else 'are'}: {', '.join(words)}" if words else ""


def value_at(data: Any, path: Path) -> Any:
    """The value at a path of plain data; None where there is none."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def keys_of(block: type[Block]) -> list[str]:
    """The keys that a block takes, as written in YAML."""
    return [field.alias or name for name, field in block.model_fields.items()]


def _locate(loc: tuple[Any, ...], data: Any, root: type[Block]) -> tuple[Path, type[Block] | None]:
    """pydantic's location without the words of unions, and the class of the block that holds its last step."""
    path: list[Any] = []
    current: Any = root
    holder: type[Block] | None = root
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        here = current
        if isinstance(here, Choice):
            chosen = here.choices().get(str(step))
            if chosen is not None and not (isinstance(data, dict) and step in data and here.tag not in data):
                current = chosen
                holder = chosen
                continue
        path.append(step)
        if isinstance(here, type) and issubclass(here, Block):
            holder = here
            field = _field(here, str(step))
            current = _inside(field.annotation, field.metadata) if field else None
        elif isinstance(here, tuple):
            current = here[0]
        if last:
            break
        data = (
            data.get(step)
            if isinstance(data, dict)
            else data[step]
            if isinstance(data, list) and isinstance(step, int)
            else None
        )
    return tuple(path), holder


def _field(block: type[Block], key: str) -> FieldInfo | None:
    for name, field in block.model_fields.items():
        if key in (name, field.alias):
            return field
    return None


def _inside(annotation: Any, metadata: Iterable[Any] = ()) -> Any:
    """What stands at the next step: a block class, a Choice, a 1-tuple for `any key or index -> that`, or None."""
    for extra in metadata:
        if isinstance(extra, Choice):
            return extra
    origin = get_origin(annotation)
    if origin is Annotated:
        return _inside(get_args(annotation)[0], get_args(annotation)[1:])
    if origin in (Union, types.UnionType):
        found = [_inside(part) for part in get_args(annotation)]
        return next((part for part in found if part is not None), None)
    if origin is dict:
        return (_inside(get_args(annotation)[1]),)
    if origin in (list, tuple):
        return (_inside(get_args(annotation)[0]),)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Block) else None


def _where(path: Path) -> str:
    return f"`{'.'.join(str(step) for step in path)}`" if path else "the file"


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, dict):
        return "keys and values"
    return "a list" if isinstance(value, list) else "text"


def _lower(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
