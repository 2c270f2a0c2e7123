"""
CompanyCam's endpoints of comments and documents.

Source: the partner's OpenAPI file for the paths, other readers for the members of a comment; a document comes as
base64, up to 30 MB. What a document's address looks like is this module's choice.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.companycam_data import APP
from runner.authoring.simulate.companycam_projects import Announce
from runner.authoring.simulate.companycam_requests import bare, found, members, needed, refusal
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row

LARGEST = 30_000_000


class Talk:
    """
    Args:
        partner: whose tables these are about.
        announce: sends a webhook: event, name of the object's type, object.
        author: who is credited for a write.
    """

    def __init__(self, partner: Partner, announce: Announce, author: Callable[[Request], Row]) -> None:
        self._partner = partner
        self._announce = announce
        self._author = author
        self.comments: defaultdict[str, list[Row]] = defaultdict(list)
        self.documents: defaultdict[str, list[Row]] = defaultdict(list)

    def routes(self) -> Iterable[Route]:
        route = self._partner.route
        for what in ("projects", "photos"):
            yield route("GET", f"/v2/{what}/{{id}}/comments", self._list_comments)
            yield route("POST", f"/v2/{what}/{{id}}/comments", self._comment)
        yield route("GET", "/v2/projects/{id}/documents", self._list_documents)
        yield route("POST", "/v2/projects/{id}/documents", self._add_document)

    def _about(self, request: Request) -> Row:
        """The project or photo of the path."""
        return found(self._partner.table(request.url.path.split("/")[2]), request.path_params["id"])

    async def _list_comments(self, request: Request) -> Response:
        return bare(self.comments[self._about(request)["id"]], request)

    async def _comment(self, request: Request) -> Response:
        """The same text twice makes two comments."""
        about, body = self._about(request), await members(request, "comment")
        kind = "Project" if "project_url" in about else "Photo"
        on = {"commentable_id": about["id"], "commentable_type": kind, "status": "active"}
        made = {**self._made(request, "comment"), **on, "content": needed(body, "content", str)}
        self.comments[about["id"]].append(made)
        self._announce("comment.created", "comment", made)
        return reply(made, 201)

    async def _list_documents(self, request: Request) -> Response:
        return bare(self.documents[self._about(request)["id"]], request)

    async def _add_document(self, request: Request) -> Response:
        project, body = self._about(request), await members(request, "document")
        name, size = needed(body, "name", str), _size(needed(body, "attachment", str))
        made = self._made(request, "document")
        url = f"{APP}/documents/{made['id']}"
        made |= {"project_id": project["id"], "name": name, "url": url, "byte_size": size}
        self.documents[project["id"]].append(made)
        self._announce("document.created", "document", made)
        return reply(made, 201)

    def _made(self, request: Request, what: str) -> Row:
        """What everything that is written has: an id, an author, times."""
        key, now, author = str(int(self._partner.dice.mint(what)[:8], 16)), self._partner.stamp(), self._author(request)
        name = f"{author['first_name']} {author['last_name']}"
        by = {"creator_id": author["id"], "creator_type": "User", "creator_name": name}
        return {"id": key, **by, "created_at": now, "updated_at": now}


def _size(text: str) -> int:
    """The bytes of a base64 text. Raises Refusal."""
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise refusal(400, "attachment is invalid") from None
    if size > LARGEST:
        raise refusal(400, "attachment is too large")
    return size
