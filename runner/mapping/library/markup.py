"""HTML as plain text, in one pass: time grows with the length, whatever is unclosed in it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from runner.mapping.registry import function

# no `<` inside a tag, and nothing is given back once taken, so that no attempt reads on beyond the next `<`
_MARKUP = re.compile(r"""<!--|<(/?[a-zA-Z][a-zA-Z0-9]*+|[!?/])(?:(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|[^<>]*+>)""")
_BLOCKS = (
    "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr li main nav ol p pre section table tr ul"
)
_BREAKS = frozenset(_BLOCKS.split())
_CELLS = frozenset(("td", "th"))
_HIDDEN = {name: re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE | re.ASCII) for name in ("script", "style")}
_COMMENT_END = re.compile(r"-->")
_ENDLESS = re.compile(r"&#[0-9]{9,}+;?")


@function("string|null")
def html_to_text(text: str | None) -> str | None:
    """HTML as plain text: tags, comments, scripts and styles go; paragraphs, list items and breaks become line ends;
    entities become characters. Line ends of the source stay, so plain text comes out as it is, without empty lines.

    html_to_text('<p>Water heater &amp; boiler</p><p>Gate 4</p>') -> "Water heater & boiler\\nGate 4"
    html_to_text('<ul><li>Ladder<li>Rope</ul>') -> "Ladder\\nRope"
    html_to_text('2 < 3') -> "2 < 3"
    html_to_text('<p></p>') -> null
    """
    if text is None:
        return None
    plain = "".join(_pieces(text)) if "<" in text else text
    if "&" in plain:
        plain = html.unescape(_ENDLESS.sub("\ufffd", plain))
    lines = (line.replace("\xa0", " ").strip() for line in plain.splitlines())
    return "\n".join(line for line in lines if line) or None


def _pieces(text: str) -> Iterator[str]:
    """The text between the tags, and what the tags stand for."""
    at = 0
    while found := _MARKUP.search(text, at):
        yield text[at : found.start()]
        name = (found[1] or "").lower()
        at = _after(text, found.end(), _COMMENT_END if found[1] is None else _HIDDEN.get(name))
        yield _stands_for(name)
    yield text[at:]


def _after(text: str, at: int, closing: re.Pattern[str] | None) -> int:
    """Where the text goes on. What is hidden and never closed hides all the rest, as in browsers."""
    if closing is None:
        return at
    found = closing.search(text, at)
    return found.end() if found else len(text)


def _stands_for(name: str) -> str:
    if name.removeprefix("/") in _BREAKS:
        return "\n"
    return " " if name in _CELLS else ""
