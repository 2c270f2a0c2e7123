"""What the engine is handed: the database, the vault, the queue and the inbox, over one URL."""

from __future__ import annotations

from dataclasses import dataclass

from runner.store.database import Database
from runner.store.inbox import Inbox
from runner.store.keys import KeyRing
from runner.store.queue import EmbeddedQueue, Queue
from runner.store.tables import TABLES
from runner.store.vault import Vault


@dataclass(frozen=True)
class Store:
    """The parts of the store. Everything else is functions of a connection, in the files of this package."""

    database: Database
    vault: Vault
    queue: Queue
    inbox: Inbox

    @classmethod
    def open(cls, url: str, keys: KeyRing) -> Store:
        """Open the database at `url` (see `Database.open`); `keys` seal credentials. Migrate before use."""
        assert TABLES
        database = Database.open(url)
        queue = EmbeddedQueue(database)
        return cls(database, Vault(keys), queue, Inbox(queue))

    async def close(self) -> None:
        """Finish what is queued and let the connections go."""
        await self.database.close()
