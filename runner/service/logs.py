"""Log lines, plain or JSON, that never hold a secret."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from functools import lru_cache
from typing import Any, TextIO

from runner.model.lines import structlog
from runner.model.secret import DOTS, Secret
from runner.service.settings import LogForm

SHORTEST_SECRET = 6
"""A shorter value would blot out ordinary words; a secret so short is found by the name of its key alone."""

_NAMES = re.compile(
    r"token|secret|password|authorization|cookie|ticket|api_?key|app_?key|signature|verifier|credential", re.IGNORECASE
)
_EXACT = frozenset({"code", "state", "body", "headers", "key"})
_WORD = re.compile(r"[a-z]+(-[a-z]+){0,4}")
"""What our own codes and states look like (`credential-refused`); OAuth's are no words."""
_IN_TEXT = re.compile(
    r"(?i)(\b(?:bearer|basic)\s+|[?&\s\"'](?:code|state|access_token|refresh_token|client_secret|token|api_key)[=:]\s*)"
    r"[^\s&\"',;]+"
)


_LED_IN = rf"\1{DOTS}"


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _NAMES.search(name) is not None


@lru_cache(maxsize=1024)
def _is_ambiguous(name: str) -> bool:
    return name.lower() in _EXACT


def _leads(text: str) -> bool:
    """Whether a secret may be led in: not by a text of one word without a colon or equals sign, as most are."""
    return "=" in text or ":" in text or len(text.split(None, 1)) > 1


class Redactor:
    """Puts dots in the place of secrets: known ones by value, others by the name of their key or how they are led in.

    Under `code` and `state` only plain words are shown: those are ours, and OAuth's are none.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._values: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: Secret) -> None:
        """Blot out one secret more from now on."""
        value = secret.reveal()
        if len(value) >= SHORTEST_SECRET:
            self._values.add(value)

    def text(self, text: str) -> str:
        """`text` without secrets."""
        for value in self._values:
            text = text.replace(value, DOTS)
        return _IN_TEXT.sub(_LED_IN, text) if _leads(text) else text

    def value(self, value: Any, name: str = "") -> Any:
        """Any value without secrets; `name` is the key it stands under."""
        if isinstance(value, dict):
            return {str(key): self.value(item, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, name) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        text = str(value)
        if _is_secret(name) or (_is_ambiguous(name) and not _WORD.fullmatch(text)):
            return DOTS
        return self.text(text)

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """As a processor of structlog."""
        return {name: self.value(value, name) for name, value in event.items()}


def build_log(form: LogForm, redactor: Redactor, stream: TextIO | None = None, least: int = logging.INFO) -> Any:
    """A structlog logger that writes what is at `least` so grave to `stream` (standard error); nothing is global."""
    last: Any = structlog.processors.JSONRenderer() if form == "json" else _plain
    return structlog.wrap_logger(
        structlog.WriteLogger(stream or _StandardError()),
        wrapper_class=structlog.make_filtering_bound_logger(least),
        context_class=dict,
        cache_logger_on_first_use=False,
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            redactor,
            last,
        ],
    )


class _StandardError(io.StringIO):
    """What standard error is at the moment of writing: a progress bar takes its place, and lets lines pass above it."""

    def write(self, text: str) -> int:
        """Write to whatever it is now."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Let it out."""
        sys.stderr.flush()


class Bridge(logging.Handler):
    """Carries what libraries log (warnings and worse) over to our log, so that it is redacted too."""

    def __init__(self, log: Any) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One line of another library."""
        self._log.log(record.levelno, record.getMessage(), source=record.name, exc_info=record.exc_info)


def join_libraries(log: Any) -> Bridge:
    """Send the standard logging of all libraries to `log`; returns the handler, to be removed again."""
    bridge = Bridge(log)
    logging.getLogger().addHandler(bridge)
    return bridge


def _plain(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """`2026-05-04T15:20:10Z info  what happened  name=value ...`, a traceback on lines of its own."""
    line = dict(event)
    at, level, what = str(line.pop("at"))[:19] + "Z", line.pop("level"), line.pop("event")
    trace = line.pop("exception", None)
    pairs = " ".join(f"{name}={_one_line(value)}" for name, value in line.items())
    return f"{at} {level:<7} {what}" + (f"  {pairs}" if pairs else "") + (f"\n{trace}" if trace else "")


def _one_line(value: Any) -> str:
    text = str(value).replace("\n", "\\n")
    return f'"{text}"' if " " in text else text
