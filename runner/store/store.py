"""What the engine is handed: the database, the vault, the queue and the inbox, over one URL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from runner.model.integration import Integration, Reason, State
from runner.model.lifecycle import BEGUN, REMOVED, transition
from runner.model.wakeup import WakeUp
from runner.store import changes, integrations
from runner.store.database import POOL, Database
from runner.store.inbox import Inbox
from runner.store.keys import KeyRing
from runner.store.queue import EmbeddedQueue, Queue
from runner.store.statements import hold
from runner.store.tables import TABLES
from runner.store.vault import Vault


@dataclass(frozen=True)
class Store:
    """The parts of the store. Everything else is functions of a connection, in the files of this package."""

    database: Database
    vault: Vault
    queue: Queue
    inbox: Inbox
    before_close: list[Callable[[], Awaitable[None]]] = field(default_factory=list, repr=False, compare=False)
    """What has something left to store when all ends."""

    @classmethod
    def open(cls, url: str, keys: KeyRing, pool: int = POOL) -> Store:
        """Open the database at `url` (see `Database.open`, also for `pool`); `keys` seal credentials. Migrate before
        use."""
        assert TABLES
        database = Database.open(url, pool=pool)
        before_close: list[Callable[[], Awaitable[None]]] = []
        queue = open_queue(database, before_close)
        return cls(database, Vault(keys), queue, Inbox(queue), before_close)

    def begin(self, connection: Connection, integration: Integration, slot: str = "") -> None:
        """Store a new integration (see `integrations.add`), and that the host is to be told of it."""
        integrations.add(connection, integration, slot)
        at = integration.created_at or integration.since
        assert at is not None, "a new integration says when it was made"
        changes.add(connection, integration, BEGUN, integration.state, integration.reason, at)
        self.tell(connection, integration.id)

    def move(
        self, connection: Connection, integration_id: str, state: State, reason: Reason | None, at: datetime
    ) -> bool:
        """Move an integration to `state`; the change, and that the host is to be told, are kept with it.

        False when it is there already for the same reason. TransitionRefused when the table has no such move, NotFound
        when there is no such integration.
        """
        hold(connection, f"integration:{integration_id}")
        known = integrations.get(connection, integration_id)
        if (known.state, known.reason) == (state, reason):
            return False
        move = transition(known.state, state, reason)
        integrations.set_state(connection, integration_id, state, reason, at)
        changes.add(connection, known, move.event, state, reason, at)
        self.tell(connection, integration_id)
        return True

    def remove(self, connection: Connection, integration_id: str, at: datetime) -> None:
        """Delete an integration with all that is kept for it, but for the news that it is gone."""
        hold(connection, f"integration:{integration_id}")
        known = integrations.get(connection, integration_id)
        integrations.remove(connection, integration_id)
        changes.forget(connection, integration_id)
        changes.add(connection, known, REMOVED, None, None, at)
        self.tell(connection, integration_id)

    def tell(self, connection: Connection, integration_id: str) -> None:
        """Wake whoever tells the host what happened to an integration."""
        self.queue.put(connection, WakeUp("notify", integration_id))

    async def close(self) -> None:
        """Finish what is queued and let the connections go."""
        for finish in self.before_close:
            await finish()
        await self.database.close()


def open_queue(database: Database, before_close: list[Callable[[], Awaitable[None]]]) -> Queue:
    """The queue that fits the database; what it has to end is added to `before_close`."""
    if database.dialect != "postgresql":
        return EmbeddedQueue(database)
    from runner.store.distributed import DistributedQueue  # Procrastinate costs 15 MB where nobody needs it

    queue = DistributedQueue(database)
    before_close.append(queue.close)
    return queue
