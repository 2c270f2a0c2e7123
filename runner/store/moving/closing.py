"""A database that its processes are to leave: first nobody begins anything there, then it takes nothing any more.

Triggers see to it, in whatever process and of whatever version: what is refused was not stored, and whoever sent it is
told so (HTTP 503) and sends it again, to the database that everything went to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, inspect, select, text

from runner.errors import SettingsError
from runner.model.clock import Clock
from runner.store.moving.carried import CARRIED, CLOSED_KEY, LEFT
from runner.store.queue import POLL
from runner.store.schedules import schedules
from runner.store.store import Store
from runner.store.works import CLOSED

QUEUES = {
    "wakeups": "NEW.state = 'running' AND OLD.state <> 'running'",
    "procrastinate_jobs": "NEW.status::text = 'doing' AND OLD.status::text <> 'doing'",
}
"""The tables of queues, and what of a row says that somebody begins to work on it."""
_MADE = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'moving_*'"
_DOINGS = ("INSERT", "UPDATE", "DELETE")


async def shut(store: Store, clock: Clock, grace: float) -> int:
    """Let the workers finish what they have begun, for at most `grace` seconds, then close; returns how many wake-ups
    were cut off in the middle. Webhooks are taken till then."""
    await store.database.write(lambda connection: rest(connection, clock.now()))
    left = grace
    while (running := await _running(store, clock)) and left > 0:
        await clock.sleep(POLL)
        left -= POLL
    await store.database.write(close)
    return running


async def _running(store: Store, clock: Clock) -> int:
    """How many wake-ups are worked on, those of processes that died left out."""
    await store.queue.sweep(clock.now())
    return (await store.queue.depth())["running"]


def rest(connection: Connection, at: datetime) -> None:
    """From here on no worker takes a wake-up; all else goes on. Nothing new happens when it rests already."""
    if is_closed(connection):
        return
    connection.execute(insert(schedules).values(key=CLOSED_KEY, last_tick=at))
    for table in _there(connection, QUEUES):
        if connection.dialect.name == "sqlite":
            when = f"BEFORE UPDATE ON {table} WHEN {QUEUES[table]}"
            _run(connection, f"CREATE TRIGGER moving_rests_{table} {when} BEGIN SELECT RAISE(IGNORE); END")
        else:
            _function(connection, "moving_rests", "RETURN NULL")
            when = f"BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({QUEUES[table]})"
            _run(connection, f"CREATE TRIGGER moving_rests {when} EXECUTE FUNCTION moving_rests()")


def close(connection: Connection) -> None:
    """From the commit on nothing is stored any more. Waits for whoever is in the middle of a transaction."""
    tables = _there(connection, dict.fromkeys((*CARRIED, *LEFT, *QUEUES)))
    words = CLOSED.replace("'", "''")
    if connection.dialect.name == "sqlite":
        for table in tables:
            for doing in _DOINGS:
                when = f"BEFORE {doing} ON {table}"
                name = f"moving_closed_{doing.lower()}_{table}"
                _run(
                    connection, f"CREATE TRIGGER IF NOT EXISTS {name} {when} BEGIN SELECT RAISE(ABORT, '{words}'); END"
                )
        return
    _function(connection, "moving_closed", f"RAISE EXCEPTION USING MESSAGE = '{words}', ERRCODE = '57000'")
    for table in tables:
        when = f"BEFORE {' OR '.join(_DOINGS)} ON {table} FOR EACH STATEMENT"
        _run(connection, f"CREATE OR REPLACE TRIGGER moving_closed {when} EXECUTE FUNCTION moving_closed()")


def reopen(connection: Connection) -> bool:
    """Take resting and closing back; whether it was closed."""
    if connection.dialect.name == "sqlite":
        for name in list(connection.scalars(text(_MADE))):
            _run(connection, f"DROP TRIGGER {name}")
    else:
        _run(connection, "DROP FUNCTION IF EXISTS moving_closed() CASCADE")
        _run(connection, "DROP FUNCTION IF EXISTS moving_rests() CASCADE")
    return bool(connection.execute(delete(schedules).where(schedules.c.key == CLOSED_KEY)).rowcount)


def is_closed(connection: Connection) -> bool:
    """Whether it is closed, or about to be: it rests."""
    return closed_since(connection) is not None


def closed_since(connection: Connection) -> datetime | None:
    """When the closing of it began; None when it is open."""
    return connection.scalar(select(schedules.c.last_tick).where(schedules.c.key == CLOSED_KEY))


def require_open(connection: Connection) -> None:
    """SettingsError when it is closed: what starts here now would do nothing."""
    since = closed_since(connection)
    if since is not None:
        raise SettingsError(f"{CLOSED} (since {since:%Y-%m-%d %H:%M} UTC; RUNNER_DATABASE_URL says which one is used)")


def _there(connection: Connection, names: Iterable[str]) -> list[str]:
    known = set(inspect(connection).get_table_names())
    return [name for name in names if name in known]


def _function(connection: Connection, name: str, does: str) -> None:
    words = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {does}; END $$"
    _run(connection, words)


def _run(connection: Connection, words: str) -> None:
    connection.exec_driver_sql(words)
