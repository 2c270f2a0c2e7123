"""The form of a connector's settings: what is asked, how, and what is wrong with the answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from runner.connector.field import Field

PREFIX = "setting."
ENVIRONMENT = "environment"
_DIGITS = frozenset({"^[0-9]+$", "[0-9]+", r"^\d+$", r"\d+"})


@dataclass(frozen=True)
class Option:
    """One of the values among which to choose."""

    value: str
    title: str


@dataclass(frozen=True)
class Control:
    """One field of the form. A secret one has no `value`: what was typed is not sent back."""

    name: str
    title: str
    help: str = ""
    note: str = ""
    type: str = "text"
    value: str = ""
    choices: tuple[Option, ...] = ()
    required: bool = True
    optional: bool = False
    flaw: str = ""

    @property
    def attributes(self) -> Markup:
        """What browsers and screen readers are told beside: HTML that is ours, names included."""
        parts = (("help", self.help), ("note", self.note), ("flaw", self.flaw))
        told = [f"{self.name}-{part}" for part, text in parts if text]
        given = {
            "aria-describedby": " ".join(told),
            "aria-invalid": "true" if self.flaw else "",
            "autocomplete": "new-password" if self.type == "password" else "",
            "spellcheck": "false",
        }
        plain = "".join(f' {name}="{text}"' for name, text in given.items() if text)
        return Markup(plain + (" required" if self.required else ""))  # noqa: S704  # names of settings, which are words


def controls(
    fields: Mapping[str, Field], texts: Mapping[str, str], kept: Collection[str], typed: Mapping[str, str] | None
) -> Iterator[Control]:
    """A control for each setting. `texts` is what stands now, `kept` names what is stored already; with
    `typed`, what was sent, every flaw is told."""
    for name, field in fields.items():
        flaw = field.flaw(texts.get(name)) is not None if typed is not None else False
        was_typed = typed is not None and bool(typed.get(name))
        is_kept = field.secret and name in kept and not was_typed
        yield _control(name, field, texts.get(name, ""), is_kept, was_typed, flaw)


def environments(names: Collection[str], chosen: str) -> Control:
    """The choice of an environment."""
    options = tuple(Option(name, _words(name)) for name in names)
    return Control(ENVIRONMENT, "Environment", "Most companies want the first.", value=chosen, choices=options)


def _control(name: str, field: Field, text: str, is_kept: bool, was_typed: bool, is_wrong: bool) -> Control:
    note = ""
    if is_kept:
        note = "It is stored already: leave this empty to keep it."
    elif field.secret and was_typed and not is_wrong:
        note = "Fill it in once more: what was typed here is not sent back."
    choices = tuple(Option(choice, choice) for choice in field.choices or ())
    return Control(
        f"{PREFIX}{name}",
        field.title,
        field.help or "",
        note,
        "password" if field.secret else "text",
        "" if field.secret else text or field.default or "",
        choices,
        required=field.required and field.default is None and not is_kept,
        optional=not field.required,
        flaw=_told(field, text) if is_wrong else "",
    )


def _told(field: Field, text: str) -> str:
    """What is wrong, for who does not read patterns."""
    if not text:
        return f"Fill in {field.title}."
    if field.choices and text not in field.choices:
        return f"Choose one of these for {field.title}."
    if field.pattern in _DIGITS:
        return f"{field.title} has only digits, without spaces."
    return f"This is not what {field.title} looks like. Copy it once more, without spaces around it."


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
