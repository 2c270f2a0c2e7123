"""A validation error in an analyst's words: place, code, what, and the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from runner.components.block import Block, shown
from runner.connector.document import Document, Path, value_at
from runner.connector.problem import Problem, field_of, problems
from runner.errors import Finding, Place
from runner.model.text import Scalar
from runner.model.words import nearest, suggest

_KINDS = {
    "string_type": "text",
    "string_sub_type": "text",
    "string_unicode": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "keys and values",
    "mapping_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "list_type": "a list",
    "tuple_type": "a list",
    "none_required": "nothing",
}
_REMEDIES = {
    "a whole number": "write digits, without quotes",
    "a number": "write digits, without quotes",
    "true or false": "write true or false, without quotes",
    "keys and values": "write `key: value`, in lines of their own or between braces",
    "a list": "put it between brackets, or in lines that begin with `- `",
    "nothing": "leave the key out",
}
_FORMS = {
    r"^[a-z][a-z0-9_]*$": "write small letters, digits and _, a letter first",
    r"^[A-Za-z_][A-Za-z0-9_-]*$": "write letters, digits, _ and -, no digit first",
    r"^[a-z_]+(\.[a-z_][a-z0-9_]*)+$": "write `app.<name>` or `settings.<name>`",
}
_LONGEST = 400


def explain(error: ValidationError, document: Document, root: type[Block]) -> set[Finding]:
    """All that pydantic says of a document, as findings."""
    found = list(_nearest(problems(error, document.data, root)))
    misspelt = {_meant(problem) for problem in found if problem.kind == "extra_forbidden"}
    told = (problem for problem in found if problem.kind != "missing" or problem.path not in misspelt)
    return {_explain(problem, document) for problem in told}


def _meant(problem: Problem) -> Path:
    """The path of the key that an unknown one was probably meant for."""
    known = keys_of(problem.spot.block) if problem.spot.block else []
    return (*problem.path[:-1], nearest(str(problem.path[-1]), known))


def _nearest(all_problems: list[Problem]) -> Iterator[Problem]:
    """Of a value that fits none of its forms, only what the form says that it fits best; several such as one."""
    unions: dict[Path, list[Problem]] = {}
    for problem in all_problems:
        if problem.spot.union is None:
            yield problem
        else:
            unions.setdefault(problem.spot.union, []).append(problem)
    for path, found in unions.items():
        deeper = [problem for problem in found if len(problem.path) > len(path)]
        if deeper or len(found) == 1:
            yield from deeper or found
            continue
        wanted = " or ".join(dict.fromkeys(_wanted(problem) for problem in found))
        first = found[0]
        yield Problem(first.spot, "several", {"remedy": f"write {wanted}"}, first.given)


def _wanted(problem: Problem) -> str:
    kind, context = problem.kind, problem.context
    if kind in ("literal_error", "enum"):
        return f"one of {', '.join(_words(context['expected']))}"
    if kind in _KINDS:
        return _KINDS[kind]
    limit = _limit(kind, context)
    return f"a number that is {limit}" if limit else str(context.get("wanted", "another value"))


def _explain(problem: Problem, document: Document) -> Finding:
    path, kind, context = problem.path, problem.kind, problem.context
    if problem.spot.is_key:
        return _bad_key(problem, document)
    if kind == "extra_forbidden":
        return _unknown_key(path, problem.spot.block, document)
    if kind == "missing":
        return _missing_key(path, problem.spot.block, document)
    if kind == "union_tag_invalid":
        return _unknown_type(path, context, document)
    if kind == "union_tag_not_found":
        return _missing_type(problem, document)
    if kind in ("literal_error", "enum"):
        return _not_among(path, context["expected"], document)
    if kind in _KINDS or "wanted" in context:
        return _wrong_type(path, str(context.get("wanted") or _KINDS[kind]), document)
    return _other(problem, document)


def _other(problem: Problem, document: Document) -> Finding:
    path, context = problem.path, problem.context
    if "message" in context:
        text = value_at(document.data, path)
        place = text.at(int(context.get("offset", 0))) if isinstance(text, Scalar) else document.place(path)
        return Finding(place, problem.kind, _clipped(str(context["message"])), str(context.get("remedy", "")))
    message = f"{_where(path)} cannot be `{shown(value_at(document.data, path))}`"
    return Finding(document.place(path), "wrong-value", message, _remedy(problem))


def _remedy(problem: Problem) -> str:
    kind, context = problem.kind, problem.context
    limit = _limit(kind, context)
    if limit:
        return f"write a number that is {limit}"
    if kind == "string_pattern_mismatch":
        return _form(context)
    if kind == "too_short":
        return f"write at least {context['min_length']}"
    if kind in ("value_error", "assertion_error"):
        return _lower(str(context.get("error", "")))
    return str(context.get("remedy", "see the reference: `runner docs`"))


def _limit(kind: str, context: Mapping[str, Any]) -> str:
    limits = {"greater_than_equal": "{ge} or more", "greater_than": "more than {gt}"}
    limits |= {"less_than_equal": "{le} or less", "less_than": "less than {lt}"}
    return limits[kind].format(**context) if kind in limits else ""


def _form(context: Mapping[str, Any]) -> str:
    pattern = str(context["pattern"])
    return _FORMS.get(pattern, f"it must have the form {pattern}")


def _bad_key(problem: Problem, document: Document) -> Finding:
    remedy = _form(problem.context) if "pattern" in problem.context else "write a name"
    message = f"`{shown(problem.path[-1])}` cannot be a name in {_where(problem.path[:-1])}"
    return Finding(document.key_place(problem.path), "wrong-value", message, remedy)


def _unknown_key(path: Path, block: type[Block] | None, document: Document) -> Finding:
    known = keys_of(block) if block else []
    return Finding(
        document.key_place(path),
        "unknown-field",
        f"`{shown(path[-1])}` is not a key of {_where(path[:-1])}",
        suggest(str(path[-1]), known),
    )


def _missing_key(path: Path, block: type[Block] | None, document: Document) -> Finding:
    remedy = "add it"
    field = field_of(block, str(path[-1])) if block else None
    if field is not None and field.description:
        remedy = _lower(field.description.rstrip("."))
    place = document.key_place(path[:-1]) if path[:-1] else Place(document.file, 1, 1)
    return Finding(place, "missing-field", f"{_where(path[:-1])} needs `{path[-1]}`", remedy)


def _unknown_type(path: Path, context: Mapping[str, Any], document: Document) -> Finding:
    tag = str(context["discriminator"]).strip("'")
    message = f"`{shown(context['tag'])}` is not a `{tag}` of {_where(path)}"
    remedy = suggest(str(context["tag"]), _words(context["expected_tags"]))
    return Finding(document.place((*path, tag)), "unknown-type", message, remedy)


def _missing_type(problem: Problem, document: Document) -> Finding:
    path = problem.path
    if not isinstance(problem.given, dict):
        return _wrong_type(path, "keys and values", document)
    tag = str(problem.context["discriminator"]).strip("'")
    remedy = f"`{tag}` says which of its forms is meant"
    return Finding(document.place(path), "missing-field", f"{_where(path)} needs `{tag}`", remedy)


def _words(expected: object) -> list[str]:
    """The words in pydantic's `'a', 'b' or 'c'`."""
    return [word.strip().strip("'") for word in str(expected).replace(" or ", ", ").split(",")]


def _not_among(path: Path, expected: str, document: Document) -> Finding:
    value = shown(value_at(document.data, path))
    message = f"{_where(path)} cannot be `{value}`"
    return Finding(document.place(path), "wrong-value", message, suggest(value, _words(expected)))


def _wrong_type(path: Path, wanted: str, document: Document) -> Finding:
    value = value_at(document.data, path)
    message = f"{_where(path)} must be {wanted}, not {_kind(value)}"
    return Finding(document.place(path), "wrong-type", message, _other_type(value, wanted))


def _other_type(value: Any, wanted: str) -> str:
    if wanted in _REMEDIES:
        return _REMEDIES[wanted]
    if isinstance(value, int | float):
        return "put it in quotes"
    return "leave the key out, or fill it in" if value is None else f"write {wanted} here"


def keys_of(block: type[Block]) -> list[str]:
    """The keys that a block takes, as written in YAML."""
    return [field.alias or name for name, field in block.model_fields.items()]


def _where(path: Path) -> str:
    return f"`{'.'.join(shown(step) for step in path)}`" if path else "the file"


def _clipped(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST // 2]} ... {message[-_LONGEST // 2 :]}"


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    if isinstance(value, dict):
        return "keys and values"
    return "a list" if isinstance(value, list) else "text"


def _lower(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
