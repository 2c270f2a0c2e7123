"""What went wrong while connecting, as a page for people says it: a title, sentences, a code for support."""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import (
    AlreadyExists,
    AuthenticationError,
    NotFound,
    PartnerError,
    RunnerError,
    SettingsError,
    StateRefused,
)
from runner.model.integration import Reason
from runner.model.lifecycle import Matter, matter_of
from runner.service.problems import split

ASK = "Ask whoever sent you the link for a new one."
LATER = "Wait a minute, and try again."
ONCE_MORE = "Try again; if it stays so, give the code below to whoever sent you the link."
UNCHANGED = "Nothing was changed."
WORKS = "It works, and nothing was changed."
SUPPORT = "Something on our side is not set up for it yet. Give the code below to whoever sent you the link."
_TITLES = {
    "link-expired": "This link is too old",
    "link-used": "This link was used already",
    "link-unknown": "This link does not work",
    "state-expired": "That took too long",
    "state-used": "This page was used already",
    "state-unknown": "This page does not belong to a connection",
    "state-foreign": "This page was opened in another browser",
    "consent-refused": "Access was not given",
    "scopes-missing": "Not all access was given",
    "wrong-account": "That is another account",
}


@dataclass(frozen=True)
class Told:
    """A page's status, title, sentences and code; `detail` is the exact message where it is not for everybody."""

    status: int
    title: str
    sentences: tuple[str, ...]
    code: str
    detail: str = ""


@dataclass(frozen=True)
class Alert:
    """What is in the way: sentences for the admin, and the exact message."""

    sentences: tuple[str, ...] = ()
    detail: str = ""


def told(error: RunnerError) -> Told:
    """The page for an error. The messages of the engine are written for people; those that name what only operators
    know of stand apart."""
    status, title, further = _page(error)
    title = _TITLES.get(error.code, title)
    if _is_for_others(error, status):
        return Told(status, title, further, error.code, sentence(str(error)))
    return Told(status, title, (*sentences(error), *further), error.code)


def _is_for_others(error: RunnerError, status: int) -> bool:
    """Whether the exact message helps whoever helps the admin, and not him."""
    if isinstance(error, PartnerError):
        return status == 502 or error.code == AuthenticationError.code
    if isinstance(error, SettingsError):
        return error.by_operator
    return isinstance(error, AlreadyExists) or status == 503


def alert(title: str, reason: Reason) -> Alert:
    """What stands over the form when the partner did not take what was filled in: in the admin's words, with the exact
    message for whoever helps him."""
    exact = sentence(reason.message)
    match matter_of(reason.code):
        case Matter.AUTH if reason.code != "wrong-account":
            told = (f"{title} does not accept what was filled in.", "Check each value, and send them again.")
        case Matter.PARTNER:
            told = (f"{title} did not answer as it should.", "Send this again in a minute.")
        case _:
            return Alert((exact, sentence(reason.remedy)), "")
    return Alert(told, exact)


def sentences(error: RunnerError) -> list[str]:
    """What happened and what to do, each a sentence of its own."""
    if isinstance(error, NotFound):
        return []
    return [sentence(part) for part in split(error) if part]


def sentence(text: str) -> str:
    """A message with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _page(error: RunnerError) -> tuple[int, str, tuple[str, ...]]:
    if isinstance(error, StateRefused):
        return 400, "This page does not work any more", (ASK,) if error.code.startswith("link-") else ()
    if isinstance(error, AuthenticationError):
        again = (ONCE_MORE,) if error.code == AuthenticationError.code else ()
        return 400, "The partner refused the connection", (UNCHANGED, *again)
    if isinstance(error, PartnerError):
        return 502, "The partner did not answer as expected", (UNCHANGED, LATER)
    if isinstance(error, NotFound):
        return 404, "There is nothing to connect here", ("It was removed.", ASK)
    if isinstance(error, AlreadyExists):
        return 409, "This is connected already", (WORKS,)
    if isinstance(error, SettingsError):
        return 400, "This cannot be connected yet", (SUPPORT,) if error.by_operator else ()
    return 503, "We cannot connect you now", (UNCHANGED, LATER)
