"""
The routes of Dropbox's API: for each its scope, who may call it, and how it carries its arguments.

Source: the attributes of the routes in the specification (`scope`, `auth`, `style`, `host`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from runner.authoring.simulate.dropbox_files import Files
from runner.authoring.simulate.dropbox_team import Team
from runner.authoring.simulate.dropbox_uploads import Uploads

Style = Literal["rpc", "upload", "download", "null", "longpoll"]
Auth = Literal["user", "app, user", "team", "noauth"]


@dataclass(frozen=True)
class Call:
    """
    One route.

    Args:
        answer: takes the caller, then arguments (none for `null`), then bytes (only for `upload`).
        alone: the same call twice at once is refused.
        locks: it changes a namespace, which takes one change at a time.
    """

    route: str
    scope: str
    answer: Callable[..., Any]
    style: Style = "rpc"
    auth: Auth = "user"
    alone: bool = False
    locks: bool = False


def writing(files: Files, uploads: Uploads) -> Iterable[Call]:
    """What changes files. Batches of sessions begin and end by RPC, what carries bytes does not."""
    scope, session = "files.content.write", "files/upload_session"
    yield Call("files/create_folder_v2", scope, files.create_folder, locks=True)
    yield Call("files/delete_v2", scope, files.delete, locks=True)
    yield Call("files/move_v2", scope, files.move, locks=True)
    yield Call("files/copy_v2", scope, files.copy, locks=True)
    yield Call("files/upload", scope, uploads.whole, "upload", locks=True)
    yield Call(f"{session}/start", scope, uploads.start, "upload")
    yield Call(f"{session}/append_v2", scope, uploads.append, "upload")
    yield Call(f"{session}/append_batch", scope, uploads.append_batch, "upload")
    yield Call(f"{session}/finish", scope, uploads.finish, "upload", locks=True)
    yield Call(f"{session}/start_batch", scope, uploads.start_batch)
    yield Call(f"{session}/finish_batch_v2", scope, uploads.finish_batch, locks=True)


def of_teams(team: Team) -> Iterable[Call]:
    """What only the app of a whole team may ask."""
    yield Call("team/get_info", "team_info.read", team.info, "null", "team")
    yield Call("team/token/get_authenticated_admin", "team_info.read", team.admin, "null", "team")
    yield Call("team/members/list_v2", "members.read", team.members, auth="team")
    yield Call("team/members/list/continue_v2", "members.read", team.proceed, auth="team")
    for what, scope, answer in (
        ("namespaces", "team_data.member", team.namespaces),
        ("team_folder", "team_data.content.read", team.folders),
    ):
        yield Call(f"team/{what}/list", scope, answer, auth="team")
        yield Call(f"team/{what}/list/continue", scope, team.proceed, auth="team")
