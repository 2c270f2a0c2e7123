"""How PostgreSQL goes about the main reads and deletions of tables that are large: by an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, text

from runner.model.event import EventState
from runner.store import deliveries, events, feed, inbox, known, links, pushes, retention
from runner.store.events import EventFilter
from runner.store.retention import SETTLED
from tests.databases import Databases
from tests.store.conftest import NOW, later, open_engine, plan

ROWS = 20_000
FILL = (
    """INSERT INTO deliveries (id, connector, method, url, headers, body, received_at)
    SELECT 'd' || n, 'jobber', 'POST', 'https://x', '{}', '', timestamptz '2026-05-04' - n * interval '1 minute'
    FROM generate_series(1, :rows) n""",
    """INSERT INTO events (id, connector, type, key, account_id, payload, received_at, delivery_id, integration_id,
    state, attempts, digest) SELECT 'e' || n, 'jobber', 'T', 'k' || n, 'a' || n % 200, '{}',
    timestamptz '2026-05-04' - n * interval '1 minute', 'd' || n, 'i' || n % 200,
    CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'done' END, 0, decode(md5(n::text), 'hex')
    FROM generate_series(1, :rows) n""",
    """INSERT INTO records (sequence, integration_id, kind, external_id, fields, fingerprint, inactive, processor,
    created_at, changed_at) SELECT n, 'i' || n % 200, 'project', n, '{}', md5(n::text), false, 'p', now(), now()
    FROM generate_series(1, :rows) n""",
    """INSERT INTO pushes (rule, integration_id, kind, external_id, destination, state, attempts, retries, archived,
    marks) SELECT 'r', 'i' || n % 200, 'project', n, 'i' || n % 20,
    CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'done' END, 0, 0, false, 1 FROM generate_series(1, :rows) n""",
    """INSERT INTO links (integration_id, destination, kind, external_id, host_id, how)
    SELECT 'i' || n % 200, 'h', 'user', n, n, 'email' FROM generate_series(1, :rows) n""",
    "ANALYZE",
)
READS: dict[str, Callable[[Connection], object]] = {
    "pending events": lambda c: inbox.pending(c, "i100", 100, NOW),
    "who has pending events": lambda c: inbox.waiting(c, NOW),
    "an event": lambda c: events.get(c, "e77"),
    "the latest events of an integration": lambda c: events.find(c, EventFilter(integration_id="i7"), 20),
    "duplicates": lambda c: inbox._known(c, [b"1234567890123456"]),
    "settling events": lambda c: inbox.settle(c, ["e1", "e2"], EventState.DONE),
    "what is known of a page": lambda c: known._stored(c, "i7", "project", ["7", "207"]),
    "the feed of an integration": lambda c: feed.find(c, "i7", limit=50),
    "due pushes": lambda c: pushes.due(c, "i0", 50, NOW),
    "links of a page": lambda c: links.many(c, "i7", "h", "user", ["7", "207"]),
    "links of hosts": lambda c: links.of_hosts(c, "h", "user", ["7", "207"]),
    "the latest deliveries": lambda c: deliveries.find(c, limit=20),
    "old deliveries": lambda c: retention._old(c, later(-86_400 * 10), retention._TELLS, 100),
    "pruning old events": lambda c: retention.prune_events(c, SETTLED, later(-86_400 * 10), 100),
}


@pytest.fixture(scope="module")
def large(databases: Databases) -> Iterator[Connection]:
    with databases.lend() as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            for statement in FILL:
                connection.execute(text(statement), {"rows": ROWS} if ":rows" in statement else {})
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@pytest.mark.parametrize("what", READS)
def test_no_table_is_read_from_end_to_end(large: Connection, what: str) -> None:
    with large.begin() as transaction:
        told = plan(large, lambda: READS[what](large), forced=False)
        transaction.rollback()
    assert "Seq Scan" not in told, told
    assert "Index" in told, told
