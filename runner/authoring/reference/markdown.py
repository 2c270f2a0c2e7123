"""Docstrings and tables as Markdown."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

_MARK = "<!-- Written by `runner docs`"
GENERATED = f"{_MARK} from the code and the connectors: change it there. -->"
_CODE = re.compile(r"^(\{|- |[a-z_][\w.-]*:( |$))")


def page(title: str, intro: str, parts: Iterable[str]) -> str:
    """A whole page: mark, title, introduction, parts; empty ones are left out."""
    return "\n\n".join([GENERATED, f"# {title}", intro, *(part.strip("\n") for part in parts if part)]) + "\n"


def is_generated(text: str) -> bool:
    """Whether a page is one of these, and not written by hand."""
    return text.startswith(_MARK)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def prose(docstring: str | None, language: str = "yaml") -> str:
    """A docstring as Markdown: paragraphs that are indented, or read like YAML, become code blocks."""
    blocks: list[tuple[bool, list[str]]] = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(docstring or "")):
        lines = paragraph.split("\n")
        code = bool(blocks) and (lines[0].startswith("    ") or bool(_CODE.match(lines[0])) or language == "jmespath")
        blocks.append((code, lines))
    return "\n\n".join(_shown(blocks, language))


def fenced(text: str, language: str = "yaml") -> str:
    """A code block; what looks like its end inside it does not end it."""
    marks = _longer_than(text, 3)
    return f"{marks}{language}\n{textwrap.dedent(text).strip()}\n{marks}"


def code(text: object) -> str:
    """A value in code, on one line; empty for nothing."""
    line = re.sub(r"\s*\n\s*", " ", str(text).strip()) if text is not None else ""
    if not line:
        return ""
    marks = _longer_than(line, 1)
    return f"{marks} {line} {marks}" if "`" in line else f"`{line}`"


def link(text: str, address: str) -> str:
    """A link; spaces in the address do not end it."""
    return f"[{text}]({address.replace(' ', '%20')})"


def codes(words: Iterable[object], joined: str = ", ") -> str:
    """Several values in code."""
    return joined.join(code(word) for word in words)


def anchor(text: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def _shown(blocks: Sequence[tuple[bool, list[str]]], language: str) -> Iterator[str]:
    for code, lines in blocks:
        kind = "json" if lines[0].strip().startswith('{"') else language
        yield fenced("\n".join(lines), kind) if code else "\n".join(lines)


def _longer_than(text: str, least: int) -> str:
    """Back-ticks, at least so many, more than stand together anywhere in the text."""
    return "`" * max(least, *(len(run) + 1 for run in re.findall("`+", text)), 0)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
