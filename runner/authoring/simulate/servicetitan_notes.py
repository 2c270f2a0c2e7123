"""
ServiceTitan's endpoints of a job's notes and attachments.

Source: the partner's OpenAPI files (`Jpm.V2.JobNoteCreateRequest`, `Jpm.V2.NoteResponse`): a note has no id. How an
attachment is uploaded is not in the text that we could read; multipart with a part `file`, and an answer that holds
its name, are this module's choice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.partner import Answer, Partner
from runner.authoring.simulate.servicetitan_lists import cut
from runner.authoring.simulate.servicetitan_query import Invalid
from runner.authoring.simulate.table import Row

AUTHOR = 42
Refuse = Callable[[str, str], Response]


class JobNotes:
    """
    Args:
        partner: whose jobs these are about.
        invalid: the partner's answer to a member that is wrong: its name, and why.
    """

    def __init__(self, partner: Partner, invalid: Refuse) -> None:
        self._partner = partner
        self._invalid = invalid
        self.notes: defaultdict[int, list[Row]] = defaultdict(list)
        self.attachments: defaultdict[int, list[Row]] = defaultdict(list)

    def routes(self) -> Iterable[Route]:
        route, job = self._partner.route, "/jpm/v2/tenant/{tenant:int}/jobs/{id:int}"
        yield route("GET", f"{job}/notes", self._of_a_job(self._list))
        yield route("POST", f"{job}/notes", self._of_a_job(self._add))
        files = "/forms/v2/tenant/{tenant:int}/jobs/{id:int}/attachments"
        yield route("GET", files, self._of_a_job(self._list_files))
        yield route("POST", files, self._of_a_job(self._attach))

    def _of_a_job(self, answer: Answer) -> Answer:
        async def about(request: Request) -> Response:
            key = request.path_params["id"]
            if self._partner.table("jobs").get(key) is None:
                return self._partner.refuse(404, f"Job {key} was not found.")
            return await answer(request)

        return about

    def _page(self, rows: list[Row], request: Request) -> Response:
        try:
            return reply(cut(rows, request.query_params))
        except Invalid as error:
            return self._invalid(error.parameter, error.message)

    async def _list(self, request: Request) -> Response:
        return self._page(self.notes[request.path_params["id"]], request)

    async def _add(self, request: Request) -> Response:
        """The same text twice makes two notes."""
        body: Any = await json_body(request)
        given = body if isinstance(body, dict) else {}
        if not isinstance(given.get("text"), str) or not given["text"].strip():
            return self._invalid("Text", "The Text field is required.")
        if not isinstance(given.get("pinToTop", False), bool | None):
            return self._invalid("PinToTop", "The value is not a boolean.")
        now = self._partner.stamp()
        times = {"createdById": AUTHOR, "createdOn": now, "modifiedOn": now}
        made = {"text": given["text"], "isPinned": bool(given.get("pinToTop")), **times}
        self.notes[request.path_params["id"]].append(made)
        return reply(made)

    async def _list_files(self, request: Request) -> Response:
        return self._page(self.attachments[request.path_params["id"]], request)

    async def _attach(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return self._invalid("file", "The body must be multipart/form-data.")
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                return self._invalid("file", "The file field is required.")
            content = await file.read()
            made = {"fileName": file.filename, "size": len(content), "createdOn": self._partner.stamp()}
        if not content:
            return self._invalid("file", "The file is empty.")
        self.attachments[request.path_params["id"]].append(made)
        return reply({"fileName": made["fileName"]})
