"""What the partner's documents may leave open: written in the file, or the operator's to set by a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from runner.components.block import refusal
from runner.components.verifiers.proof import ENCODINGS
from runner.errors import BadSignature, MappingError
from runner.mapping.template import Template

DIGESTS = ("sha1", "sha256", "sha512")


def chosen(template: Template, app: Mapping[str, Any]) -> str:
    """The text, with the operator's values in it; BadSignature when one of them is missing."""
    if not template.names and "{" not in template.text:
        return template.text
    try:
        return str(template.render({"app": app}))
    except MappingError as error:
        raise BadSignature(f"the check is not set up: {error}") from None


def chosen_word(template: Template, app: Mapping[str, Any], known: tuple[str, ...], what: str) -> str:
    """The text, which must be one of those known; BadSignature else."""
    word = chosen(template, app)
    if word not in known:
        raise BadSignature(f"the {what} is not one of {', '.join(known)} (set `{template}`)")
    return word


def chosen_words(templates: list[Template], app: Mapping[str, Any], known: tuple[str, ...], what: str) -> list[str]:
    """The words of all texts; an operator may write several, with commas or spaces between."""
    words = [word for part in templates for word in chosen(part, app).replace(",", " ").split()]
    if not words or any(word not in known for word in words):
        raise BadSignature(f"the {what} is not one of {', '.join(known)} (set `{templates[0]}`)")
    return words


def known_word(value: Template, known: tuple[str, ...]) -> Template:
    """The template as it is, when the operator writes it or it is one of the words; refused when the file is read."""
    if not value.names and value.text not in known:
        raise refusal(f"`{value.text}` is not known", f"use one of: {', '.join(known)}")
    return value


Digest = Annotated[Template, AfterValidator(lambda value: known_word(value, DIGESTS))]
Encoding = Annotated[Template, AfterValidator(lambda value: known_word(value, ENCODINGS))]
