"""Small HTML pages for people who were sent here: no scripts, nothing kept, nothing passed on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

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
    status: int,
    title: str,
    sentences: Sequence[str],
    *,
    onward: Onward | None = None,
    back: Onward | None = None,
    code: str | None = None,
    detail: str = "",
) -> Response:
    """A page of a title and sentences, with a button, a way back and words for support where there are some."""
    values = {"sentences": sentences, "onward": onward, "back": back, "code": code, "detail": detail}
    return render("page.html", status, {"title": title, **values})


def render(name: str, status: int, values: Mapping[str, Any], form_action: str = "'none'") -> Response:
    """A page of the folder `pages`. `form_action` says where its forms may lead, redirects included (CSP)."""
    nonce = secrets.token_urlsafe(12)
    answer = without_traces(HTMLResponse(_PAGES.get_template(name).render(nonce=nonce, **values), status))
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action {form_action}; "
        "frame-ancestors 'none'"
    )
    return answer


def send_on(url: str) -> Response:
    """To another address, by GET."""
    return without_traces(RedirectResponse(url, 303))


def without_traces(answer: R) -> R:
    """No cache keeps the answer, and no other site hears of its address, which holds a code or state."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return answer
