"""Small HTML pages for people who were sent here: no scripts, nothing kept, nothing passed on."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

R = TypeVar("R", bound=Response)

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True)
class Onward:
    """A way on from a page: where, and what the button says."""

    url: str
    title: str


def show(
    status: int, title: str, sentences: Sequence[str], *, onward: Onward | None = None, code: str | None = None
) -> Response:
    """A page of a title and sentences, with a button and a code for support where there are some."""
    nonce = secrets.token_urlsafe(12)
    text = _PAGES.get_template("page.html").render(
        title=title,
        sentences=sentences,
        onward=onward.url if onward else None,
        onward_title=onward.title if onward else None,
        code=code,
        nonce=nonce,
    )
    answer = without_traces(HTMLResponse(text, status))
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return answer


def without_traces(answer: R) -> R:
    """No cache keeps the answer, and no other site hears of its address, which holds a code or state."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    return answer
