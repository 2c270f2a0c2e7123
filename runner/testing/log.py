"""A log that remembers what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Log:
    """`lines` are level, event and values, in order."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(("info", event, values))

    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(("warning", event, values))

    def error(self, event: str, **values: Any) -> None:
        self.lines.append(("error", event, values))

    def events(self) -> list[str]:
        return [event for _, event, _ in self.lines]
