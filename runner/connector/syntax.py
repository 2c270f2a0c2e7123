"""Why a text is no YAML, in an analyst's words: libyaml's errors, each with the place where the mistake was made."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from runner.errors import Finding, Place
from runner.model.words import suggest

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:\\.|[^\"\\])*\"|(?:^|\s)#.*")
_TEMPLATE = re.compile(r"([^\s:,\[{]*)(\{\{.*?\}\})([^\s,}\]]*)")
_STRANGE = re.compile(r"[ \t]*((?=[^\t\n ])\s|[\u200b\u2060\ufeff])")
_ANCHOR = re.compile(r"(?:^|[\s\[{,])&([\w-]+)", re.ASCII)
_UNDECODED = re.compile(r"[\ud800-\udfff]")
_NAMES = {"\u00a0": "a no-break space", "\u200b": "a zero-width space", "\u3000": "an ideographic space"}
_ANY = "check the indentation, and quote texts that hold `: ` or ` #`"
_QUOTE = "put the whole text in '...', or in a `|-` block"
_ONE_KIND = "a block holds keys or list items, not both: indent them one below the other"


@dataclass(frozen=True)
class _Spot:
    """Where libyaml stopped (`line`, `column`) and where what it was reading began (`from_`); all count from 0."""

    lines: list[str]
    line: int
    column: int
    from_: tuple[int, int]

    @property
    def text(self) -> str:
        return self.lines[self.line] if self.line < len(self.lines) else ""

    @property
    def rest(self) -> str:
        return self.text[self.column :]

    @property
    def indent(self) -> str:
        return self.text[: len(self.text) - len(self.text.lstrip())]


@dataclass(frozen=True)
class _Told:
    """What is said of a mistake, and where it is (from 0)."""

    where: tuple[int, int]
    message: str
    remedy: str


def undecoded(text: str, file: str) -> Finding | None:
    """The first byte that was no UTF-8: such bytes arrive as lone surrogates (Python's `surrogateescape`)."""
    found = _UNDECODED.search(text)
    if found is None:
        return None
    message = f"the file is not UTF-8: the byte 0x{ord(found[0]) & 0xFF:02x} means nothing in it"
    return Finding(_place(text, found.start(), file), "bad-yaml", message, "save it as UTF-8")


def explain_syntax(error: yaml.YAMLError, text: str, lines: list[str], file: str) -> Finding:
    """One finding for what libyaml raised."""
    if isinstance(error, yaml.reader.ReaderError):
        return _control(error, text, file)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Finding(Place(file, 1, 1), "bad-yaml", str(error).splitlines()[0])
    began = getattr(error, "context_mark", None) or mark
    spot = _Spot(lines, mark.line, mark.column, (began.line, began.column))
    what = " ".join(str(part) for part in (getattr(error, "context", ""), getattr(error, "problem", "")) if part)
    told = _indented(spot) or _unquoted(spot) or _known(spot, what)
    told = told or _Told((mark.line, mark.column), what, _ANY)
    return Finding(Place(file, told.where[0] + 1, told.where[1] + 1), "bad-yaml", told.message, told.remedy)


def strange_key(key: str) -> str | None:
    """The name of the blank at the beginning of a key, which looks like an indentation and is none."""
    found = _STRANGE.match(key)
    return _named(found[1]) if found else None


def template_at(line: str, column: int) -> tuple[int, str] | None:
    """The `{{ ... }}` around a column (from 0) of a line, with all that is written to it: where, and the text."""
    for found in _TEMPLATE.finditer(line):
        if found.start() <= column <= found.end():
            return found.start(), found[0]
    return None


def quote_template(text: str) -> tuple[str, str]:
    """What is said of a template that stands in a file without quotes: message and remedy."""
    mark = "'" if '"' in text else '"'
    return f"`{text}` must stand in quotes: YAML takes its braces for keys and values", f"write {mark}{text}{mark}"


def _control(error: yaml.reader.ReaderError, text: str, file: str) -> Finding:
    character = chr(error.character) if isinstance(error.character, int) else str(error.character)
    place = _place(text, max(text.find(character, 1), 0), file)
    message = f"the character U+{ord(character[0]):04X} cannot stand in a file"
    return Finding(place, "bad-yaml", message, "remove it: an editor shows it as a box, or not at all")


def _place(text: str, offset: int, file: str) -> Place:
    before = text[:offset]
    return Place(file, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _indented(spot: _Spot) -> _Told | None:
    """A tab in the indentation, or a blank there that is no space, on the line or on one that goes before."""
    tab = spot.indent.find("\t")
    if tab >= 0:
        return _Told((spot.line, tab), "a tab in the indentation", "indent with spaces")
    for number in range(min(spot.line, len(spot.lines) - 1), max(spot.line - 3, -1), -1):
        found = _STRANGE.match(spot.lines[number])
        if found and spot.lines[number].strip():
            return _Told((number, found.start(1)), f"{_named(found[1])} in the indentation", "indent with spaces")
    return None


def _named(character: str) -> str:
    return _NAMES.get(character, f"the blank U+{ord(character):04X}")


def _unquoted(spot: _Spot) -> _Told | None:
    """A template without quotes, on the line where libyaml stopped."""
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), spot.text)
    found = _TEMPLATE.search(bare)
    if found is None or found.start() > spot.column:
        return None
    message, remedy = quote_template(spot.text[found.start() : found.end()])
    return _Told((spot.line, found.start()), message, remedy)


def _known(spot: _Spot, what: str) -> _Told | None:
    for words, tell in _TELL.items():
        if words in what:
            return tell(spot)
    return None


def _alias(spot: _Spot) -> _Told:
    name = re.match(r"\*?([\w-]*)", spot.rest)
    anchors = [found[1] for line in spot.lines for found in _ANCHOR.finditer(line)]
    remedy = suggest(name[1] if name else "", anchors) or "no `&name` marks anything in this file; quote a text"
    return _Told((spot.line, spot.column), f"nothing is marked `&{name[1] if name else ''}`", remedy)


def _star(spot: _Spot) -> _Told:
    sign = spot.lines[spot.from_[0]][spot.from_[1] : spot.from_[1] + 1]
    word = re.split(r":\s|:$|\s", spot.lines[spot.from_[0]][spot.from_[1] :])[0]
    return _Told(spot.from_, f"a plain text cannot begin with {sign}", f"put it in quotes: '{word}'")


def _start(spot: _Spot) -> _Told:
    message = f"a plain text cannot begin with {spot.rest[:1]}"
    return _Told((spot.line, spot.column), message, "put the expression in '...', or in a `|-` block")


def _second_colon(spot: _Spot) -> _Told:
    """`a: b: c`; or a line that is indented below one that has its value already; or `a:1` above."""
    before = _QUOTED.sub("", spot.text[: spot.column])
    if re.search(r":\s", before.removeprefix(spot.indent)):
        return _Told((spot.line, spot.column), "a second `: ` on one line", _QUOTE)
    above = next((number for number in range(spot.line - 1, -1, -1) if spot.lines[number].strip()), spot.line)
    upper = spot.lines[above]
    tight = re.match(r"\s*(?:- )?([\w.-]+):(\S+)\s*$", upper)
    if tight:
        message = f"`{tight[1]}:` has no space after its colon"
        return _Told((above, tight.start(1)), message, f"write `{tight[1]}: {tight[2]}`")
    message = f"these keys stand below line {above + 1}, which has its value already"
    return _Told((spot.line, len(spot.indent)), message, "give all keys of one block the same indentation")


def _no_key(spot: _Spot) -> _Told:
    here = (spot.line, spot.column)
    if spot.rest[:1] in "}]" and spot.rest:
        return _Told(here, f"`{spot.rest[0]}` closes nothing", "take it out, or put the text in quotes")
    if spot.rest.startswith(("- ", "-\n")) or spot.rest == "-":
        return _Told(here, "a list item (`- `) among keys", _ONE_KIND)
    if spot.column > len(spot.indent):
        return _Told(here, "nothing can follow the end of a value on its line", _QUOTE)
    return _Told(here, "the indentation of this line fits no line above", "indent it as the keys that it belongs to")


def _no_item(spot: _Spot) -> _Told:
    if spot.column > len(spot.indent):
        return _no_key(spot)
    return _Told((spot.line, spot.column), "a key among list items (`- `)", _ONE_KIND)


def _not_closed(spot: _Spot) -> _Told:
    line, column = spot.from_
    opener = spot.lines[line][column : column + 1]
    if spot.line != line:
        closer = "}" if opener == "{" else "]"
        return _Told(spot.from_, f"`{opener}` is not closed", f"close it with `{closer}`")
    message = f"a comma is missing, or `{opener}` at column {column + 1} is not closed"
    remedy = "put commas between the parts, and quote texts that hold , : { } [ or ]"
    return _Told((spot.line, spot.column), message, remedy)


def _open_quote(spot: _Spot) -> _Told:
    mark = spot.lines[spot.from_[0]][spot.from_[1] : spot.from_[1] + 1]
    remedy = (
        "close it; a ' inside '...' is written twice" if mark == "'" else 'close it; a " inside "..." is written \\"'
    )
    return _Told(spot.from_, f"the quote {mark} is not closed", remedy)


def _block_head(spot: _Spot) -> _Told:
    sign = spot.lines[spot.from_[0]][spot.from_[1] : spot.from_[1] + 1]
    message = f"`{sign}` begins a block of text here, and nothing can follow it on its line"
    return _Told(spot.from_, message, "put the whole expression in '...', or in a `|-` block")


def _no_colon(spot: _Spot) -> _Told:
    word = spot.lines[spot.from_[0]][spot.from_[1] :].strip()
    return _Told(spot.from_, f"`{word[:60]}` is no key: it has no colon", f"write `{word[:60]}: ...`")


def _escape(spot: _Spot) -> _Told:
    found = re.search(r"\\[^0abtnvfre \"/\\N_LPxuU]", spot.text[spot.from_[1] if spot.line == spot.from_[0] else 0 :])
    shown = found[0] if found else "\\"
    return _Told((spot.line, spot.column), f'`{shown}` is no escape in "..."', "write the text in '...'")


def _several(spot: _Spot) -> _Told:
    return _Told((spot.line, spot.column), "`---` begins a second document", "a file holds one: take `---` out")


def _twice(spot: _Spot) -> _Told:
    remedy = f"the first is on line {spot.from_[0] + 1}; give one of them another name"
    return _Told((spot.line, spot.column), "a mark (`&name`) is given twice", remedy)


_TELL: dict[str, Callable[[_Spot], _Told]] = {
    "undefined alias": _alias,
    "while scanning an alias": _star,
    "while scanning an anchor": _star,
    "cannot start any token": _start,
    "mapping values are not allowed": _second_colon,
    "did not find expected key": _no_key,
    "expected '-' indicator": _no_item,
    "did not find expected ',' or": _not_closed,
    "while scanning a quoted scalar": _open_quote,
    "comment or line break": _block_head,
    "could not find expected ':'": _no_colon,
    "unknown escape character": _escape,
    "another document": _several,
    "duplicate anchor": _twice,
}
