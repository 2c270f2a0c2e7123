"""How far a sync or a file is: a bar for a person at a terminal, for a sync a line now and then for a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from runner.authoring.report import counted
from runner.model.clock import Clock, SystemClock

if TYPE_CHECKING:
    from rich.console import Console

    from runner.engine.actions.upload import Hear as HearFile
    from runner.store.moving.export import Hear as HearRows

Hear = Callable[[int, int, int | None], None]
EVERY = 10
"""A log gets a line for every so many pages."""


@contextmanager
def shown(name: str, wanted: bool) -> Iterator[Hear | None]:
    """What a sync's `progress` is handed while it runs; None when nobody wants to see it."""
    if not wanted:
        yield None
    elif sys.stderr.isatty():
        from rich.console import Console

        with bar(name, Console(stderr=True)) as hear:
            yield hear
    else:
        yield lines(name, SystemClock())


@contextmanager
def bar(name: str, console: Console) -> Iterator[Hear]:
    """A bar with the count, the rate, the time so far, and the time that is left where a total is known."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    told = TextColumn("{task.fields[told]}")
    parts = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), told, TimeElapsedColumn())
    with Progress(*parts, TimeRemainingColumn(compact=True), console=console) as progress:
        task = progress.add_task(name, total=None, told="")

        def hear(pages: int, seen: int, total: int | None) -> None:
            progress.update(task, completed=seen, total=None if total is None else max(total, seen))
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            rate = f", {speed:,.0f}/s" if speed else ""
            progress.update(task, told=f"{_so_far(seen, total)} in {counted(pages, 'page')}{rate}", refresh=True)

        yield hear


@contextmanager
def sending(name: str) -> Iterator[HearFile | None]:
    """What an action is handed that may send a file; None when nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with bytes_bar(name, Console(stderr=True)) as hear:
        yield hear


@contextmanager
def bytes_bar(name: str, console: Console) -> Iterator[HearFile]:
    """A bar with the bytes that the partner has, the rate, and the time that is left; none until there is a file."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    parts = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*parts, TimeRemainingColumn(compact=True), console=console) as progress:
        task = progress.add_task(name, total=None, visible=False)

        def hear(sent: int, size: int) -> None:
            progress.update(task, completed=sent, total=size, visible=True)

        yield hear


@contextmanager
def rows(wanted: bool) -> Iterator[HearRows]:
    """What is told of rows by table: a bar for a person at a terminal, nothing for a log."""
    if not wanted:
        yield lambda *_: None
        return
    from rich.console import Console

    with rows_bar(Console(stderr=True)) as hear:
        yield hear


@contextmanager
def rows_bar(console: Console) -> Iterator[HearRows]:
    """A bar with the table, the count of all rows, and the time that is left."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*parts, TimeRemainingColumn(compact=True), console=console) as progress:
        task = progress.add_task("", total=None)

        def hear(table: str, done: int, total: int) -> None:
            progress.update(task, description=table, completed=done, total=total)

        yield hear


def lines(name: str, clock: Clock) -> Hear:
    """A line for the first page and every tenth: the count, the rate, and the time that is left where a total is
    known."""
    began = clock.now()

    def hear(pages: int, seen: int, total: int | None) -> None:
        if pages == 1 or pages % EVERY == 0:
            typer.echo(f"{name}: {_so_far(seen, total)} in {counted(pages, 'page')}{pace(seen, total)}", err=True)

    def pace(seen: int, total: int | None) -> str:
        seconds = (clock.now() - began).total_seconds()
        rate = seen / seconds if seconds > 0 else 0.0
        if not rate:
            return ""
        left = f", {max(0, total - seen) / rate:.0f} s left" if total is not None else ""
        return f", {rate:,.0f}/s{left}"

    return hear


def _so_far(seen: int, total: int | None) -> str:
    return str(seen) if total is None else f"{seen} of {total}"
