"""The database: what writes to it, a few readers, and the schema's migrations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from runner.errors import SettingsError, StoreUnavailable
from runner.store import sqlite
from runner.store.works import Job, readable
from runner.store.writer import PAUSE, Writer

T = TypeVar("T")
Row = TypeVar("Row")

WAITING = 5000
GROUP = 500
READERS = 4
"""Threads that read from an SQLite file."""
POOL = 8
"""Connections of a process to PostgreSQL: half of them write, the others read."""


class Writes(Protocol):
    """What takes works and rows from any event loop: see `Writer`."""

    limit: int

    @property
    def waiting(self) -> int: ...

    def submit(self, job: Job) -> None: ...

    def close(self) -> None: ...


class Database:
    """Where everything is kept. Works are plain functions of a SQLAlchemy `Connection`, so that they compose."""

    def __init__(self, engine: Engine, writer: Writes, reader: Engine, readers: int) -> None:
        self._engine = engine
        self._reader = reader
        self._writer = writer
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-reader")

    @classmethod
    def open(
        cls, url: str, *, waiting: int = WAITING, group: int = GROUP, pause: float = PAUSE, pool: int = POOL
    ) -> Database:
        """Open `sqlite:///file` or `postgresql://...`. `waiting` works may queue, `group` of them share a COMMIT. Of
        SQLite: while rows gather for one, the next is waited for `pause` seconds. Of PostgreSQL: `pool` connections.

        SettingsError when the URL names no such database. The tables come with `migrate`.
        """
        parsed = _parse(url)
        if parsed.get_backend_name() == "sqlite":
            engine = sqlite.open_engine(parsed, 1, write=True)
            writer = Writer(engine, limit=waiting, group=group, pause=pause)
            return cls(engine, writer, sqlite.open_engine(parsed, READERS, write=False), READERS)
        from runner.store import postgresql, writers  # 10 MB with the driver, of no use where the database is a file

        writing = max(pool // 2, 2)
        reading = max(pool - writing, 1)
        engine = postgresql.open_engine(parsed, writing, write=True)
        crew = writers.Writers(engine, limit=waiting, group=group, threads=writing)
        return cls(engine, crew, postgresql.open_engine(parsed, reading, write=False), reading)

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

        What one raises, it alone gets back, and nothing of it is stored. It may be run again, when its transaction met
        another one: what it does beside the connection must bear that. StoreUnavailable when too many wait, or when
        the database does not commit: then nothing is stored, unless the message says that it may be.
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
        with _readable():
            try:
                return self._look(work)
            except DBAPIError as error:
                if not error.connection_invalidated:  # what was connected before the server was started again
                    raise
            return self._look(work)

    def _look(self, work: Callable[[Connection], T]) -> T:
        with self._reader.connect() as connection:
            return work(connection)

    def migrate(self) -> None:
        """Bring the schema to this version of the runner. Blocks; safe to call from several processes at once.
        StoreUnavailable when the database does not let it."""
        from runner.store.migration import upgrade  # Alembic is slow to import and seldom needed

        with _readable(), self._engine.begin() as connection:
            upgrade(connection)

    def pending(self) -> bool:
        """Whether `migrate` would change anything. Raises StoreUnavailable, as all that is asked before a start."""
        from runner.store.migration import is_behind  # as above

        return self._read(is_behind)

    def is_new(self) -> bool:
        """Whether nothing was ever migrated here."""
        from runner.store.migration import revision  # as above

        return self._read(revision) is None

    def refuse_newer(self) -> None:
        """SettingsError when a later version of the runner has migrated it: what this one would write, and where, may
        have changed."""
        from runner.store.migration import is_ahead, newest, revision  # as above

        if self._read(is_ahead):
            raise SettingsError(
                f"the database {self.url} is of revision {self._read(revision)}, and this version of the runner "
                f"knows none after {newest()}: a later version has migrated it; start that one, or restore the "
                "backup from before"
            )

    async def close(self) -> None:
        """Finish what is queued and let the connections go."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()
        self._reader.dispose()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        told = readable(error)
        if told is error:
            raise
        raise told from error


def _give_up(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(TimeoutError())


def _parse(url: str) -> URL:
    remedy = "RUNNER_DATABASE_URL is sqlite:///path/to/file or postgresql://user@host/name"
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(f"the database URL cannot be read; {remedy}") from error
    except ValueError:  # it holds what stands behind the last colon, which may be of a password
        problem = "what stands for the port in the database URL is no number"
        quoted = "of a password, / : @ # are written %2F %3A %40 %23"
        raise SettingsError(f"{problem}; {remedy}, with :5432 behind the host for a port; {quoted}") from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError(f"the database URL begins with {backend!r}; {remedy}")
    if shown := sorted({"password", "sslpassword"} & set(parsed.query)):
        where = "before the host (postgresql://user:password@host/name), or in a password file of libpq"
        raise SettingsError(f"{shown[0]} behind the ? of the database URL would be shown in messages; write it {where}")
    if backend == "sqlite" and (not parsed.database or parsed.database == ":memory:"):
        raise SettingsError(f"an SQLite database in memory would lose what it accepted; {remedy}")
    if backend == "sqlite" and not Path(str(parsed.database)).absolute().parent.is_dir():
        raise SettingsError(f"the folder of {parsed.database} does not exist; make it, or change the URL: {remedy}")
    return parsed
