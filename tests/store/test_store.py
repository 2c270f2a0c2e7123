"""The whole store over one URL: what comes in is there to be taken, also after it was closed and opened again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import StoreUnavailable
from runner.model.credential import Credential
from runner.model.event import Delivery, WebhookEvent
from runner.model.secret import Secret
from runner.store import inbox
from runner.store.inbox import Arrival
from runner.store.keys import KeyRing
from runner.store.queue import worker_id
from runner.store.store import Store
from tests.store.conftest import NOW


async def test_what_came_in_outlives_the_process(tmp_path: Path) -> None:
    url, keys = f"sqlite:///{tmp_path}/runner.sqlite3", KeyRing.generate()
    told = WebhookEvent("e1", "jobber", "JOB", "k1", "acc", {"a": 1}, NOW, integration_id="i1")
    first = Store.open(url, keys)
    first.database.migrate()
    came = Arrival("d1", Delivery("jobber", "POST", "https://x", {}, b"{}", NOW), (told,))
    await first.database.append(first.inbox.accept, came)
    await first.database.write(lambda c: first.vault.put(c, "i1", Credential(access_token=Secret("t")), NOW))
    await first.close()

    second = Store.open(url, keys)
    (taken,) = await second.queue.take(worker_id(), 10, timedelta(seconds=30), NOW)
    found = await second.database.read(lambda c: inbox.pending(c, taken.wakeup.subject, 10, NOW))
    credential = await second.database.read(lambda c: second.vault.get(c, taken.wakeup.subject))
    await second.close()
    assert [event.id for event in found] == ["e1"]
    assert credential.access_token == Secret("t")


async def test_a_closed_store_reads_no_more(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/runner.sqlite3", KeyRing.generate())
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.database.read(lambda _: None)
