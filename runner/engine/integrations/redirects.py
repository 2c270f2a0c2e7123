"""Where people may be sent once they are connected: to our own pages, and to the host's."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from runner.engine.house import House
from runner.errors import SettingsError

LONGEST = 1000  # characters
_PLAIN = re.compile(rf"[!-\[\]-~]{{1,{LONGEST}}}")
"""ASCII without spaces, controls and backslashes: browsers drop some of them, and read others as slashes."""


def check_redirect(house: House, redirect_to: str | None) -> None:
    """SettingsError unless it is a path of ours, or an address under our origin or one that runner.yaml allows."""
    if redirect_to is None:
        return
    if not _PLAIN.fullmatch(redirect_to):
        raise SettingsError(f"redirect_to must be up to {LONGEST} plain characters, the others percent-encoded")
    if re.match(r"/(?!/)", redirect_to):
        return
    origin = _origin(redirect_to)
    if origin is None:
        raise SettingsError("redirect_to must be a path that begins with one /, or an http address")
    if origin not in {_origin(one) for one in (house.base_url, *house.config.serve.redirect_origins)}:
        raise SettingsError(
            f"redirect_to leads to {origin}, and nobody said that this is the host's (the operator adds it to "
            "`serve: {redirect_origins: [...]}` in runner.yaml)"
        )


def _origin(url: str) -> str | None:
    """Scheme, host and port, as they are compared; None when it is no http address, or holds a user."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"
