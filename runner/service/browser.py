"""The browser that takes a connect link up: known by a cookie of ours, and its forms by a key that goes with it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import itsdangerous
from starlette.requests import Request
from starlette.responses import Response

from runner.engine.house import House

_COOKIE, _FORM = "runner.connect-browser", "runner.connect-form"


def cookie_name(house: House, link_id: str) -> str:
    """One for each link. Under https no neighbouring host can plant it (`__Host-`, RFC 6265bis section 4.1.3)."""
    return f"{'__Host-' if _is_secure(house) else ''}connect_{link_id[:16]}"


def cookie_of(house: House, link_id: str, request: Request) -> str | None:
    """The cookie that the browser shows for a link; None when it has none, or one that we did not make for it."""
    text = request.cookies.get(cookie_name(house, link_id), "")
    try:
        named, _ = _signer(house, _COOKIE).loads(text)
    except (itsdangerous.BadData, TypeError, ValueError):
        return None
    return text if named == link_id else None


def links_of(house: House, request: Request) -> dict[str, str]:
    """The links for which the browser shows a cookie of ours, each with that cookie."""
    found = {}
    for name, text in request.cookies.items():
        try:
            link_id, _ = _signer(house, _COOKIE).loads(text)
        except (itsdangerous.BadData, TypeError, ValueError):
            continue
        if name == cookie_name(house, str(link_id)):
            found[str(link_id)] = text
    return found


def new_cookie(house: House, link_id: str) -> str:
    """What tells a browser from all others that open the same link."""
    text = _signer(house, _COOKIE).dumps([link_id, secrets.token_urlsafe(32)])
    return text if isinstance(text, str) else text.decode()


def set_cookie(house: House, answer: Response, link_id: str, text: str) -> None:
    """Hand it over, for as long as link and session live together."""
    secure = _is_secure(house)
    answer.set_cookie(
        cookie_name(house, link_id),
        text,
        max_age=int(2 * house.config.connect.link_lifetime.total_seconds()),
        path="/" if secure else "/oauth",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def fingerprint(cookie: str) -> str:
    """What is stored of a cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def form_key(house: House, cookie: str) -> str:
    """What a form must bring along beside the cookie: a page elsewhere cannot know it."""
    text = _signer(house, _FORM).dumps(fingerprint(cookie))
    return text if isinstance(text, str) else text.decode()


def fits(house: House, cookie: str, key: str) -> bool:
    """Whether a form's key goes with the cookie."""
    try:
        named = _signer(house, _FORM).loads(key)
    except itsdangerous.BadData:
        return False
    return isinstance(named, str) and hmac.compare_digest(named, fingerprint(cookie))


def is_from_elsewhere(request: Request) -> bool:
    """Whether the browser says that another site sent the form (Fetch Metadata, W3C)."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _is_secure(house: House) -> bool:
    return house.base_url.startswith("https://")


def _signer(house: House, purpose: str) -> itsdangerous.URLSafeSerializer:
    return itsdangerous.URLSafeSerializer(house.store.vault.keys.derive("connect"), salt=purpose)
