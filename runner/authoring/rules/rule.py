"""What a lint rule is: one function over one connector, in a file of its own, whose docstring is its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from runner.authoring.cases import Case
from runner.connector.connector import Connector
from runner.connector.document import Document
from runner.errors import Finding, Place

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Subject:
    """What a rule looks at: a connector that loads, where its keys are, and its examples."""

    connector: Connector
    document: Document
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True)
class Doubt:
    """What a rule has to say: where, what, and what to do."""

    place: Place
    message: str
    remedy: str


@dataclass(frozen=True)
class Rule:
    """A rule with its stable code; `docs` says what to avoid, what to prefer, and why."""

    code: str
    severity: Severity
    docs: str
    doubts: Callable[[Subject], Iterator[Doubt]]

    def findings(self, subject: Subject) -> Iterator[Finding]:
        for doubt in self.doubts(subject):
            yield Finding(doubt.place, self.code, doubt.message, doubt.remedy, self.severity)


def rule(code: str, severity: Severity = "warning") -> Callable[[Callable[[Subject], Iterator[Doubt]]], Rule]:
    """Makes a rule of a function."""

    def make(doubts: Callable[[Subject], Iterator[Doubt]]) -> Rule:
        return Rule(code, severity, doubts.__doc__ or "", doubts)

    return make
