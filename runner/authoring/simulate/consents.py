"""
What the authorization servers of simulated partners share: the page of consent, its codes, opaque tokens.

Sources: RFC 6749 (4.1, 2.3.1), RFC 7636. What a partner does otherwise, it says where it uses these.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.seeded import Dice

PAGE = """<!doctype html><html lang="en"><title>Connect {account} - simulated {title}</title>
<h1>{account}</h1><p>The app <b>{client_id}</b> asks for access: {scopes}.</p>
<form method="post" action="{action}">{fields}{boxes}
<button name="decision" value="approve">Approve</button></form>
<form method="post" action="{action}">{fields}
<button name="decision" value="deny">Deny</button></form></html>"""


@dataclass(frozen=True)
class Code:
    """A single-use authorization code and the question that it answers."""

    asked: Mapping[str, str]
    expires: datetime


@dataclass(frozen=True)
class Terms:
    """
    What a consent is about.

    Args:
        title: the partner's name on the page. account: whose consent it is.
        client_id: of the app. redirect_uris: those that it registered; empty: any.
        code_lifetime: seconds that a code is good for.
        scopes: what the page says is asked for, where the question has no `scope`.
        also: what the way back carries beside `code` and `state`.
        flaw: what else is wrong with a question, in words; None: nothing.
        choose: can single scopes be left unticked? The code's question then holds those that were ticked.
        denied: the `error` that the way back carries after a refusal.
        typed: must the question have a `response_type`?
    """

    title: str
    account: str
    client_id: str
    redirect_uris: tuple[str, ...] = ()
    code_lifetime: float = 600.0
    scopes: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    flaw: Callable[[Mapping[str, str]], str | None] = lambda _: None
    choose: bool = False
    denied: str = "access_denied"
    typed: bool = True


class Consents:
    """The authorization endpoint of one partner; nobody logs in here."""

    def __init__(self, terms: Terms, now: Callable[[], datetime], dice: Dice) -> None:
        self._terms = terms
        self._now = now
        self._dice = dice
        self._codes: dict[str, Code] = {}

    async def ask(self, request: Request) -> Response:
        """GET: the page on which an administrator decides. Raises Refusal."""
        asked = dict(request.query_params)
        self._check(asked)
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        said = {
            "account": self._terms.account,
            "title": self._terms.title,
            "client_id": asked["client_id"],
            "scopes": asked.get("scope") or self._terms.scopes,
            "action": request.url.path,
        }
        shown = {name: html.escape(value) for name, value in said.items()}
        boxes = "".join(_box(scope) for scope in said["scopes"].split()) if self._terms.choose else ""
        return HTMLResponse(PAGE.format(fields=fields, boxes=boxes, **shown))

    async def decide(self, request: Request) -> Response:
        """POST of that page's form: back to the app with a code, or with an error. Raises Refusal."""
        form = await request.form()
        asked = {name: str(value) for name, value in form.items() if name != "ticked"}
        decision = asked.pop("decision", "")
        self._check(asked)
        if self._terms.choose:
            asked["scope"] = " ".join(str(scope) for scope in form.getlist("ticked"))
        result = (
            {"code": self.code(**asked), **self._terms.also} if decision == "approve" else {"error": self._terms.denied}
        )
        state = {"state": asked["state"]} if "state" in asked else {}
        joint = "&" if "?" in asked["redirect_uri"] else "?"
        return RedirectResponse(f"{asked['redirect_uri']}{joint}{urlencode({**result, **state})}", 302)

    def code(self, redirect_uri: str, **asked: str) -> str:
        """What the way back carries once an administrator has approved."""
        code = self._dice.mint("code")
        expires = self._now() + timedelta(seconds=self._terms.code_lifetime)
        self._codes[code] = Code({"redirect_uri": redirect_uri, **asked}, expires)
        return code

    def redeem(self, form: Mapping[str, str]) -> Code | None:
        """The code of a token request, once; None where it is not good, or its redirect or verifier is another."""
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires <= self._now() or code.asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        return code if _proven(code.asked, form.get("code_verifier", "")) else None

    def forget(self) -> None:
        """Codes that were given out open nothing any more."""
        self._codes.clear()

    def _check(self, asked: Mapping[str, str]) -> None:
        known = self._terms.redirect_uris
        flaw = None
        if asked.get("client_id") != self._terms.client_id:
            flaw = "Unknown app"
        elif not asked.get("redirect_uri") or (known and asked["redirect_uri"] not in known):
            flaw = "The redirect URI is not one that the app registered"
        elif asked.get("response_type", "" if self._terms.typed else "code") != "code":
            flaw = "The response type must be code"
        if flaw := flaw or self._terms.flaw(asked):
            raise Refusal(HTMLResponse(f"<h1>{html.escape(flaw)}</h1>", 400))


class Passes:
    """Opaque tokens of one sort, each good for a time and about something."""

    def __init__(self, kind: str, now: Callable[[], datetime], dice: Dice) -> None:
        self._kind = kind
        self._now = now
        self._dice = dice
        self._passes: dict[str, tuple[datetime | None, Any]] = {}

    def mint(self, about: Any, seconds: float | None = None) -> str:
        """A new token; without `seconds` it does not expire."""
        token = self._dice.mint(self._kind)
        self._passes[token] = (None, about)
        if seconds is not None:
            self.expire(token, seconds)
        return token

    def about(self, token: str) -> Any:
        """What the token was minted about, None where it is unknown or expired."""
        expires, about = self._passes.get(token, (None, None))
        return about if expires is None or expires > self._now() else None

    def expire(self, token: str, seconds: float) -> None:
        """Let a token end so many seconds from now."""
        self._passes[token] = (self._now() + timedelta(seconds=seconds), self._passes[token][1])

    def drop(self, token: str) -> None:
        self._passes.pop(token, None)

    def has_expired(self, token: str) -> bool:
        """Was this token good once? One that was dropped is unknown."""
        expires, _ = self._passes.get(token, (None, None))
        return expires is not None and expires <= self._now()

    def clear(self) -> None:
        """Forget every token."""
        self._passes.clear()

    def drop_all(self, about: Any) -> None:
        """Forget every token about this."""
        self._passes = {token: one for token, one in self._passes.items() if one[1] != about}


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form-encoded body."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def basic_of(request: Request) -> tuple[str, str] | None:
    """Client id and secret of an HTTP Basic header (RFC 6749, 2.3.1)."""
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    try:
        name, colon, word = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(name), unquote_plus(word)) if scheme.lower() == "basic" and colon else None


def bearer_of(request: Request) -> str:
    """The token of a Bearer header, empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _box(scope: str) -> str:
    shown = html.escape(scope)
    return f'<label><input type="checkbox" name="ticked" value="{shown}" checked>{shown}</label>'


def _proven(asked: Mapping[str, str], verifier: str) -> bool:
    """Whether the verifier is that of the code's challenge, where there was one."""
    challenge = asked.get("code_challenge", "")
    if not challenge or asked.get("code_challenge_method") == "plain":
        return challenge in {"", verifier}
    digest = hashlib.sha256(verifier.encode()).digest()
    return challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")
