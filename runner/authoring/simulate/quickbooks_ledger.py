"""
QuickBooks' endpoints of a company: each answers in an envelope with the time, or with a fault.

Sources: developer.intuit.com (data-queries, handling-common-errors), GitHub ej2/python-quickbooks. That the answer is
XML unless JSON is asked for is unverified.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.quickbooks_books import TABLES, Books, Gone, entity_answer
from runner.authoring.simulate.quickbooks_faults import Fault, refusal
from runner.authoring.simulate.quickbooks_options import QuickBooksOptions
from runner.authoring.simulate.quickbooks_reads import batch, changes, query
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

COMPANY = "/v3/company/{realm}"
XML = '<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"/>'


class Ledger:
    """
    What is asked of a company.

    Args:
        gone: transactions that were deleted, as they are deleted.
    """

    def __init__(
        self, options: QuickBooksOptions, books: Books, gone: list[Gone], now: Callable[[], datetime], dice: Dice
    ) -> None:
        self._options = options
        self._books = books
        self._gone = gone
        self._now = now
        self._dice = dice
        self._answered: dict[str, Row] = {}

    def routes(self, route: Callable[[str, str, Answer], Route]) -> Iterable[Route]:
        yield route("GET", f"{COMPANY}/companyinfo/{{id}}", self._answer(self._company))
        yield route("GET", f"{COMPANY}/query", self._answer(self._query))
        yield route("POST", f"{COMPANY}/query", self._answer(self._query))
        yield route("GET", f"{COMPANY}/cdc", self._answer(self._changes))
        yield route("POST", f"{COMPANY}/batch", self._answer(self._batch))
        for entity in TABLES:
            yield route("GET", f"{COMPANY}/{entity.lower()}/{{id}}", self._answer(self._read(entity)))
            yield route("POST", f"{COMPANY}/{entity.lower()}", self._answer(self._write(entity)))

    def _answer(self, make: Callable[[Request], Awaitable[Row]]) -> Answer:
        async def answer(request: Request) -> Response:
            try:
                made = await make(request)
            except Fault as fault:
                return _traced(refusal(fault, written_now(self._now())).response, self._dice.uuid())
            if "application/json" not in request.headers.get("accept", ""):
                return Response(XML, media_type="application/xml")
            return _traced(reply({**made, "time": written_now(self._now())}), self._dice.uuid())

        return answer

    async def _company(self, request: Request) -> Row:
        if request.path_params["id"] != self._options.realm_id:
            raise Fault("610", "Something you're trying to use has been made inactive.")
        info = {
            "CompanyName": self._options.company_name,
            "Country": "US",
            "Id": "1",
            "SyncToken": "4",
            "domain": "QBO",
        }
        return {"CompanyInfo": info}

    async def _query(self, request: Request) -> Row:
        text = request.query_params.get("query", "")
        if request.method == "POST":
            if request.headers.get("content-type", "").partition(";")[0] not in {"application/text", "text/plain"}:
                raise Fault("500", "The statement must be sent as application/text")
            text = (await request.body()).decode("utf-8", "replace")
        return query(self._books, text)

    async def _changes(self, request: Request) -> Row:
        options = self._options
        asked = request.query_params
        return changes(self._books, self._gone, asked, self._now(), options.reach, options.most_changes)

    async def _batch(self, request: Request) -> Row:
        return batch(self._books, await json_body(request))

    def _read(self, entity: str) -> Callable[[Request], Awaitable[Row]]:
        async def read(request: Request) -> Row:
            return entity_answer(entity, self._books.read(entity, request.path_params["id"]))

        return read

    def _write(self, entity: str) -> Callable[[Request], Awaitable[Row]]:
        """A `requestid` that was answered once is answered the same again, and nothing more is done."""

        async def write(request: Request) -> Row:
            body, asked = await json_body(request), request.query_params
            if not isinstance(body, dict):
                raise Fault("100", "The body is not a JSON object", element=None)
            once = asked.get("requestid", "")
            if once not in self._answered:
                made = entity_answer(
                    entity, self._books.write(entity, body, _operation(asked.get("operation", ""), asked))
                )
                if not once:
                    return made
                self._answered[once] = made
            return self._answered[once]

        return write


def written_now(now: datetime) -> str:
    """The envelope's time: milliseconds."""
    return now.astimezone().isoformat(timespec="milliseconds")


def _operation(word: str, asked: Mapping[str, str]) -> str:
    """What `operation` asks for; a payment is voided by an update that includes it."""
    if word == "update" and asked.get("include") == "void":
        return "void"
    return word if word in {"delete", "void"} else ""


def _traced(response: Response, trace: str) -> Response:
    """The id that Intuit's support asks for."""
    response.headers["intuit_tid"] = f"1-{trace}"
    return response
