"""What is written: jobs, what runs once they are durable, and what those are told who wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runner.errors import StoreError, StoreUnavailable

Batch = Callable[[Connection, list[Any]], Sequence[Any]]

Hooks = dict[Callable[[], None], bool]

_HOOKS = "runner_after_commit"
CLOSED = (
    "this database was closed by `runner export --close`: everything goes on at another one, or here again after "
    "`runner export --reopen`"
)
"""What a database says that refuses to be written to: see `moving.closing`."""

LOOK = "; `runner doctor` looks into it"
_UNFIT = ("42P01", "42703", "42501")
"""SQLSTATE of PostgreSQL: no such table, no such column, not allowed. In SQLite these are an OperationalError."""


class Unreached(OperationalError):
    """No connection to the database was had. `told` is a sentence: which database, why, and the remedy."""

    def __init__(self, told: str, cause: BaseException) -> None:
        super().__init__(None, None, cause)
        self.told = told


@dataclass(slots=True, eq=False)
class Job:
    """One thing to write and the future that waits for it: a `work`, or a `row` for a `batch`."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    work: Callable[[Connection], Any] | None = None
    batch: Batch | None = None
    row: Any = None
    result: Any = None
    error: BaseException | None = None


def after_commit(connection: Connection, call: Callable[[], None]) -> None:
    """Have `call` run in the writer thread once what `connection` wrote is durable; the same call runs once.

    It also runs when only the savepoint of the caller was rolled back, so it may say no more than "look".
    """
    connection.info.setdefault(_HOOKS, {})[call] = True


def take_hooks(connection: Connection) -> Hooks:
    """What is to run once `connection` has committed; nothing of it is left."""
    hooks: Hooks = connection.info.pop(_HOOKS, {})
    return hooks


def readable(error: BaseException) -> BaseException:
    """A driver's "locked", "disk full", "gone" or "no such table" as a StoreUnavailable without SQL or values; others
    as they are."""
    if isinstance(error, DBAPIError) and CLOSED in str(error.orig):
        return StoreUnavailable(CLOSED)
    if isinstance(error, Unreached):
        return StoreUnavailable(error.told)
    # SQLite says no more than DatabaseError of a file that is none of its own, or broken
    if isinstance(error, OperationalError | ProgrammingError | InternalError) or type(error) is DatabaseError:
        return StoreUnavailable(f"the database cannot serve: {_said(error)}{LOOK}")
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("the database cannot serve: all connections to it are busy")
    if isinstance(error, StopIteration):
        return RuntimeError("a work in the store ended with StopIteration")
    return error


def is_unfit(error: BaseException) -> bool:
    """Whether the database is what fails, whatever it is asked: it is not there, not what migrations made of it, or
    refuses its user."""
    if isinstance(error, InterfaceError | OperationalError):
        return True
    return isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) in _UNFIT


def _said(error: DBAPIError) -> str:
    """PostgreSQL's driver adds lines of the statement, which hold values."""
    told = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return told or str(error.orig).strip()


def check_open(connection: Connection) -> None:
    """StoreUnavailable when SQLite, on a full disk, has rolled back by itself: the next statement would be committed
    at once and alone, and the driver's commit() would say nothing."""
    if connection.dialect.name == "sqlite" and not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]  # is connected here
        raise StoreUnavailable("the database ended the transaction by itself; nothing of it is stored")


def hand_over(connection: Connection, batch: Batch, jobs: list[Job]) -> None:
    """Run `batch` with the rows of `jobs`, which get its results."""
    results = batch(connection, [job.row for job in jobs])
    if len(results) != len(jobs):
        raise StoreError(f"{batch!r} answered {len(results)} results for {len(jobs)} rows")
    for job, result in zip(jobs, results, strict=True):
        job.result = result


def resolve(group: list[Job]) -> None:
    """Answer those who wait for `group`."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in group:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        with suppress(RuntimeError):  # the loop is closed: what it asked for is stored, nobody waits to hear it
            loop.call_soon_threadsafe(_answer, jobs)


def _answer(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(readable(job.error))
        else:
            job.future.set_result(job.result)
