"""
Pipedrive's files (version 1): stored with what they belong to.

Sources: pipedrive.readme.io/docs/adding-a-file, and the official OpenAPI v1, tag Files, as public clients generated
from it show it: a form of parts, of which `file` alone is needed. That the connection needs the scope of deals is this
module's choice.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.pipedrive_errors import refusal
from runner.authoring.simulate.pipedrive_objects import Account
from runner.authoring.simulate.table import Row

OWNERS = {"deal_id": "deals", "person_id": "persons", "org_id": "organizations", "lead_id": "leads"}
FIRST = 5501


class Files:
    """`/api/v1/files`, which is answered at `/v1/files` too. `stored` are the files' rows, `contents` their bytes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.stored: list[Row] = []
        self.contents: dict[int, bytes] = {}

    def routes(self) -> Iterable[Route]:
        for base in ("/api/v1/files", "/v1/files"):
            yield self._account.route("POST", base, self._add)

    async def _add(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise refusal(400, "The request must be multipart/form-data")
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or not file.filename:
                raise refusal(400, "No files were uploaded")
            if unknown := sorted(set(form) - {"file", *OWNERS}):
                raise refusal(400, f"{unknown[0]} is not allowed")
            row: Row = {"id": FIRST + len(self.stored), **self._owners(form), "file_name": file.filename}
            content = await file.read()
        row |= {"name": row["file_name"], "file_type": file.content_type, "file_size": len(content)}
        row |= {"active_flag": True, "url": f"https://app.pipedrive.com/api/v1/files/{row['id']}/download"}
        self.stored.append(row)
        self.contents[row["id"]] = content
        return reply({"success": True, "data": row})

    def _owners(self, form: FormData) -> Row:
        """What it belongs to, of which each must be there. Raises Refusal."""
        found: Row = {}
        for name, table in OWNERS.items():
            value = form.get(name)
            found[name] = value
            if value is not None and self._account.table(table).get(str(value)) is None:
                raise refusal(400, f"{name} {value} was not found")
        return found
