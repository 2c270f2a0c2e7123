"""Docstrings and tables as Markdown."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

GENERATED = "<!-- Written by `runner docs` from the code: change it there. -->"
_CODE = re.compile(r"^(\{|- |[a-z_][\w.-]*:( |$))")


def page(title: str, intro: str, parts: Iterable[str]) -> str:
    """A whole page: mark, title, introduction, parts."""
    return "\n\n".join([GENERATED, f"# {title}", intro, *(part.strip("\n") for part in parts)]) + "\n"


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
    """A code block."""
    return f"```{language}\n{textwrap.dedent(text).strip()}\n```"


def anchor(text: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def _shown(blocks: Sequence[tuple[bool, list[str]]], language: str) -> Iterator[str]:
    for code, lines in blocks:
        kind = "json" if lines[0].strip().startswith('{"') else language
        yield fenced("\n".join(lines), kind) if code else "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
