"""What is doubtful in connectors that load: each rule over each, less what a comment ignores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runner.authoring.cases import cases
from runner.authoring.folders import Folders, Source
from runner.authoring.rules.catalog import RULES
from runner.authoring.rules.rule import Subject
from runner.connector.document import read
from runner.connector.loader import check
from runner.errors import Finding, Place
from runner.model.words import suggest

_IGNORE = re.compile(r"#\s*lint:\s*ignore\s+([\w\-, ]+)")


def lint(sources: Iterable[Source], folders: Folders) -> list[Finding]:
    """The findings of all connectors, sorted by place; of a connector that does not load, those of validation.

    runner.yaml is not linted: what is wrong in it, `runner validate` finds."""
    found = {finding for given in sources if not folders.is_config(given.file) for finding in _one(given, folders)}
    return sorted(found)


def _one(given: Source, folders: Folders) -> Iterator[Finding]:
    connector, findings = check(given.text, given.file)
    if connector is None or findings:
        yield from findings
        return
    subject = Subject(connector, read(given.text, given.file), tuple(cases(folders, connector.connector)))
    ignored = dict(_ignored(given.text))
    yield from _unknown(given.file, ignored)
    for rule in RULES:
        for finding in rule.findings(subject):
            if rule.code not in ignored.get(finding.place.line, ()):
                yield finding


def _ignored(text: str) -> Iterator[tuple[int, set[str]]]:
    """The codes that are ignored on a line: by a comment at its end, or alone on the line above."""
    lines = text.split("\n")
    above: set[str] = set()
    for number, line in enumerate(lines, 1):
        found = _IGNORE.search(line)
        codes = {code.strip() for code in found[1].split(",") if code.strip()} if found else set()
        alone = line.lstrip().startswith("#")
        if codes or above:
            yield number, codes | above
        above = codes if alone else set()


def _unknown(file: str, ignored: dict[int, set[str]]) -> Iterator[Finding]:
    """An `ignore` of a rule that does not exist ignores nothing."""
    known = {rule.code for rule in RULES}
    told: set[str] = set()
    for line, codes in ignored.items():
        for code in sorted(codes - known - told):
            told.add(code)
            yield Finding(Place(file, line, 1), "unknown-rule", f"there is no rule `{code}`", suggest(code, known))
