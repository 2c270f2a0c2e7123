"""The `/_control` addresses of a simulated partner: for people who run it on their own machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.faults import Failure
from runner.authoring.simulate.outbox import Outbox, WebhookAttempt
from runner.authoring.simulate.table import Table

CHANGE = '{"what": "a table", "id": "an id", "fields": {"a field": "its new value"}}'
FAIL = '{"n": 3, "status": 500, "on": "part of a label"}'
ADD = '{"what": "a table", "fields": {"a field": "its value"}}'
REMOVE = '{"what": "a table", "id": "an id"}'
DISTURB = '{"copies": 2, "reverse": true}'
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Controlled(Protocol):
    """What is asked of a partner here; what each means is said there."""

    tables: dict[str, Table]
    calls: Counter[str]
    violations: int
    outbox: Outbox

    def change(self, what: str, id: str | int, **fields: Any) -> None: ...  # noqa: A002 - the partner's word

    def add(self, what: str, **fields: Any) -> Any: ...

    def remove(self, what: str, id: str | int) -> None: ...  # noqa: A002 - the partner's word

    def disconnect(self) -> None: ...

    def fail_next(self, calls: int = 1, status: Failure = 500, *, on: str = "") -> None: ...

    async def deliver(self, at_once: int = 1) -> list[WebhookAttempt]: ...


class Control:
    """What people do to a partner, as HTTP."""

    def __init__(self, partner: Controlled) -> None:
        self._partner = partner

    def routes(self) -> list[Route]:
        """The addresses; every other one below `/_control` answers with the help."""
        return [
            Route("/_control/change", self._change, methods=["POST"]),
            Route("/_control/add", self._add, methods=["POST"]),
            Route("/_control/remove", self._remove, methods=["POST"]),
            Route("/_control/disconnect", self._disconnect, methods=["POST"]),
            Route("/_control/disturb", self._disturb, methods=["POST"]),
            Route("/_control/deliver", self._deliver, methods=["POST"]),
            Route("/_control/fail", self._fail, methods=["POST"]),
            Route("/_control/calls", self._calls, methods=["GET"]),
            Route("/_control", self._help, methods=["GET"]),
            Route("/_control{rest:path}", self._lost, methods=METHODS),
        ]

    def help(self) -> dict[str, Any]:
        """Every address, what it does and what it takes."""
        return {
            "POST /_control/change": f"edit an entity as a user would, webhooks follow: {CHANGE}",
            "POST /_control/add": f"make an entity like the first one, webhooks follow: {ADD}",
            "POST /_control/remove": f"delete an entity as a user would, webhooks follow: {REMOVE}",
            "POST /_control/disconnect": "remove the app as the company's administrator would",
            "POST /_control/disturb": f"let the webhooks that wait go out repeatedly or newest first: {DISTURB}",
            "POST /_control/fail": f"let the next calls fail: {FAIL}; status may be `timeout` or `lost` too",
            "POST /_control/deliver": "send the webhooks that are due now, and say how they were answered",
            "GET /_control/calls": "how often each endpoint was called, and how many calls broke a limit",
            "tables": {name: [row["id"] for row in islice(table, 3)] for name, table in self._partner.tables.items()},
        }

    async def _help(self, _: Request) -> Response:
        return reply(self.help())

    async def _lost(self, request: Request) -> Response:
        return reply({"message": f"nothing answers {request.method} {request.url.path}", "there is": self.help()}, 404)

    async def _change(self, request: Request) -> Response:
        order = await json_body(request)
        flaw = _flaw(order, {"what": str, "id": (str, int), "fields": dict})

        def change() -> Response:
            self._partner.change(order["what"], order["id"], **order["fields"])
            return reply({"changed": order["id"]})

        return _obey(change, flaw or _field_flaw(order), CHANGE)

    async def _add(self, request: Request) -> Response:
        order = await json_body(request)
        flaw = _flaw(order, {"what": str, "fields": dict})

        def add() -> Response:
            return reply({"added": self._partner.add(order["what"], **order["fields"])})

        return _obey(add, flaw or _field_flaw(order), ADD)

    async def _remove(self, request: Request) -> Response:
        order = await json_body(request)

        def remove() -> Response:
            self._partner.remove(order["what"], order["id"])
            return reply({"removed": order["id"]})

        return _obey(remove, _flaw(order, {"what": str, "id": (str, int)}), REMOVE)

    async def _disconnect(self, _: Request) -> Response:
        self._partner.disconnect()
        return reply({"disconnected": True})

    async def _disturb(self, request: Request) -> Response:
        order = await json_body(request)

        def disturb() -> Response:
            self._partner.outbox.disturb(copies=order["copies"], reverse=order.get("reverse") is True)
            return reply({"waiting": len(self._partner.outbox.waiting)})

        return _obey(disturb, _flaw(order, {"copies": int}), DISTURB)

    async def _deliver(self, _: Request) -> Response:
        attempts = await self._partner.deliver()
        return reply([{"topic": one.topic, "status": one.status, "accepted": one.accepted} for one in attempts])

    async def _fail(self, request: Request) -> Response:
        order = await json_body(request)
        flaw = _flaw(order, {"n": int})
        if flaw:
            return reply({"message": f"{flaw}; send {FAIL}"}, 400)
        try:
            self._partner.fail_next(order["n"], order.get("status", 500), on=str(order.get("on", "")))
        except ValueError as error:
            return reply({"message": f"{error}; send {FAIL}"}, 400)
        return reply({"failing": order["n"]})

    async def _calls(self, _: Request) -> Response:
        return reply({"calls": dict(self._partner.calls), "violations": self._partner.violations})


def _obey(act: Callable[[], Response], flaw: str | None, form: str) -> Response:
    """The answer to an order; to one that is flawed or cannot be done: why, and its form."""
    try:
        return act() if flaw is None else reply({"message": f"{flaw}; send {form}"}, 400)
    except (LookupError, ValueError) as error:
        return reply({"message": f"{error}; send {form}"}, 400)


def _field_flaw(order: Mapping[str, Any]) -> str | None:
    return "`fields` cannot hold `what` or `id`" if {"what", "id"} & order["fields"].keys() else None


def _flaw(order: Any, needed: Mapping[str, type | tuple[type, ...]]) -> str | None:
    """What is wrong with an order, in words."""
    if not isinstance(order, dict):
        return "the body is not a JSON object"
    missing = [name for name in needed if name not in order]
    if missing:
        return f"{' and '.join(f'`{name}`' for name in missing)} {'are' if len(missing) > 1 else 'is'} missing"
    wrong = [name for name, kind in needed.items() if not isinstance(order[name], kind)]
    return f"`{wrong[0]}` cannot be {order[wrong[0]]!r}" if wrong else None
