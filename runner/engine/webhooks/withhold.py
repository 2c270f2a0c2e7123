"""What a request may be kept with: whatever opens a door is taken out of its headers and its address."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from urllib.parse import unquote_plus

from runner.model.event import Delivery
from runner.model.secret import Secret
from runner.store.deliveries import WITHHELD

GONE = "withheld"
SHORTEST = 6
"""A secret of fewer characters is not looked for inside of texts: it would be found everywhere."""
_SECRET_NAME = re.compile(r"token|secret|passw|api[-_]?key|^key$|^auth|credential|^code$|^pin$", re.IGNORECASE)


def without_secrets(delivery: Delivery, secrets: Iterable[Secret], secret_headers: Collection[str] = ()) -> Delivery:
    """The delivery without the headers named, those that are secrets whoever sends them, and those that hold one of
    `secrets`; in the query of its address such values, and those called like a secret, read `withheld`."""
    texts = [text for secret in secrets if len(text := secret.reveal()) >= SHORTEST]
    headers = delivery.headers
    names = headers.keys() & (WITHHELD | set(secret_headers)) if secret_headers else headers.keys() & WITHHELD
    together = "\n".join(headers.values()) if texts else ""
    for text in texts:
        if text in together:
            names |= {name for name, value in headers.items() if text in value}
    url = _without_values(delivery.url, texts) if "?" in delivery.url else delivery.url
    if not names and url == delivery.url:
        return delivery
    kept = {name: value for name, value in headers.items() if name not in names}
    return replace(delivery, headers=kept, url=url)


def stranger_without_secrets(delivery: Delivery, secret_headers: Iterable[str] = ()) -> Delivery:
    """A delivery that nobody vouches for: headers that are called like a secret go too."""
    called = {name for name in delivery.headers if _SECRET_NAME.search(name)}
    return without_secrets(delivery, (), called.union(secret_headers))


def _without_values(url: str, texts: list[str]) -> str:
    address, _, query = url.partition("?")
    return f"{address}?{'&'.join(_withheld(pair, texts) for pair in query.split('&'))}"


def _withheld(pair: str, texts: list[str]) -> str:
    name, equals, value = pair.partition("=")
    plain = unquote_plus(value)
    if value and (_SECRET_NAME.search(unquote_plus(name)) or any(text in plain for text in texts)):
        return f"{name}{equals}{GONE}"
    return f"{GONE}" if any(text in unquote_plus(pair) for text in texts) else pair
