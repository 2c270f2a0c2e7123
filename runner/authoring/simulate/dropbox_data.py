"""The made-up account: its tree, and the team that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.dropbox_tree import Tree, iso
from runner.authoring.simulate.seeded import FIRST_NAMES, LAST_NAMES, Dice
from runner.authoring.simulate.table import Row, Table

ACCOUNT = "dbid:AAAAexampleAccountId000000000000000"
UID = 12345678
MEMBER = "dbmid:AAAAexampleMember"
TEAM = "dbtid:AAAAexampleTeam"
ROOT, HOME = "2000000001", "2000000002"
HOME_PATH = "/Alex Example"
NAME = {
    "given_name": "Alex",
    "surname": "Example",
    "familiar_name": "Alex",
    "display_name": "Alex Example",
    "abbreviated_name": "AE",
}
FIRST = "id:EXAMPLEfile0000000001"
MEMBERS = 7
FILES_A_JOB = 8


def tree(now: Callable[[], datetime], dice: Dice, size: int, options: DropboxOptions) -> Tree:
    """`size` files in folders of jobs; with a team space some lie in a team folder, the others in the home."""
    if size < 1:
        msg = f"a simulated Dropbox has one file at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    made = Tree(now, dice, options.hash_block)
    home = HOME_PATH if options.team_space else ""
    if home:
        made.put_folder(home)
        made.put_folder("/Team Photos", sharing_info=_sharing("1000000001"))
    for n in range(size):
        top = "/Team Photos" if home and n % 5 == 4 else f"{home}/Jobs"
        made.put_file(*_file(now(), n, f"{top}/{1001 + n // FILES_A_JOB}"), **_quirks(n))
    made.put_file(f"{home}/old.pdf", b"old")
    made.delete(f"{home}/old.pdf")
    return made


def _file(now: datetime, n: int, folder: str) -> tuple[str, bytes, str]:
    name = "survey.pdf" if n == 0 else f"Photo {n} Müller.JPG" if n % 3 == 1 else f"plan {n}.pdf"
    taken = now - timedelta(days=90 - n % 90, minutes=n)
    return f"{folder}/{name}", b"hello" if n == 0 else f"content of file {n}".encode(), iso(taken)


def _sharing(folder: str) -> Row:
    return {"read_only": False, "parent_shared_folder_id": folder, "traverse_only": False, "no_access": False}


def _quirks(n: int) -> Row:
    """What Dropbox adds to some files and leaves out of others; the first is known to those who test."""
    if n == 0:
        return {"id": FIRST}
    if n % 7 == 3:
        return {"is_downloadable": False, "export_info": {"export_as": "docx"}}
    if n % 6 == 5:
        return {"sharing_info": {"read_only": True, "parent_shared_folder_id": "1000000001", "modified_by": ACCOUNT}}
    return {"has_explicit_shared_members": False} if n % 4 == 2 else {}


def account(options: DropboxOptions) -> Row:
    """FullAccount; without a team its parts about the team are absent."""
    shared: Row = {
        "account_id": ACCOUNT,
        "name": NAME,
        "email": "alex@example.com",
        "email_verified": True,
        "disabled": False,
        "locale": "en",
        "referral_link": "https://www.dropbox.com/referrals/EXAMPLE",
        "is_paired": options.team_space,
    }
    if not options.team_space:
        root = {".tag": "user", "root_namespace_id": HOME, "home_namespace_id": HOME}
        return {**shared, "account_type": {".tag": "pro"}, "root_info": root}
    root = {".tag": "team", "root_namespace_id": ROOT, "home_namespace_id": HOME, "home_path": HOME_PATH}
    policies = {
        "shared_folder_member_policy": {".tag": "anyone"},
        "shared_folder_join_policy": {".tag": "from_anyone"},
        "shared_link_create_policy": {".tag": "default_public"},
    }
    team = {"id": TEAM, "name": "Example Roofing", "sharing_policies": policies}
    kind = {"country": "GB", "account_type": {".tag": "business"}, "team_member_id": MEMBER}
    return {**shared, **kind, "root_info": root, "team": {**team, "office_addin_policy": {".tag": "disabled"}}}


def members(now: datetime) -> Table:
    """A team; `id` is the member's, for the table only."""
    rows = [_member(now, n) for n in range(MEMBERS)]
    return Table("members", [{"id": row["profile"]["team_member_id"], **row} for row in rows], modified=None)


def _member(now: datetime, n: int) -> Row:
    """The third is invited and has no account yet, the last but one is suspended, the last removed."""
    status = {2: "invited", MEMBERS - 2: "suspended", MEMBERS - 1: "removed"}.get(n, "active")
    first, last = FIRST_NAMES[n], LAST_NAMES[n]
    name = {"given_name": first, "surname": last, "familiar_name": first, "display_name": f"{first} {last}"}
    profile: Row = {
        "team_member_id": MEMBER if n == 0 else f"{MEMBER}{n}",
        "email": "alex@example.com" if n == 0 else f"member{n}@example.com",
        "email_verified": status == "active",
        "secondary_emails": [],
        "status": {".tag": status},
        "name": NAME if n == 0 else {**name, "abbreviated_name": first[0] + last[0]},
        "membership_type": {".tag": "limited" if n == 3 else "full"},
        "groups": ["g:00000000000000000000000000000001"],
        "member_folder_id": str(20 + n),
        "root_folder_id": "30",
    }
    if status != "invited":
        profile |= {"account_id": ACCOUNT[:-1] + str(n), "joined_on": iso(now - timedelta(days=300 + n))}
    if n == 0:
        profile["external_id"] = "emp-17"
    role = {"role_id": "pid_dbtmr:example", "name": "Team", "description": "Can manage everything"}
    return {"profile": profile, "roles": [role] if n == 0 else []}
