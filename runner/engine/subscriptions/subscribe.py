"""Keep the webhooks of an integration coming: ask for them, look whether they still come, and renew them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.engine.actions.act import find_action, kept
from runner.engine.house import House
from runner.engine.subscriptions.desk import Desk
from runner.engine.subscriptions.unsubscribe import end, retire
from runner.errors import (
    MappingError,
    NotFound,
    PartnerError,
    PartnerUnavailable,
    RateLimited,
    UnexpectedResponse,
)
from runner.model.http import Response
from runner.model.integration import State
from runner.model.record import as_id
from runner.model.wakeup import WakeUp
from runner.store import integrations, subscriptions
from runner.store.subscriptions import Subscribed, SubscriptionState

KIND = "subscribe"
LOST = timedelta(days=1)
"""How long messages are taken by a subscription of which nobody knows whether the partner made it."""


def wake(
    connection: Connection, house: House, connector: Connector, integration_id: str, *, anew: bool = False
) -> None:
    """Put the wake-up that asks for webhooks or looks after them: in the transaction that makes one active.

    `anew`, once the company has connected again: the partner may have dropped what it had. Where nobody can look,
    others are asked for, and the old ones ended.
    """
    declared = connector.webhooks.subscription if connector.webhooks is not None else None
    if declared is None:
        return
    for known in subscriptions.of(connection, integration_id):
        values: dict[str, Any] = {"due_at": house.clock.now()}
        if anew and declared.check is None and known.state is SubscriptionState.LIVE:
            values |= {"state": SubscriptionState.ENDING.value, "attempts": 0}
        if known.state is not SubscriptionState.LOST:
            subscriptions.change(connection, known.key, **values)
    house.store.queue.put(connection, WakeUp(KIND, integration_id))


async def keep(house: House, integration_id: str) -> datetime | None:
    """Do what is due for the subscriptions of an integration; returns when to come back.

    What a partner does is not raised: it is noted on the subscription, logged, and tried again. One process at a time
    does this for an integration: its wake-up has one key.
    """
    desk = await _desk(house, integration_id)
    if desk is None:
        return None
    try:
        await _take_stock(desk)
        live = await _alive(desk)
        if live is None or desk.ends_soon(live):
            await _ask(desk, live)
        for old in await desk.all(SubscriptionState.ENDING):
            if desk.is_due(old):
                await retire(desk, old)
        if not await desk.is_open():
            await _leave(desk)
    finally:
        await desk.count()
    return await desk.next_at()


async def _leave(desk: Desk) -> None:
    """Somebody disconnected in the meantime: what was just made must not stay behind."""
    try:
        await end(desk.house, desk.integration)
    except (PartnerUnavailable, RateLimited) as error:
        desk.house.log.warning("subscription-left", integration=desk.integration.id, note=error.code)


async def _desk(house: House, integration_id: str) -> Desk | None:
    """The desk of an active integration whose connector asks for webhooks."""
    try:
        integration = await house.store.database.read(lambda connection: integrations.get(connection, integration_id))
    except NotFound:
        return None
    connector = house.connectors.get(integration.connector)
    declared = connector.webhooks.subscription if connector.webhooks else None
    if declared is None or integration.state is not State.ACTIVE:
        return None
    return Desk(house, connector, declared, integration)


async def _take_stock(desk: Desk) -> None:
    """One that was being asked for when the process died may be there or not; a lost one is given up in time."""
    at = desk.house.clock.now() + LOST
    for known in await desk.all(SubscriptionState.ASKED):
        note = "the runner stopped before the partner answered"
        await desk.change(known, state=SubscriptionState.LOST.value, due_at=at, note=note)
    gone = [known.key for known in await desk.all(SubscriptionState.LOST) if desk.is_due(known)]
    await desk.write(lambda connection: subscriptions.remove(connection, gone))


async def _alive(desk: Desk) -> Subscribed | None:
    """The newest one that is there; None when a new one is needed. It is looked at where the connector says how."""
    live = next(reversed(await desk.all(SubscriptionState.LIVE)), None)
    if live is None or not desk.is_due(live):
        return live
    if desk.declared.check is None:
        await desk.change(live, due_at=desk.look_at(live.made_at, live.expires_at))  # else it were due for ever
        return live
    try:
        response = await desk.call(desk.declared.check.endpoint, live)
        endpoint = desk.connector.endpoints[desk.declared.check.endpoint]
        found = desk.declared.find(endpoint, response.json, live.external_id)
        is_alive = found is not None and (desk.declared.check.alive.test(found) or await _mended(desk, live))
    except (PartnerError, MappingError) as error:
        await desk.note(live, error)
        return live
    if is_alive:
        await desk.change(live, due_at=desk.look_at(live.made_at, live.expires_at), attempts=0, note=None)
        return live
    desk.house.log.warning("subscription-off", integration=desk.integration.id, found=found is not None)
    await desk.write(lambda connection: _give_up(connection, desk, live, is_there=found is not None))
    return None


async def _mended(desk: Desk, live: Subscribed) -> bool:
    """Whether the partner woke it again; where it refuses, a new one is needed."""
    assert desk.declared.check is not None  # else nobody looked
    if desk.declared.check.mend is None:
        return False
    try:
        await desk.call(desk.declared.check.mend, live)
    except UnexpectedResponse:
        return False
    desk.house.log.warning("subscription-mended", integration=desk.integration.id)
    await desk.write(lambda connection: _catch_up(connection, desk))
    return True


def _give_up(connection: Connection, desk: Desk, live: Subscribed, is_there: bool) -> None:
    if is_there:
        _ending(connection, desk, live)
    else:
        subscriptions.remove(connection, [live.key])
    _catch_up(connection, desk)


def _catch_up(connection: Connection, desk: Desk) -> None:
    """Messages may have been missed meanwhile: the syncs bring what they told."""
    for name in desk.connector.syncs_of(desk.integration.way):
        desk.house.store.queue.put(connection, WakeUp("sync", desk.integration.id, name))


async def _ask(desk: Desk, live: Subscribed | None) -> None:
    """Ask for a new one. Its row is stored before: the partner's first message may come before its answer."""
    refused = next(iter(await desk.all(SubscriptionState.FAILED)), None)
    if refused is not None and not desk.is_due(refused):
        return
    asked = await _asked(desk, refused)
    try:
        response = await desk.call(desk.declared.create, asked)
        answered, ends = _read(desk, response)
    except PartnerUnavailable as error:
        await _refused(desk, asked, error, is_unknown=error.sent and error.status != 503)
    except (PartnerError, MappingError) as error:
        await _refused(desk, asked, error, is_unknown=False)
    else:
        values = {**await desk.values(asked), **answered}
        await desk.write(lambda connection: _made(connection, desk, asked, values, ends, live))
        desk.house.log.info("subscribed", integration=desk.integration.id)


async def _asked(desk: Desk, refused: Subscribed | None) -> Subscribed:
    """The row of a new one, or of the one that was refused, taken up again."""
    if refused is not None:
        await desk.change(refused, state=SubscriptionState.ASKED.value)
        return refused
    asked, values = desk.new(SubscriptionState.ASKED)
    keys = desk.house.store.vault.keys
    await desk.write(lambda connection: subscriptions.add(connection, keys, asked, values))
    return asked


async def _refused(desk: Desk, asked: Subscribed, error: PartnerError | MappingError, is_unknown: bool) -> None:
    """Try again with the same one; or with another, where the partner may have made this one all the same."""
    if not is_unknown:
        await desk.note(asked, error, state=SubscriptionState.FAILED.value)
        return
    told = await desk.note(asked, error, state=SubscriptionState.LOST.value)
    await desk.change(asked, due_at=desk.house.clock.now() + LOST)
    again_at, attempts = desk.again_at(error, asked.attempts), asked.attempts + 1
    made, values = desk.new(SubscriptionState.FAILED, attempts=attempts, note=told, due_at=again_at)
    keys = desk.house.store.vault.keys
    await desk.write(lambda connection: subscriptions.add(connection, keys, made, values))


def _read(desk: Desk, response: Response) -> tuple[dict[str, Any], datetime | None]:
    """What `create` keeps of its answer, and when the subscription ends."""
    action = find_action(desk.connector, desk.declared.create)
    answered = kept(action, desk.declared.create, response)
    if "id" in action.result and as_id(answered["id"]) is None:
        raise MappingError(f"the answer of `{desk.declared.create}` gives no id at `{action.result['id']}`")
    return answered, desk.declared.expires.read(response.json) if desk.declared.expires else None


def _made(
    connection: Connection,
    desk: Desk,
    asked: Subscribed,
    values: Mapping[str, Any],
    ends: datetime | None,
    old: Subscribed | None,
) -> None:
    """It is there, and takes over from the old one."""
    now = desk.house.clock.now()
    fresh: dict[str, Any] = {"state": SubscriptionState.LIVE.value, "attempts": 0, "note": None, "expires_at": ends}
    fresh |= {"external_id": as_id(values.get("id")), "made_at": now, "due_at": desk.look_at(now, ends)}
    subscriptions.keep(connection, desk.house.store.vault.keys, asked.key, values)
    subscriptions.change(connection, asked.key, **fresh)
    if old is not None:
        _ending(connection, desk, old)


def _ending(connection: Connection, desk: Desk, old: Subscribed) -> None:
    at = desk.house.clock.now()
    subscriptions.change(connection, old.key, state=SubscriptionState.ENDING.value, due_at=at, attempts=0)
