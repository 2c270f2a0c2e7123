"""
Listings of folders, and what changed since.

Source: `files.stone` of the specification. The cursor of a listing's last page is where its changes begin; it goes to
another route than the one that gave it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.authoring.simulate.dropbox_calls import Args, Caller, View
from runner.authoring.simulate.dropbox_errors import conflict, malformed
from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.dropbox_tree import Tree
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row

MOST = 2000
NOT_A_SLASH = 'Specify the root folder as an empty string rather than as "/".'
PATTERN = r"(/(.|[\r\n])*)?|id:.*|(ns:[0-9]+(/.*)?)"
LISTED = (
    "path",
    "recursive",
    "include_deleted",
    "include_has_explicit_shared_members",
    "include_mounted_folders",
    "include_media_info",
    "include_non_downloadable_files",
    "include_property_groups",
    "include_restorable_info",
    "limit",
    "shared_link",
)


@dataclass(frozen=True)
class Cursor:
    """
    Args:
        folder: its full path. rows: what is still to be shown. place: in the journal, where the next changes begin.
    """

    view: View
    folder: str
    recursive: bool
    limit: int
    rows: Sequence[Row]
    place: int
    made: datetime


class Listing:
    """`list_folder` and its kin."""

    def __init__(self, partner: Partner, tree: Tree, options: DropboxOptions) -> None:
        self._partner = partner
        self._tree = tree
        self._options = options
        self._cursors: dict[str, Cursor] = {}

    def reset(self) -> None:
        """Every cursor so far is answered `reset`."""
        self._cursors.clear()

    def start(self, caller: Caller, args: Args) -> Row:
        return self._page(self._begin(caller, args))

    def latest(self, caller: Caller, args: Args) -> Row:
        """`get_latest_cursor`: from now on."""
        return {"cursor": self._keep(replace(self._begin(caller, args), rows=()))}

    def proceed(self, _: Caller, args: Args) -> Row:
        cursor = self._find(args.only("cursor"))
        if cursor.folder and self._tree.at(cursor.folder) is None:
            raise conflict("path", "not_found")
        if not cursor.rows:
            changes = [row for row in self._tree.since(cursor.place) if self._covers(cursor, row)]
            cursor = replace(cursor, rows=changes, place=len(self._tree.journal))
        return self._page(cursor)

    async def longpoll(self, args: Args) -> Row:
        """Waits until there are changes, or the time is over."""
        cursor, timeout = self._find(args.only("cursor", "timeout")), args.get("timeout", int, 30)
        if not 30 <= timeout <= 480:
            raise malformed(args.route, f"request body: timeout: {timeout} is not within 30 and 480")
        for _ in range(int(min(timeout, self._options.longpoll) * 10)):
            if self._changed(cursor):
                break
            await asyncio.sleep(0.1)
        return {"changes": self._changed(cursor)}

    def _begin(self, caller: Caller, args: Args) -> Cursor:
        path = args.only(*LISTED).get("path", str)
        limit = args.get("limit", int, MOST)
        if not 1 <= limit <= MOST:
            raise malformed(args.route, f"request body: limit: {limit} is not within 1 and {MOST}")
        if path == "/":
            raise malformed(args.route, f"request body: path: {NOT_A_SLASH}")
        if path and not path.startswith(("/", "id:", "ns:")):
            raise malformed(args.route, f"request body: path: '{path}' did not match pattern '{PATTERN}'")
        folder = self._folder(caller, path)
        recursive, deleted = args.get("recursive", bool, False), args.get("include_deleted", bool, False)
        rows = self._tree.below(folder, recursive=recursive)
        buried = list(self._tree.buried(folder)) if deleted else []
        cursor = Cursor(caller.view, folder, recursive, limit, (), len(self._tree.journal), self._partner.now())
        if not args.get("include_non_downloadable_files", bool, True):
            rows = [row for row in rows if row.get("is_downloadable", True)]
        return replace(cursor, rows=[*rows, *(row for row in buried if self._covers(cursor, row))])

    def _folder(self, caller: Caller, path: str) -> str:
        """The full path of what is to be listed. Raises Refusal."""
        full = caller.view.full(path.rstrip("/"))
        if not full:
            return ""
        row = self._tree.at(full)
        if row is None or (path and not caller.view.sees(row["path_lower"])):
            raise conflict("path", "not_found")
        if row[".tag"] != "folder":
            raise conflict("path", "not_folder")
        return str(row["path_lower"])

    def _page(self, cursor: Cursor) -> Row:
        shown, rest = cursor.rows[: cursor.limit], cursor.rows[cursor.limit :]
        token = self._keep(replace(cursor, rows=rest))
        return {"entries": [cursor.view.shown(row) for row in shown], "cursor": token, "has_more": bool(rest)}

    def _keep(self, cursor: Cursor) -> str:
        token = "AA" + self._partner.dice.mint("cursor")
        self._cursors[token] = replace(cursor, made=self._partner.now())
        return token

    def _find(self, args: Args) -> Cursor:
        cursor, life = self._cursors.get(args.get("cursor", str)), self._options.cursor_lifetime
        if cursor is None or (life is not None and cursor.made + timedelta(seconds=life) <= self._partner.now()):
            raise conflict("reset")
        return cursor

    def _changed(self, cursor: Cursor) -> bool:
        news = self._tree.since(cursor.place)
        return bool(cursor.rows) or any(self._covers(cursor, row) for row in news)

    def _covers(self, cursor: Cursor, row: Row) -> bool:
        start = cursor.folder + "/"
        path = str(row["path_lower"])
        return path.startswith(start) and (cursor.recursive or "/" not in path[len(start) :])
