"""
A simulated Dropbox (API v2) of one account, of its own or in a team.

Sources: the API's specification (GitHub dropbox/dropbox-api-spec), the official Python SDK, the guides to webhooks, to
error handling and to offline access. Where they are silent, this simulation decides and says so. One app stands for
all hosts.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.dropbox_calls import Args, Caller, demand_bytes, demand_null, header_args, rpc_args
from runner.authoring.simulate.dropbox_data import FIRST, account, members, tree
from runner.authoring.simulate.dropbox_door import Door
from runner.authoring.simulate.dropbox_errors import error, malformed, tagged, too_many
from runner.authoring.simulate.dropbox_files import Files
from runner.authoring.simulate.dropbox_hooks import Hooks
from runner.authoring.simulate.dropbox_listing import Listing
from runner.authoring.simulate.dropbox_oauth import DropboxGrants
from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.dropbox_routes import Call, of_teams, writing
from runner.authoring.simulate.dropbox_sharing import Sharing
from runner.authoring.simulate.dropbox_team import Team
from runner.authoring.simulate.dropbox_tree import iso
from runner.authoring.simulate.dropbox_uploads import Uploads
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookTarget
from runner.authoring.simulate.partner import Answer, Change, Partner
from runner.authoring.simulate.table import Row


class Dropbox(Partner):
    """Tables: `entries` (files and folders, ids as Dropbox has them), `members`, `links`."""

    name = "dropbox"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: DropboxOptions,
    ) -> None:
        manners = Manners(options.retries, lambda status: status == 200, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall)
        self.options = options
        self.tree = tree(now, self.dice, size, options)
        self.account = account(options)
        self.grants = DropboxGrants(options, now, self.dice)
        self.hooks = Hooks(self, options, webhooks)
        self.listing = Listing(self, self.tree, options)
        self._files = Files(self, self.tree, options)
        self._uploads = Uploads(self, self._files, options)
        self._sharing = Sharing(self, self.tree, self._files)
        self.tables = {"entries": self.tree.entries, "members": members(now()), "links": self._sharing.table}
        self._team = Team(self, self.tables["members"])
        self._door = Door(options, self.grants, self._team, self.account, Gate(now, options.limits), self._count)

    # The routes

    def routes(self) -> Iterable[Route]:
        yield self.route("GET", "/oauth2/authorize", self.grants.consents.ask, api=False)
        yield self.route("POST", "/oauth2/authorize", self.grants.consents.decide, api=False)
        yield self.route("POST", "/oauth2/token", self.grants.token, api=False)
        yield self.route("GET", "/apitl/1/{key}", self._linked, api=False)
        for call in (*self._reading(), *writing(self._files, self._uploads), *self._about(), *of_teams(self._team)):
            yield self.route("POST", f"/2/{call.route}", self._answer(call))

    def _reading(self) -> Iterable[Call]:
        listing, files = "files/list_folder", self._files
        scope = "files.metadata.read"
        yield Call(listing, scope, self._list, auth="app, user", alone=True)
        yield Call(f"{listing}/continue", scope, self.listing.proceed, auth="app, user", alone=True)
        yield Call(f"{listing}/get_latest_cursor", scope, self.listing.latest)
        yield Call(f"{listing}/longpoll", "", self.listing.longpoll, "longpoll", "noauth")
        yield Call("files/get_metadata", scope, files.metadata)
        yield Call("files/search_v2", scope, files.search)
        yield Call("files/download", "files.content.read", files.download, "download")
        yield Call("files/get_temporary_link", "files.content.read", files.temporary_link)

    def _about(self) -> Iterable[Call]:
        link = "sharing/create_shared_link_with_settings"
        yield Call(link, "sharing.write", self._sharing.create)
        yield Call("sharing/list_shared_links", "sharing.read", self._sharing.list)
        yield Call("sharing/revoke_shared_link", "sharing.write", self._sharing.revoke)
        yield Call("sharing/get_shared_link_metadata", "sharing.read", self._sharing.metadata, auth="app, user")
        yield Call("users/get_current_account", "account_info.read", self._account, "null")
        yield Call("users/get_space_usage", "account_info.read", self._space, "null")
        yield Call("auth/token/revoke", "", self._revoke, "null")

    def _answer(self, call: Call) -> Answer:
        async def answer(request: Request) -> Response:
            caller = self._door.admit(request, call)
            key = (caller.grant.id if caller.grant else "", call.route, await request.body())
            async with self._door.passing(call, key):
                made = await self._perform(call, caller, request)
            made.headers["X-Dropbox-Request-Id"] = self.dice.mint("request")[:32]
            return made

        return answer

    async def _perform(self, call: Call, caller: Caller, request: Request) -> Response:
        place = len(self.tree.journal)
        if call.style == "download":
            metadata, content = call.answer(caller, header_args(request, call.route))
            head = {"Dropbox-API-Result": json.dumps(metadata)}  # ASCII, unlike orjson's
            return Response(content, 200, head, "application/octet-stream")
        if call.style == "upload":
            demand_bytes(request, call.route)
            found = call.answer(caller, header_args(request, call.route), await request.body())
        elif call.style == "null":
            await demand_null(request, call.route)
            found = call.answer(caller)
        elif call.style == "longpoll":
            found = await call.answer(await rpc_args(request, call.route))
        else:
            found = call.answer(caller, await rpc_args(request, call.route))
        if len(self.tree.journal) > place:
            self.hooks.tell()  # one's own changes are told too
        return reply(found)

    # Being let in

    async def admit(self, request: Request) -> None:
        """What is admitted depends on the route: the door sees to it."""

    def _count(self) -> None:
        self.violations += 1

    def disconnect(self) -> None:
        """The account removes the app on its own page: no webhook tells of it."""
        self.grants.end_all()

    async def _linked(self, request: Request) -> Response:
        content = self._files.linked(request.path_params["key"])
        return Response(status_code=410) if content is None else Response(content)

    # Small answers

    def _list(self, caller: Caller, args: Args) -> Row:
        link = args.values.get("shared_link")
        if link is None and not caller.grant:
            raise malformed(args.route, "An app without a user may only list a shared link.")
        return self.listing.start(
            Caller(caller.grant, self._sharing.view(args.inner("shared_link"))) if link else caller, args
        )

    def _account(self, _: Caller) -> Row:
        return self.account

    def _space(self, _: Caller) -> Row:
        used = sum(row.get("size", 0) for row in self.tree.entries)
        return {"used": used, "allocation": {".tag": "individual", "allocated": 2_000_000_000}}

    def _revoke(self, caller: Caller) -> None:
        """The token, its refresh token and every access token of that."""
        if caller.grant is not None:
            self.grants.end(caller.grant)

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        if status == 429:
            return too_many(1, plain=self.options.plain_429)
        if status == 409:  # the lock of a namespace
            return error(409, tagged("too_many_write_operations"))
        if status == 401:
            return error(401, tagged("expired_access_token"))
        return PlainTextResponse(message or "Internal Server Error", status)

    def stray(self, request: Request) -> Response:
        return PlainTextResponse(f"Unknown API function: {request.url.path}", 404)

    # Changing

    def stamp(self) -> str:
        return iso(self.now())

    def new_row(self, what: str, row: Row) -> Row:
        if what != "entries":
            raise ValueError(f"{what} cannot be added here, only entries")
        return row

    def add(self, what: str, **fields: Any) -> Any:
        """A file at `path_display` of the root, with `content` as its bytes; both have a default."""
        self.new_row(what, {})
        beside = self.table(what).row(FIRST)["path_display"].rpartition("/")[0]
        path = str(fields.get("path_display") or f"{beside}/new {self.dice.mint('name')[:6]}.txt")
        made = self.tree.put_file(path, str(fields.get("content", path)).encode())
        self.hooks.tell()
        return made["id"]

    def change(self, what: str, id: str | int, **fields: Any) -> None:  # noqa: A002 - the partner's word
        """Edit metadata; a new `path_display` moves the entry, `content` gives a file new bytes."""
        row = self.table(what).row(id)
        content, path = fields.pop("content", None), fields.pop("path_display", None)
        if content is not None:
            self.tree.put_file(row["path_display"], str(content).encode())
        if path is not None:
            row = self.tree.move(row["path_lower"], str(path))
        if fields:
            super().change(what, row["id"], **fields)
        elif what == "entries":
            self.hooks.tell()

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        row = self.table(what).row(id)
        if what != "entries":
            return super().remove(what, id)
        self.tree.delete(row["path_lower"])
        return self.hooks.tell()

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:  # noqa: ARG002 - all look the same
        if what == "entries":
            self.tree.touch(after)
            self.hooks.tell()


dropbox = maker(Dropbox, DropboxOptions, size=200)
"""A Dropbox with `size` files. Options: see DropboxOptions."""
