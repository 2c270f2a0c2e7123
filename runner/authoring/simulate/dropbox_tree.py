"""
The files and folders of a simulated Dropbox, and the journal of what became of them.

Source: `files.stone` of the API's specification, `list_folder` above all: paths do not know capital letters, what is
deleted has no id, and a move is a deletion at the old path and the same id at the new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row, Table

BLOCK = 4 * 1_048_576


def content_hash(content: bytes, block: int = BLOCK) -> str:
    """Hex SHA-256 over the SHA-256 digests of each block, which have 4 MiB."""
    digests = (hashlib.sha256(content[at : at + block]).digest() for at in range(0, len(content), block))
    return hashlib.sha256(b"".join(digests)).hexdigest()


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Turn:
    """One line of the journal: a path that was written or deleted, as it was spelled."""

    path: str
    display: str
    deleted: bool


class Tree:
    """
    Everything below one root. Rows are metadata as Dropbox shows it, `.tag` included.

    Attributes:
        entries: by id. contents: bytes of the files, by id. journal: grows with each change.
    """

    def __init__(self, now: Callable[[], datetime], dice: Dice, block: int = BLOCK) -> None:
        self._now = now
        self._dice = dice
        self.block = block
        self._paths: dict[str, Row] = {}
        self.entries = Table("entries", [], modified=None)
        self.contents: dict[str, bytes] = {}
        self.journal: list[Turn] = []
        self.deleted: dict[str, str] = {}

    # Reading

    def at(self, path: str) -> Row | None:
        """By path, `id:` or `rev:`."""
        if path.startswith("id:"):
            return self.entries.get(path)
        if path.startswith("rev:"):
            return next((row for row in self.entries if row.get("rev") == path[4:]), None)
        return self._paths.get(path.lower())

    def below(self, path: str, *, recursive: bool = True) -> list[Row]:
        """What lies in a folder, parents before their children."""
        start = path.lower() + "/"
        found = [row for key, row in self._paths.items() if key.startswith(start)]
        near = found if recursive else [row for row in found if "/" not in row["path_lower"][len(start) :]]
        return sorted(near, key=lambda row: row["path_lower"].count("/"))

    def buried(self, path: str) -> Iterator[Row]:
        """What was deleted below a folder, as Dropbox shows it."""
        return (gone(display) for key, display in self.deleted.items() if key.startswith(path.lower() + "/"))

    def since(self, place: int) -> Iterator[Row]:
        """What the journal says from a place on: of each path the last deletion and the last writing, in order."""
        turns = self.journal[place:]
        last = {(turn.path, turn.deleted): index for index, turn in enumerate(turns)}
        for index, turn in enumerate(turns):
            if last[turn.path, turn.deleted] != index:
                continue
            row = self._paths.get(turn.path)
            if turn.deleted:
                yield gone(turn.display)
            elif row is not None:
                yield row

    # Writing

    def put_file(self, path: str, content: bytes, modified: str | None = None, **more: object) -> Row:
        """A new file, or a new revision of the one that lies there; parents are made."""
        self.make_parents(path)
        known = self._paths.get(path.lower())
        if known is not None and known[".tag"] != "file":
            self.delete(path)
            known = None
        key = known["id"] if known else str(more.pop("id", f"id:{self._dice.mint('file')[:22]}"))
        row: Row = {
            ".tag": "file",
            "name": path.rpartition("/")[2],
            "id": key,
            "client_modified": modified or iso(self._now()),
            "server_modified": iso(self._now()),
            "rev": self.revision(),
            "size": len(content),
            "path_lower": path.lower(),
            "path_display": path,
            "is_downloadable": True,
            "content_hash": content_hash(content, self.block),
            **more,
        }
        self.contents[key] = content
        return self._write(row)

    def put_folder(self, path: str, **more: object) -> Row:
        self.make_parents(path)
        known = self._paths.get(path.lower())
        if known is not None and known[".tag"] == "folder":
            return known
        key = f"id:{self._dice.mint('folder')[:22]}"
        row = {".tag": "folder", "name": path.rpartition("/")[2], "id": key}
        return self._write({**row, "path_lower": path.lower(), "path_display": path, **more})

    def make_parents(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent and self._paths.get(parent.lower()) is None:
            self.put_folder(parent)

    def delete(self, path: str) -> Row:
        """One line of the journal, however much lies below."""
        row = self._paths[path.lower()]
        for one in [*self.below(row["path_lower"]), row]:
            del self._paths[one["path_lower"]]
            self.deleted[one["path_lower"]] = one["path_display"]
            self.entries.remove(one["id"])
        self.journal.append(Turn(row["path_lower"], row["path_display"], deleted=True))
        return row

    def move(self, path: str, to: str) -> Row:
        """Ids stay; one deletion, then everything at its new place."""
        top = self._paths[path.lower()]
        moving = [top, *self.below(path)]
        self.delete(path)
        self.make_parents(to)
        for row in moving:
            place = to + row["path_display"][len(path) :]
            self._write({**row, "name": place.rpartition("/")[2], "path_lower": place.lower(), "path_display": place})
        return self._paths[to.lower()]

    def copy(self, path: str, to: str) -> Row:
        """Everything again, with ids of its own."""
        for row in [self._paths[path.lower()], *self.below(path)]:
            place = to + row["path_display"][len(path) :]
            if row[".tag"] == "folder":
                self.put_folder(place)
            else:
                self.put_file(place, self.contents[row["id"]], row["client_modified"])
        return self._paths[to.lower()]

    def touch(self, row: Row) -> None:
        """A row was edited from outside: it has a new revision, and the journal a line."""
        if row[".tag"] == "file":
            row |= {"rev": self.revision(), "server_modified": iso(self._now())}
        self.journal.append(Turn(row["path_lower"], row["path_display"], deleted=False))

    def revision(self) -> str:
        return f"016{self._dice.mint('rev')[:18]}"

    def _write(self, row: Row) -> Row:
        self._paths[row["path_lower"]] = row
        self.deleted.pop(row["path_lower"], None)
        self.journal.append(Turn(row["path_lower"], row["path_display"], deleted=False))
        return self.entries.add(row)


def gone(display: str) -> Row:
    """A deleted entry: no id, no revision."""
    return {
        ".tag": "deleted",
        "name": display.rpartition("/")[2],
        "path_lower": display.lower(),
        "path_display": display,
    }
