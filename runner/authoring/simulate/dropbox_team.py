"""What a team-linked app may ask. Source: `team*.stone` of the specification."""

from __future__ import annotations

from collections.abc import Sequence

from runner.authoring.simulate.dropbox_calls import Args, Caller
from runner.authoring.simulate.dropbox_data import HOME, MEMBER, ROOT, TEAM
from runner.authoring.simulate.dropbox_errors import conflict, malformed
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row, Table

MOST = 1000


class Team:
    """Members, namespaces and team folders; each list goes on under a route of its own."""

    def __init__(self, partner: Partner, members: Table) -> None:
        self._partner = partner
        self._members = members
        self._walks: dict[str, tuple[str, Sequence[Row], int]] = {}

    def info(self, _: Caller) -> Row:
        return {"name": "Example Roofing", "team_id": TEAM, "num_licensed_users": 10, "num_provisioned_users": 7}

    def admin(self, _: Caller) -> Row:
        return {"admin_profile": self._members.row(MEMBER)["profile"]}

    def members(self, _: Caller, args: Args) -> Row:
        removed = args.only("limit", "include_removed").get("include_removed", bool, False)
        rows = [{name: row[name] for name in ("profile", "roles")} for row in self._members]
        live = [row for row in rows if removed or row["profile"]["status"][".tag"] != "removed"]
        return self._page("members", live, self._limit(args))

    def namespaces(self, _: Caller, args: Args) -> Row:
        rows = [
            {"name": "Example Roofing", "namespace_id": ROOT, "namespace_type": {".tag": "team_folder"}},
            {
                "name": "Root",
                "namespace_id": HOME,
                "namespace_type": {".tag": "team_member_folder"},
                "team_member_id": MEMBER,
            },
        ]
        return self._page("namespaces", rows, self._limit(args.only("limit")))

    def folders(self, _: Caller, args: Args) -> Row:
        folder = {"team_folder_id": "1000000001", "name": "Team Photos", "status": {".tag": "active"}}
        more = {"is_team_shared_dropbox": False, "sync_setting": {".tag": "default"}, "content_sync_settings": []}
        return self._page("team_folders", [{**folder, **more}], self._limit(args.only("limit")))

    def proceed(self, _: Caller, args: Args) -> Row:
        walk = self._walks.get(args.only("cursor").get("cursor", str))
        if walk is None:
            raise conflict("invalid_cursor")
        return self._page(*walk)

    def suspended(self, member: str) -> bool | None:
        """None where there is no such member who could be acted for."""
        row = self._members.get(member)
        status = row["profile"]["status"][".tag"] if row else "removed"
        return None if status in {"removed", "invited"} else bool(status == "suspended")

    def _page(self, name: str, rows: Sequence[Row], limit: int) -> Row:
        cursor = "AA" + self._partner.dice.mint("cursor")
        self._walks[cursor] = (name, rows[limit:], limit)
        return {name: rows[:limit], "cursor": cursor, "has_more": len(rows) > limit}

    def _limit(self, args: Args) -> int:
        limit = args.get("limit", int, MOST)
        if not 1 <= limit <= MOST:
            raise malformed(args.route, f"request body: limit: {limit} is not within 1 and {MOST}")
        return limit
