"""Whether requests should come to this process: `/readyz`, for load balancers and for whoever is called at night."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runner.engine.house import House
from runner.service.attendance import Attendance, attendance
from runner.service.heart import Heart

PATIENCE = 5.0
"""Seconds in which the database has to answer."""
FULL = 0.8
"""Of the writes that may wait in this process; with more it is better to ask another one."""


class Readiness:
    """The handler of `/readyz`. Work that waits does not make a web process unready: what arrives is stored all the
    same, and would be lost if nobody took it; with `?backlog` it does, for those who are to be called."""

    def __init__(self, house: House, heart: Heart | None = None) -> None:
        self._house = house
        self._heart = heart

    async def ready(self, request: Request) -> Response:
        """200 with who works and what waits; 503 with a code and the reason."""
        if refusal := self._refusal():
            return _unready(*refusal)
        try:
            async with asyncio.timeout(PATIENCE):
                if await asyncio.to_thread(self._house.store.database.pending):
                    return _unready("migration-pending", "the database is of an older version; run `runner migrate`")
                found = await self._attendance()
        except Exception as error:  # whatever keeps the database from answering: we are not ready
            return _unready("store-unavailable", f"the database does not answer ({type(error).__name__})")
        return self._told(found, strict="backlog" in request.query_params)

    def _refusal(self) -> tuple[str, str] | None:
        database = self._house.store.database
        if self._heart is not None and self._heart.leaving:
            return "stopping", "this process was told to stop; ask another one"
        if self._heart is not None and self._heart.flaw:
            return "store-unavailable", f"the database takes nothing: {self._heart.flaw}"
        if database.waiting >= FULL * database.most_waiting:
            return "busy", f"{database.waiting} writes wait in this process; ask another one"
        return None

    async def _attendance(self) -> Attendance:
        store, now = self._house.store, self._house.clock.now()
        return await store.database.read(lambda c: attendance(c, store.queue, now))

    def _told(self, found: Attendance, strict: bool) -> Response:
        complaints = list(found.complaints(self._house.config.serve.late_after))
        if strict and complaints:
            return _unready(complaints[0].code, str(complaints[0]))
        oldest = found.backlog.age(found.now).total_seconds()
        return JSONResponse(
            {
                "ready": True,
                "processes": found.at_work,
                "due": found.backlog.due,
                "oldest_seconds": oldest,
                "complaints": [one.code for one in complaints],
            }
        )


def _unready(code: str, message: str) -> Response:
    return JSONResponse({"ready": False, "code": code, "message": message}, 503)
