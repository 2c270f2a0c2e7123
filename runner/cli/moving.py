"""The operator's commands that take everything from one database to another: `runner export` and `runner import`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from runner.service.settings import Settings
    from runner.store.moving.export import Hear
    from runner.store.moving.form import Header
    from runner.store.store import Store

STANDARD = "-"
"""In place of a file: standard output, or input."""


@example("runner export runner.export", "runner export --close - > runner.export")
def export(
    file: str | None = typer.Argument(
        None, help="The file to make, for its owner's eyes alone; - for standard output."
    ),
    close: bool = typer.Option(
        False, "--close", help="Let workers finish, then have this database take nothing more: for the change-over."
    ),
    grace: int = typer.Option(60, "--grace", min=0, help="With --close: seconds for workers to finish."),
    reopen: bool = typer.Option(False, "--reopen", help="Take a --close back: all goes on here."),
    as_json: bool = AsJson,
) -> None:
    """Write all that the database holds into one file, as it is at one moment, while everything goes on.

    Credentials stay sealed; what partners told is in it as it is. `runner import` takes it into another database.
    """
    from runner.cli.workshop import in_store

    if reopen:
        if file is not None or close:
            refuse("--reopen stands alone")
        _tell_reopened(in_store(_reopen), as_json)
        return
    if file is None:
        refuse("say which file is to be made (- for standard output)")

    async def work(store: Store) -> tuple[Header, int]:
        with _sink(file) as put, _shown() as hear:
            return await _written(store, put, hear, grace if close else None)

    header, cut = in_store(work)
    told = f"{header.total:,} rows were exported" + ("" if file == STANDARD else f" to {file}")
    if not header.closed:
        told += "; what happens here from now on is not among them (`--close` ends that first)"
    elif close:
        told += "; this database takes nothing more (`runner export --reopen` takes that back)"
    if cut:
        told += f"; {cut} of its wake-ups were cut off after {grace} s, and go on where they were"
    _tell(told, {"file": file, "cut": cut, **_plain(header)}, as_json, to_error=file == STANDARD)


@example("runner import runner.export", "runner import --check runner.export")
def import_(
    file: str = typer.Argument(help="The file that `runner export` made; - for standard input."),
    check: bool = typer.Option(False, "--check", help="Only read it, and say whether it is whole."),
    reseal: bool = typer.Option(
        False, "--reseal", help="Seal all credentials anew with the first key of RUNNER_ENCRYPTION_KEYS."
    ),
    as_json: bool = AsJson,
) -> None:
    """Take what `runner export` wrote into the database of RUNNER_DATABASE_URL, an empty one: all of it, or nothing."""
    from runner.cli.workshop import settings_now
    from runner.store.moving import intake

    if check:
        with _source(file) as lines, _shown() as hear:
            header = intake.check(lines, hear)
        _tell(f"{header.total:,} rows are in it, and it is whole", _plain(header), as_json)
        return
    settings = settings_now()
    with _source(file) as lines, _shown() as hear:
        header = asyncio.run(_taken(settings, lines, hear, reseal))
    told = f"{header.total:,} rows were imported"
    if not header.closed:
        told += "; the database that they came from was not closed: what happened there since is not among them"
    _tell(told, _plain(header), as_json)


async def _written(store: Store, put: Callable[[bytes], object], hear: Hear, grace: int | None) -> tuple[Header, int]:
    """The export; a database that was closed for one that failed is opened again."""
    from runner.model.clock import SystemClock
    from runner.store.moving import closing
    from runner.store.moving.export import export as write

    clock, cut = SystemClock(), 0
    was_closed = await store.database.read(closing.is_closed)
    try:
        if grace is not None:
            cut = await closing.shut(store, clock, grace)
        return await store.database.read(lambda c: write(c, store.queue, clock.now(), put, hear)), cut
    except BaseException:
        if grace is not None and not was_closed:
            await store.database.write(closing.reopen)
        raise


async def _reopen(store: Store) -> bool:
    from runner.store.moving import closing

    return await store.database.write(closing.reopen)


async def _taken(settings: Settings, lines: Iterator[bytes], hear: Hear, reseal: bool) -> Header:
    from runner.service.assemble import bring_up_to_date
    from runner.store.moving.intake import take_in
    from runner.store.rotation import rotate_within
    from runner.store.store import Store

    keys = settings.keyring()

    def work(connection: Connection) -> Header:
        header = take_in(connection, store.queue, lines, hear)
        store.vault.check(connection)
        if reseal:
            rotate_within(connection, keys)
        return header

    store = Store.open(settings.database_url, keys)
    try:
        await asyncio.to_thread(bring_up_to_date, store.database)
        return await store.database.write(work)
    finally:
        await store.close()


@contextmanager
def _sink(file: str) -> Iterator[Callable[[bytes], object]]:
    """Where the lines go. A file has its name when it is whole and on the disk, and not before."""
    from runner.errors import StoreError

    if file == STANDARD:
        if sys.stdout.isatty():
            refuse("the export is not for the screen; write `runner export - > FILE`, or name the file")
        sink = sys.stdout.buffer
        yield sink.write
        sink.flush()
        return
    from runner.store.moving.files import new_file

    if Path(file).exists():
        refuse(f"{file} is there already; name another, or remove it")
    try:
        with new_file(Path(file)) as put:
            yield put
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}; nothing was exported") from error


@contextmanager
def _source(file: str) -> Iterator[IO[bytes]]:
    if file == STANDARD:
        yield sys.stdin.buffer
        return
    if not Path(file).is_file():
        refuse(f"there is no file {file}")
    with Path(file).open("rb") as opened:
        yield opened


@contextmanager
def _shown() -> Iterator[Hear]:
    from runner.cli.progress import rows

    with rows(sys.stderr.isatty()) as hear:
        yield hear


def _plain(header: Header) -> dict[str, Any]:
    return {"schema": header.schema, "closed": header.closed, "total": header.total, "rows": header.rows}


def _tell(told: str, plain: dict[str, Any], as_json: bool, *, to_error: bool = False) -> None:
    import json

    typer.echo(json.dumps(plain, indent=2) if as_json else told, err=to_error)


def _tell_reopened(was_closed: bool, as_json: bool) -> None:
    told = "this database takes everything again" if was_closed else "this database was not closed"
    _tell(told, {"reopened": was_closed}, as_json)
