"""
Single files and folders: metadata, bytes, and what one may do to them.

Source: `files.stone` of the specification.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from runner.authoring.simulate.dropbox_calls import Args, Caller
from runner.authoring.simulate.dropbox_errors import Unwritable, conflict, malformed
from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.dropbox_tree import Tree, content_hash, gone
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row

COMMIT = ("path", "mode", "autorename", "client_modified", "mute", "property_groups", "strict_conflict")
PATH = re.compile(r"(/[^/]+)+", re.DOTALL)
REFUSED_NAMES = ("desktop.ini", "thumbs.db", ".dropbox", ".ds_store")
RELOCATION = ("from_path", "to_path", "autorename", "allow_ownership_transfer", "allow_shared_folder")


class Files:
    """Calls about one path."""

    def __init__(self, partner: Partner, tree: Tree, options: DropboxOptions) -> None:
        self._partner = partner
        self._tree = tree
        self._options = options
        self._links: dict[str, tuple[datetime, str]] = {}

    # Reading

    def metadata(self, caller: Caller, args: Args) -> Row:
        allowed = ("include_media_info", "include_deleted", "include_has_explicit_shared_members")
        path = args.only("path", *allowed).get("path", str)
        if path in {"", "/"}:
            raise malformed(args.route, "request body: path: The root folder is unsupported.")
        full = caller.view.full(path).lower()
        if args.get("include_deleted", bool, False) and full in self._tree.deleted:
            return caller.view.shown(gone(self._tree.deleted[full]))
        return caller.view.shown(self.found(caller, path))

    def download(self, caller: Caller, args: Args) -> tuple[Row, bytes]:
        row = self._file(caller, args.only("path", "rev").get("path", str))
        return untagged(caller.view.shown(row)), self._tree.contents[row["id"]]

    def temporary_link(self, caller: Caller, args: Args) -> Row:
        row = self._file(caller, args.only("path").get("path", str))
        key = self._partner.dice.mint("link")
        self._links[key] = (self._partner.now() + timedelta(seconds=self._options.link_lifetime), row["id"])
        link = f"https://content.dropboxapi.com/apitl/1/{key}"
        return {"metadata": untagged(caller.view.shown(row)), "link": link}

    def linked(self, key: str) -> bytes | None:
        """What a temporary link serves; None once it is over."""
        expires, row = self._links.get(key, (None, ""))
        alive = expires is not None and expires > self._partner.now()
        return self._tree.contents.get(row) if alive else None

    def search(self, caller: Caller, args: Args) -> Row:
        """By name, everywhere below a path; in one page."""
        words = args.only("query", "options", "match_field_options").get("query", str).lower().split()
        options = Args(args.route, args.values.get("options") or {})
        start = caller.view.full(options.get("path", str, ""))
        hits = [row for row in self._tree.below(start) if all(word in row["name"].lower() for word in words)]
        most = options.get("max_results", int, 100)
        shown = [{".tag": "metadata", "metadata": caller.view.shown(row)} for row in hits[:most]]
        return {"matches": [{"metadata": one, "match_type": {".tag": "filename"}} for one in shown], "has_more": False}

    def found(self, caller: Caller, path: str, *outside: str) -> Row:
        """Raises Refusal; `outside` are the tags around `not_found`, `path` unless said."""
        row = self._tree.at(caller.view.full(path))
        if row is None or not caller.view.sees(row["path_lower"]):
            raise conflict(*(outside or ("path",)), "not_found")
        return row

    def _file(self, caller: Caller, path: str) -> Row:
        row = self.found(caller, path)
        if row[".tag"] != "file":
            raise conflict("path", "not_file")
        if not row["is_downloadable"]:
            raise conflict("unsupported_file")
        return row

    # Writing

    def create_folder(self, caller: Caller, args: Args) -> Row:
        path = args.only("path", "autorename").get("path", str)
        self._judge_path(path, "path")
        full = caller.view.full(path)
        known = self._tree.at(full)
        if known is not None and not args.get("autorename", bool, False):
            raise conflict("path", "conflict", known[".tag"])
        made = self._tree.put_folder(full if known is None else self.free(full))
        return {"metadata": untagged(caller.view.shown(made))}

    def delete(self, caller: Caller, args: Args) -> Row:
        row = self.found(caller, args.only("path", "parent_rev").get("path", str), "path_lookup")
        if args.values.get("parent_rev") not in {None, row.get("rev")}:
            raise conflict("path_write", "conflict", "file")
        return {"metadata": caller.view.shown(self._tree.delete(row["path_lower"]))}

    def move(self, caller: Caller, args: Args) -> Row:
        source, target = self._relocation(caller, args)
        return {"metadata": caller.view.shown(self._tree.move(source, target))}

    def copy(self, caller: Caller, args: Args) -> Row:
        source, target = self._relocation(caller, args)
        return {"metadata": caller.view.shown(self._tree.copy(source, target))}

    def _relocation(self, caller: Caller, args: Args) -> tuple[str, str]:
        row = self.found(caller, args.only(*RELOCATION).get("from_path", str), "from_lookup")
        target = args.get("to_path", str)
        self._judge_path(target, "to")
        full, known = caller.view.full(target), self._tree.at(caller.view.full(target))
        if full.lower().startswith(row["path_lower"] + "/"):
            raise conflict("duplicated_or_nested_paths")
        if known is not None and known["id"] != row["id"]:
            if not args.get("autorename", bool, False):
                raise conflict("to", "conflict", known[".tag"])
            full = self.free(full)
        return row["path_lower"], full

    def commit(self, caller: Caller, args: Args, content: bytes) -> Row:
        """CommitInfo and bytes become a file. Raises Unwritable."""
        args.only(*COMMIT, "content_hash")
        path, modified = args.get("path", str), args.values.get("client_modified")
        judge_path(path)
        if modified is not None and not _is_time(modified):
            raise malformed(args.route, "request body: client_modified: time data does not match '%Y-%m-%dT%H:%M:%SZ'")
        full, mode = caller.view.full(path), args.union("mode", "add")
        known = self._tree.at(full)
        if known is not None and self._clashes(known, mode, content, strict=args.get("strict_conflict", bool, False)):
            if not args.get("autorename", bool, False):
                raise Unwritable("conflict", known[".tag"])
            full, known = self.free(full), None
        if known is not None and mode[".tag"] == "add":
            return untagged(caller.view.shown(known))
        return untagged(caller.view.shown(self._tree.put_file(full, content, modified)))

    def _clashes(self, known: Row, mode: Row, content: bytes, *, strict: bool) -> bool:
        """`add` of the same bytes is no conflict, unless it is to be strict; `update` wants the revision of now."""
        if known[".tag"] != "file":
            return True
        if mode[".tag"] == "overwrite":
            return False
        same = known["content_hash"] == content_hash(content, self._tree.block) and not strict
        return not same and not (mode[".tag"] == "update" and mode.get("update") == known["rev"])

    def free(self, path: str) -> str:
        """A name beside the one that is taken: `survey (1).pdf`."""
        stem, dot, end = path.rpartition(".") if "." in path.rpartition("/")[2] else (path, "", "")
        number = 1
        while self._tree.at(made := f"{stem} ({number}){dot}{end}") is not None:
            number += 1
        return made

    def _judge_path(self, path: str, around: str) -> None:
        """Raises Refusal."""
        try:
            judge_path(path)
        except Unwritable as flaw:
            raise flaw.inside(around) from None


def judge_path(path: str) -> None:
    """Raises Unwritable."""
    if not PATH.fullmatch(path):
        raise Unwritable("malformed_path")
    if path.rpartition("/")[2].lower() in REFUSED_NAMES:
        raise Unwritable("disallowed_name")


def untagged(row: Row) -> Row:
    """Where only one type can come, its tag does not."""
    return {name: value for name, value in row.items() if name != ".tag"}


def _is_time(value: object) -> bool:
    try:
        datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - only the form counts
    except ValueError:
        return False
    return True
