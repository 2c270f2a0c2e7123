"""Tell the host what became of its integrations: signed webhooks, in the form of Standard Webhooks.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection

from runner.connector.config import Notify
from runner.engine.house import House
from runner.engine.pushes.standard import post
from runner.engine.trouble import words
from runner.errors import PartnerUnavailable, RunnerError, SettingsError, UnexpectedResponse
from runner.model.lifecycle import REMOVED, UNMATCHED, Change, matter_of
from runner.store import changes
from runner.store.changes import Notice, Telling

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)  # three days and a half in all
)
"""How long to wait after each try in vain; after the last one the notice is dead."""
GONE = 410
PAGE = 50


async def drain(house: House, integration_id: str) -> datetime | None:
    """Tell all that the host is to be told of one integration, in order; returns when to go on after a try in vain."""
    while True:
        waiting = await house.store.database.read(
            lambda connection: changes.find(connection, integration_id, telling=Telling.PENDING, limit=PAGE)
        )
        if not waiting:
            return None
        for notice in waiting:
            again = await _tell(house, notice)
            if again is not None:
                return again


def kind_of(change: Change) -> str:
    """What a change is called in runner.yaml: the new state, `removed`, or `unmatched`."""
    if change.event == UNMATCHED:
        return UNMATCHED
    return change.state.value if change.state else REMOVED


def message_id(change: Change) -> str:
    """The same for every try, so that the host can tell a repetition; with the integration's id, so that two runners
    never give the same."""
    return f"change_{change.id}_{change.integration_id}"


def body_of(change: Change) -> bytes:
    """The message; the same bytes at every try."""
    reason = change.reason
    told = {
        "change": change.id,
        "event": change.event,
        "integration": {
            "id": change.integration_id,
            "company": change.company,
            "connector": change.connector,
            "environment": change.environment,
        },
        "before": change.before,
        "state": change.state.value if change.state else REMOVED,
        "reason": reason and {**vars(reason), "matter": matter_of(reason.code)},
        "since": change.at,
    }
    return orjson.dumps({"type": f"integration.{kind_of(change)}", "timestamp": change.at, "data": told})


async def _tell(house: House, notice: Notice) -> datetime | None:
    """One notice, settled or put off; returns until when."""
    wanted, now = house.config.notify, house.clock.now()
    if wanted is None or kind_of(notice.change) not in wanted.events:
        await _settle(house, notice, Telling.SKIPPED, None)
        return None
    if notice.due_at is not None and notice.due_at > now:
        return notice.due_at
    try:
        await _post(house, wanted, notice.change)
    except RunnerError as error:
        return await _in_vain(house, notice, error)
    await _settle(house, notice, Telling.TOLD, None)
    return None


async def _post(house: House, wanted: Notify, change: Change) -> None:
    """Send it; raises for any answer but 2xx. Redirects are not followed."""
    if not house.notify_secrets:
        raise SettingsError("nothing signs what the host is told; set RUNNER_NOTIFY_SECRET to `whsec_` and base64")
    answer = await post(house, house.notify_secrets, wanted.url, message_id(change), body_of(change))
    if answer.status == GONE:
        raise UnexpectedResponse("the host answers 410: it does not want to be told", status=GONE)
    if not answer.ok:
        raise PartnerUnavailable(f"the host answers {answer.status}", status=answer.status)


async def _in_vain(house: House, notice: Notice, error: RunnerError) -> datetime | None:
    note = words(error)
    if notice.attempts >= len(PAUSES) or (isinstance(error, UnexpectedResponse) and error.status == GONE):
        house.log.error("host-not-told", change=notice.change.id, about=notice.change.integration_id, message=note)
        await _settle(house, notice, Telling.DEAD, note)
        return None
    until = house.clock.now() + PAUSES[notice.attempts]
    house.log.warning("host-not-told-yet", change=notice.change.id, again_at=until.isoformat(), message=note)
    await house.store.database.write(lambda connection: changes.postpone(connection, notice.change.id, until, note))
    return until


async def _settle(house: House, notice: Notice, telling: Telling, note: str | None) -> None:
    await house.store.database.write(lambda connection: changes.settle(connection, notice.change.id, telling, note))


def again(connection: Connection, house: House, ids: list[int] | None) -> int:
    """Let the host be told anew of these changes, or (None) of all that were given up; returns how many."""
    found = changes.again(connection, ids)
    for integration_id in set(found):
        house.store.tell(connection, integration_id)
    return len(found)
