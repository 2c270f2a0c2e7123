"""The database: one writer with grouped commits, a few readers, and the schema's migrations."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import QueuePool

from runner.errors import SettingsError, StoreUnavailable
from runner.store.columns import json_text
from runner.store.statements import driven
from runner.store.writer import PAUSE, Job, Writer, check_open, readable

T = TypeVar("T")
Row = TypeVar("Row")

WAITING = 5000
GROUP = 500
READERS = 4
IN_MEMORY = "temp_store=MEMORY"
"""What a savepoint would restore is kept in memory and not in a file beside: it is of no use after a crash."""
CHECKPOINT = 16000
"""Pages of 4 KB in the log before they move to the file, 64 MB of them: pages that change again and again move once."""
PREPARED = 512
"""Statements that stay prepared: of an INSERT as many as there are sizes of a group."""
LOCKED = 10.0
"""Seconds to wait for another process that holds the file."""


class Database:
    """Where everything is kept. Works are plain functions of a SQLAlchemy `Connection`, so that they compose."""

    def __init__(
        self, writer: Engine, reader: Engine, *, waiting: int = WAITING, group: int = GROUP, pause: float = PAUSE
    ) -> None:
        self._engine = writer
        self._reader = reader
        self._writer = Writer(writer, limit=waiting, group=group, pause=pause)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    @classmethod
    def open(cls, url: str, *, waiting: int = WAITING, group: int = GROUP, pause: float = PAUSE) -> Database:
        """Open `sqlite:///file` or `postgresql://...`. `waiting` works may queue, `group` of them share a COMMIT; while
        rows gather for one, the next is waited for `pause` seconds.

        SettingsError when the URL names no such database. The tables come with `migrate`.
        """
        parsed = _parse(url)
        made = partial(cls, waiting=waiting, group=group, pause=pause)
        if parsed.get_backend_name() == "sqlite":
            return made(_sqlite(parsed, write=True), _sqlite(parsed, write=False))
        return made(_postgresql(parsed, size=1), _postgresql(parsed, size=READERS))

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def most_waiting(self) -> int:
        """How many works may wait for the writer; what comes on top is refused."""
        return self._writer.limit

    @property
    def waiting(self) -> int:
        """How many works wait for the writer now."""
        return self._writer.waiting

    @property
    def url(self) -> URL:
        """Where it is; prints without the password."""
        return self._engine.url

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction of the writer; returns its result once that is durable.

        Works that wait share one COMMIT, but what one raises, it alone gets back, and nothing of it is stored.
        StoreUnavailable when too many wait, or when the database does not commit (then nothing is stored).
        """
        loop = asyncio.get_running_loop()
        job = Job(loop, loop.create_future(), work=work)
        self._writer.submit(job)
        result: T = await job.future
        return result

    async def append(
        self, batch: Callable[[Connection, list[Row]], Sequence[T]], row: Row, patience: float | None = None
    ) -> T:
        """Hand `row`, with all the other rows that wait for `batch`, to it in one call; returns this row's result.

        `batch` answers one result a row, in order. When it raises, each row is tried alone, so a bad one fails alone.
        TimeoutError after `patience` seconds: it may be stored yet.
        """
        loop = asyncio.get_running_loop()
        job = Job(loop, loop.create_future(), batch=batch, row=row)
        self._writer.submit(job)
        # not asyncio.timeout(): this is on the way of every webhook, and costs a quarter of it
        late = loop.call_later(patience, _give_up, job.future) if patience is not None else None
        try:
            result: T = await job.future
            return result
        finally:
            if late is not None:
                late.cancel()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a reader's thread on one consistent view of what is committed; it cannot write."""
        loop = asyncio.get_running_loop()
        try:
            reading = loop.run_in_executor(self._readers, self._read, work)
        except RuntimeError as error:
            raise StoreUnavailable("the store is closed") from error
        return await reading

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._reader.connect() as connection:
                return work(connection)
        except OperationalError as error:
            raise readable(error) from error

    def migrate(self) -> None:
        """Bring the schema to this version of the runner. Blocks; safe to call from several processes at once."""
        from runner.store.migration import upgrade  # Alembic is slow to import and seldom needed

        with self._engine.begin() as connection:
            upgrade(connection)

    def pending(self) -> bool:
        """Whether `migrate` would change anything."""
        from runner.store.migration import is_behind  # as above

        with self._reader.connect() as connection:
            return is_behind(connection)

    def refuse_newer(self) -> None:
        """SettingsError when a later version of the runner has migrated it: what this one would write, and where, may
        have changed."""
        from runner.store.migration import is_ahead, newest, revision  # as above

        with self._reader.connect() as connection:
            if is_ahead(connection):
                raise SettingsError(
                    f"the database {self.url} is of revision {revision(connection)}, and this version of the runner "
                    f"knows none after {newest()}: a later version has migrated it; start that one, or restore the "
                    "backup from before"
                )
    async def close(self) -> None:
        """Finish what is queued and let the connections go."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()
        self._reader.dispose()


def _give_up(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(TimeoutError())


def _parse(url: str) -> URL:
    remedy = "RUNNER_DATABASE_URL is sqlite:///path/to/file or postgresql://user@host/name"
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(f"the database URL cannot be read; {remedy}") from error
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError(f"the database URL begins with {backend!r}; {remedy}")
    if backend == "sqlite" and (not parsed.database or parsed.database == ":memory:"):
        raise SettingsError(f"an SQLite database in memory would lose what it accepted; {remedy}")
    if backend == "sqlite" and not Path(str(parsed.database)).absolute().parent.is_dir():
        raise SettingsError(f"the folder of {parsed.database} does not exist; make it, or change the URL: {remedy}")
    return parsed


def _sqlite(url: URL, *, write: bool) -> Engine:
    size = 1 if write else READERS
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=1,
        hide_parameters=True,
        connect_args={"cached_statements": PREPARED},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver would open transactions late
        for pragma in (f"busy_timeout={LOCKED * 1000:.0f}", "synchronous=FULL", "foreign_keys=ON", IN_MEMORY):
            connection.execute(f"PRAGMA {pragma}")
        _use_wal(connection)
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        connection.execute(f"PRAGMA query_only={'OFF' if write else 'ON'}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driven(connection, "BEGIN IMMEDIATE" if write else "BEGIN")

    @event.listens_for(engine, "commit")
    def check(connection: Connection) -> None:
        check_open(connection)

    return engine


def _use_wal(connection: Any) -> None:
    """Switch a new file to WAL. SQLite does not wait for others here, whatever the busy timeout: so we do."""
    deadline = time.monotonic() + LOCKED
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _postgresql(url: URL, *, size: int) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=size,
        max_overflow=1,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=json_text,
        json_deserializer=orjson.loads,
    )
