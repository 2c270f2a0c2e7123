"""Dropbox's shared links. Source: `sharing.stone` and `shared_links.stone` of the specification."""

from __future__ import annotations

from urllib.parse import quote

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.dropbox_calls import Args, Caller, View
from runner.authoring.simulate.dropbox_errors import conflict, error, tagged
from runner.authoring.simulate.dropbox_files import Files
from runner.authoring.simulate.dropbox_tree import Tree
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row, Table

AUDIENCES = ("public", "team", "no_one", "password", "members")
SHOWN_OF_FILE = ("client_modified", "server_modified", "rev", "size")


class Sharing:
    """Links by address; `table` holds them for the control surface, its `id` is that of the file."""

    def __init__(self, partner: Partner, tree: Tree, files: Files) -> None:
        self._partner = partner
        self._tree = tree
        self._files = files
        self.table = Table("links", [], modified=None)

    def create(self, caller: Caller, args: Args) -> Row:
        row = self._files.found(caller, args.only("path", "settings").get("path", str))
        settings = args.get("settings", dict, {})
        audience = Args(args.route, settings).union("audience", "public")[".tag"]
        if audience not in AUDIENCES or (settings.get("require_password") and not settings.get("link_password")):
            raise conflict("settings_error", "invalid_settings")
        known = self.table.get(row["id"])
        if known is not None:
            raise self._exists(self.shown(caller, known), told=not settings)
        name = quote(row["name"])
        url = f"https://www.dropbox.com/scl/fi/{self._partner.dice.mint('shared')[:16]}/{name}?rlkey=abc&dl=0"
        return self.shown(caller, self.table.add({"id": row["id"], "url": url, "audience": audience}))

    def _exists(self, link: Row, *, told: bool) -> Refusal:
        """The link itself is told only to those who asked for no settings."""
        body = tagged("shared_link_already_exists")
        if told:
            body["shared_link_already_exists"] = {".tag": "metadata", "metadata": link}
        return Refusal(error(409, body, "shared_link_already_exists"))

    def list(self, caller: Caller, args: Args) -> Row:
        """With a path there is no cursor; without, one page holds all."""
        path = args.only("path", "cursor", "direct_only").get("path", str, "")
        if not path:
            return {"links": [self.shown(caller, link) for link in self.table], "has_more": False}
        row = self._files.found(caller, path)
        known = self.table.get(row["id"])
        return {"links": [self.shown(caller, known)] if known else [], "has_more": False}

    def revoke(self, _: Caller, args: Args) -> None:
        self.table.remove(self._find(args.only("url").get("url", str))["id"])

    def metadata(self, caller: Caller, args: Args) -> Row:
        return self.shown(caller, self._find(args.only("url", "path", "link_password").get("url", str)))

    def view(self, args: Args) -> View:
        """The folder behind a link, as those see it who have nothing but the link. Raises Refusal."""
        row = self._tree.entries.get(self._find(args.get("url", str))["id"])
        if row is None or row[".tag"] != "folder":
            raise conflict("path", "not_folder")
        return View(row["path_display"], pathless=True)

    def _find(self, url: str) -> Row:
        found = next((link for link in self.table if link["url"].partition("?")[0] == url.partition("?")[0]), None)
        if found is None or self._tree.entries.get(found["id"]) is None:
            raise conflict("shared_link_not_found")
        return found

    def shown(self, caller: Caller, link: Row) -> Row:
        row = self._tree.entries.row(link["id"])
        permissions = {
            "can_revoke": True,
            "resolved_visibility": {".tag": link["audience"]},
            "can_set_expiry": True,
            "can_remove_expiry": False,
            "can_set_password": True,
            "can_remove_password": False,
            "allow_download": True,
            "can_allow_download": True,
            "can_disallow_download": True,
            "allow_comments": True,
            "team_restricts_comments": False,
            "visibility_policies": [],
        }
        head = {".tag": row[".tag"], "url": link["url"], "id": row["id"], "name": row["name"]}
        seen = caller.view.shown(row)
        path = {"path_lower": seen["path_lower"]} if "path_lower" in seen else {}
        return {**head, **path, "link_permissions": permissions, **{n: row[n] for n in SHOWN_OF_FILE if n in row}}
