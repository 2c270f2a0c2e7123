"""A text out of a YAML file that remembers where it stands there."""

from __future__ import annotations

from runner.errors import Place


class Scalar(str):
    """A YAML scalar as text, with its place; `indent` is set for block scalars (`|`), else None.

    `spots` holds line and column of each character where quotes, escapes or folding move them.
    """

    __slots__ = ("indent", "place", "spots")
    place: Place
    indent: int | None
    spots: tuple[tuple[int, int], ...] | None

    def __new__(
        cls,
        text: str,
        place: Place,
        indent: int | None = None,
        spots: tuple[tuple[int, int], ...] | None = None,
    ) -> Scalar:
        self = super().__new__(cls, text)
        self.place = place
        self.indent = indent
        self.spots = spots
        return self

    def at(self, offset: int) -> Place:
        """The place of the character at `offset` of the text."""
        if self.spots is not None:
            line, column = self.spots[min(offset, len(self.spots) - 1)]
            return Place(self.place.file, line, column)
        if self.indent is None:
            return Place(self.place.file, self.place.line, self.place.column + offset)
        offset = min(offset, len(self) - self.endswith("\n"))  # after the last line there is no place
        start = self.rfind("\n", 0, offset) + 1
        is_empty = offset == start and self[offset : offset + 1] == "\n"
        column = 1 if is_empty else self.indent + offset - start  # an empty line need not be indented
        return Place(self.place.file, self.place.line + 1 + self.count("\n", 0, start), column)


def place_of(text: str, offset: int = 0) -> Place:
    """Where a text stands: its own place when it came out of a file, else nowhere."""
    return text.at(offset) if isinstance(text, Scalar) else Place("")
