"""Takes secrets out of exchanges, so that a recording can be handed on.

The same secret always has the same placeholder, and no two have one: what hangs together by a token hangs together
without it. Placeholders are scrubbed to themselves. What is personal stays.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from runner.errors import SettingsError
from runner.model.secret import Secret

MARK = "scrubbed-"
SHORTEST = 6
"""A shorter secret cannot be told from ordinary text."""
_NAME = re.compile(
    r"token|secret|passw|authorization|cookie|(api|app|access|private|signing|webhook)[_-]?key|credential|jwt|"
    r"signature|^sig$|^rlkey$|session_?id|^x-amz-|^client_?assertion$|^auth$",
    re.IGNORECASE,
)
_NAME_IN_QUERY = re.compile(rf"{_NAME.pattern}|^code$|^key$|^hash$", re.IGNORECASE)
_LEFT_OUT = frozenset({"set-cookie", "authorization", "proxy-authorization", "www-authenticate", "cookie"})
_SPOKEN = re.compile(r"(?i)\b(bearer|basic)\s+([\w.~+/=-]{8,})")
_JWT = re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}(\.[\w-]*)?")
_QUERY = re.compile(r"([?&;])([\w.%-]+)=([^&;\s\"'#<>]+)")


def placeholder(name: str) -> str:
    """What stands for a declared secret."""
    return MARK + name.replace("_", "-")


class Scrub:
    """Knows secrets by value (`named`: by the name that they are declared under) and learns others as they come."""

    def __init__(self, named: Mapping[str, Secret]) -> None:
        self._known: dict[str, str] = {}
        for name, secret in named.items():
            text = secret.reveal()
            if text and len(text) < SHORTEST:
                raise SettingsError(f"{name} is shorter than {SHORTEST} characters: it could not be scrubbed safely")
            if text:
                self._known[text] = placeholder(name)

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Know more secrets, by value alone."""
        for secret in secrets:
            if len(secret.reveal()) >= SHORTEST:
                self._mark(secret.reveal())

    def text(self, text: str) -> str:
        """A text without known secrets, keys in addresses, and what is led in as a credential."""
        for secret in sorted(self._known, key=len, reverse=True):
            for form in dict.fromkeys((secret, quote(secret, safe=""), _base64(secret))):
                text = text.replace(form, self._known[secret])
        text = _SPOKEN.sub(lambda found: f"{found[1]} {self._mark(found[2])}", text)
        text = _JWT.sub(lambda found: self._mark(found[0]), text)
        return _QUERY.sub(lambda found: f"{found[1]}{found[2]}={self._named(found[2], found[3], _NAME_IN_QUERY)}", text)

    def value(self, value: Any, name: str = "") -> Any:
        """Any JSON value; `name` is the key it stands under."""
        if isinstance(value, dict):
            return {self.text(key): self.value(item, key) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, name) for item in value]
        return self._named(name, self.text(value)) if isinstance(value, str) else value

    def params(self, params: Mapping[str, str | list[str]]) -> dict[str, Any]:
        """Query parameters."""
        rule = _NAME_IN_QUERY
        return {
            name: [self._named(name, self.text(one), rule) for one in given]
            if isinstance(given, list)
            else self._named(name, self.text(given), rule)
            for name, given in params.items()
        }

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers of an answer, without those that only carry secrets."""
        kept = {name: text for name, text in headers.items() if name.lower() not in _LEFT_OUT}
        return {name: str(self.value(text, name)) for name, text in kept.items()}

    def _named(self, name: str, text: str, rule: re.Pattern[str] = _NAME) -> str:
        return self._mark(text) if text and rule.search(name) else text

    def _mark(self, text: str) -> str:
        """The placeholder of a secret; a short one is not looked for elsewhere."""
        if MARK in text:
            return text
        if len(text) < SHORTEST:
            return f"{MARK}short"
        return self._known.setdefault(text, f"{MARK}{len(self._known) + 1}")


def _base64(secret: str) -> str:
    return base64.b64encode(secret.encode()).decode()
