"""Findings as text: for people, for programs, and for GitHub's annotations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from runner.errors import Finding

FORMATS = ("pretty", "json", "github")


def report(findings: Sequence[Finding], form: str, texts: Mapping[str, str]) -> str:
    """The findings in one of FORMATS; `texts` holds the files that pretty quotes a line of. Empty text for none,
    but in JSON."""
    if form == "json":
        return json.dumps([as_dict(finding) for finding in findings], indent=2, ensure_ascii=False)
    lines = (_github(finding) for finding in findings) if form == "github" else _pretty(findings, texts)
    return "\n".join(lines)


def as_dict(finding: Finding) -> dict[str, str | int]:
    """A finding as plain JSON."""
    place = finding.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "code": finding.code,
        "message": finding.message,
        "remedy": finding.remedy,
        "severity": finding.severity,
    }


def counted(number: int, noun: str) -> str:
    """`1 file`, `3 files`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def summary(files: int, findings: int) -> str:
    """`3 files, no findings`."""
    return f"{counted(files, 'file')}, {counted(findings, 'finding')}"


def _pretty(findings: Iterable[Finding], texts: Mapping[str, str]) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.place}: {finding.code}: {finding.message}"
        if finding.remedy:
            yield f"    {finding.remedy}"
        yield from _quoted(finding, texts.get(finding.place.file, ""))


def _quoted(finding: Finding, text: str) -> Iterator[str]:
    """The line itself, with a caret under the column; a long line is cut around it."""
    lines = text.split("\n")
    place = finding.place
    if not 0 < place.line <= len(lines) or not lines[place.line - 1].strip():
        return
    start = max(0, place.column - 80)
    line = lines[place.line - 1].encode(errors="replace").decode()  # bytes that were no UTF-8
    shown = line.replace("\t", " ")[start : start + 120].rstrip()
    number = f"{place.line:>5} | "
    yield number + shown
    yield " " * (len(number) + place.column - 1 - start) + "^"


def _github(finding: Finding) -> str:
    """A workflow command (docs.github.com, "Workflow commands": data and properties are escaped)."""
    place = finding.place
    where = f"file={_property(place.file)}"
    if place.line:
        where += f",line={place.line},col={place.column}"
    remedy = f" ({finding.remedy})" if finding.remedy else ""
    level = "notice" if finding.severity == "info" else finding.severity
    return f"::{level} {where},title={_property(finding.code)}::{_data(finding.message + remedy)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
