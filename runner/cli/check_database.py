"""What `runner doctor` looks into that is in the database: whether it answers, what it keeps, and who works on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from runner.cli.check import Check
from runner.cli.check_server import server
from runner.cli.workshop import require_database
from runner.connector.config import Config
from runner.errors import CredentialUnreadable, SettingsError, StoreUnavailable
from runner.model.act import ActState
from runner.model.event import EventState
from runner.model.push import PushState
from runner.service.attendance import Attendance, attendance
from runner.service.settings import Settings
from runner.store import integrations
from runner.store.acts import acts
from runner.store.events import events
from runner.store.keys import KeyRing
from runner.store.moving import closing
from runner.store.push_table import pushes
from runner.store.store import Store
from runner.store.subscriptions import SubscriptionState, subscriptions
from runner.store.vault import Vault, credentials
from runner.store.works import LOOK

SLACK = 60
"""Seconds that the newest event may lie in the future before the clock is doubted."""


def look_into(settings: Settings, config: Config) -> tuple[list[Check], set[str] | None]:
    """What is found in the database, and the connectors that companies have; None when nobody can tell."""
    try:
        require_database(settings.database_url)
    except SettingsError as error:
        return [Check("database", False, str(error))], set()
    try:
        store = Store.open(settings.database_url, settings.keys or KeyRing.generate("none"))
    except SettingsError as error:
        return [Check("database", False, str(error))], None
    return asyncio.run(_looked_into(store, settings, config))


async def _looked_into(store: Store, settings: Settings, config: Config) -> tuple[list[Check], set[str] | None]:
    database = store.database
    try:
        await asyncio.to_thread(database.refuse_newer)
        if await asyncio.to_thread(database.pending):
            return [Check("database", False, f"{database.url} is not of this version; run `runner migrate`")], None
        return await database.read(lambda c: _found(c, store, settings, config))
    except SettingsError as error:
        return [Check("database", False, str(error))], None
    except StoreUnavailable as error:
        return [Check("database", False, str(error).removesuffix(LOOK))], None
    finally:
        await store.close()


def _found(
    connection: Connection, store: Store, settings: Settings, config: Config
) -> tuple[list[Check], set[str] | None]:
    closing.require_open(connection)
    used = {one.connector for one in integrations.find(connection)}
    present = attendance(connection, store.queue, datetime.now(UTC))
    return [
        Check("database", True, f"{store.database.url} is up to date"),
        *server(connection, settings.database_url, len(present.processes)),
        _sealed(connection, settings),
        _asked_for(connection),
        _acts(connection),
        _dead(connection),
        _clock(connection),
        *working(present, config.serve.late_after),
    ], used


def working(present: Attendance, late_after: timedelta) -> Iterator[Check]:
    """Who works on what waits."""
    found = [Check("processes", False, f"{one.code}: {one}") for one in present.complaints(late_after)]
    counts = ", ".join(f"{count} {part}" for part, count in present.at_work.items())
    due = f"{present.backlog.due} wake-ups are due"
    yield from found or [Check("processes", True, f"{counts}; {due}")]


def _sealed(connection: Connection, settings: Settings) -> Check:
    """Whether every credential opens with the keys that are set."""
    if settings.keys is None:
        return Check("credentials", False, "cannot be opened without RUNNER_ENCRYPTION_KEYS")
    vault, shut, old = Vault(settings.keys), 0, 0
    for integration_id, key_id in connection.execute(select(credentials.c.integration_id, credentials.c.key_id)):
        old += key_id != settings.keys.primary
        try:
            vault.get(connection, integration_id)
        except CredentialUnreadable:
            shut += 1
    if shut:
        return Check("credentials", False, f"{shut} open with none of the keys; put the old key back behind the others")
    count = len(integrations.find(connection))
    return Check("credentials", True, f"of {count} integrations; {old} with an older key (`runner keys rotate`)")


def _asked_for(connection: Connection) -> Check:
    """Whether the webhooks that were asked for come."""
    query = select(subscriptions.c.state, subscriptions.c.note).order_by(subscriptions.c.made_at)
    found = connection.execute(query).all()
    failed = [row.note for row in found if row.state == SubscriptionState.FAILED]
    if failed:
        return Check("subscriptions", False, f"{len(failed)} of {len(found)} were refused, the last one: {failed[-1]}")
    return Check("subscriptions", True, f"{len(found)} webhooks were asked for at partners")


def _acts(connection: Connection) -> Check:
    """Whether there are acts that nobody knows the outcome of: no fault of the runner, yet somebody should look."""
    unknown = connection.scalar(select(func.count()).where(acts.c.state == ActState.UNKNOWN.value))
    remedy = ": `runner act INTEGRATION --past` names them" if unknown else ""
    return Check("acts", True, f"{unknown} of unknown outcome{remedy}")


def _dead(connection: Connection) -> Check:
    """What was given up: no fault of the deployment, yet somebody should look."""
    lost = connection.scalar(select(func.count()).where(events.c.state == EventState.DEAD.value)) or 0
    refused = connection.scalar(select(func.count()).where(pushes.c.state == PushState.FAILED.value)) or 0
    remedy = ": see `runner deliveries --failed` and `runner pushes --dead`, then `runner replay`"
    return Check("given up", True, f"{lost} events, {refused} pushes{remedy if lost or refused else ''}")


def _clock(connection: Connection) -> Check:
    """An event from the future means that this clock, or that of another node, is wrong."""
    newest: datetime | None = connection.scalar(select(func.max(events.c.received_at)))
    ahead = (newest - datetime.now(UTC)).total_seconds() if newest else 0.0
    if ahead > SLACK:
        return Check("clock", False, f"the newest event is {ahead:.0f} s in the future: set this machine's clock (NTP)")
    return Check("clock", True, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
