"""The address of a call as a log may name it: without secrets, declared or guessed.

Declared secrets are known by their value. Others are guessed and fail closed: a shared link, a signed address or a
session in the query is a key to whoever reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from runner.model.secret import DOTS, Secret

LONGEST = 500
_SECRET_NAME = re.compile(
    r"token|secret|passw|auth|cookie|ticket|key|sig|credential|session|jwt|code$|^state$|hash", re.IGNORECASE
)
_TOKEN_NAME = re.compile(r"(page|sync|continuation|next|cursor)_?-?token", re.IGNORECASE)
_PLAIN = re.compile(r"[\w.,:;+*/ @=<>'()\[\]-]{0,200}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.,]*(Z|[+-][\d:]*)?)?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHANCE = re.compile(r"(?=[\w~=%-]*\d)(?=[\w~=%-]*[A-Za-z])[\w~=%-]{16,}")
"""Letters and digits in one long word: what is made by chance."""
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")


def shown(url: str, secrets: Iterable[Secret] = ()) -> str:
    """`https://api.example.com/v2/jobs?page=2`: with dots in the place of every known secret, of what stands under a
    secret's name, of what looks made by chance, and of e-mail addresses. At most 500 characters."""
    return _shown(url, tuple(sorted({secret.reveal() for secret in secrets if secret}, key=len, reverse=True)))


@lru_cache(maxsize=64)
def _shown(url: str, known: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    path = "/".join(_segment(piece, known) for piece in _blotted(parts.path, known).split("/"))
    query = "&".join(
        f"{_blotted(name, known)}={_value(name, value, known)}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    whole = f"{parts.scheme}://{host}{port}{path}" + (f"?{query}" if query else "")
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}..."


def _segment(piece: str, known: tuple[str, ...]) -> str:
    text = _blotted(unquote(piece), known)
    if DOTS not in text and (_CHANCE.fullmatch(text) and not _UUID.fullmatch(text)):
        return DOTS
    return text if text.isprintable() else quote(text)


def _value(name: str, value: str, known: tuple[str, ...]) -> str:
    text = _blotted(value, known)
    if DOTS in text or _TIME.fullmatch(text) or _UUID.fullmatch(text):
        return text if not _is_secret_name(name) else DOTS
    if _is_secret_name(name) or _MAIL.search(text) or not _PLAIN.fullmatch(text) or _CHANCE.search(text):
        return DOTS
    return text


def _is_secret_name(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _TOKEN_NAME.search(name)


def _blotted(text: str, known: tuple[str, ...]) -> str:
    for secret in known:
        for form in {secret, quote(secret, safe="")}:
            text = text.replace(form, DOTS)
    return text
