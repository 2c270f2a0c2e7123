"""How far a sync is: a bar for a person at a terminal, a line now and then for a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from runner.authoring.report import counted

Hear = Callable[[int, int, int | None], None]
EVERY = 10
"""A log gets a line for every so many pages."""


@contextmanager
def shown(name: str, wanted: bool) -> Iterator[Hear | None]:
    """What a sync's `progress` is handed while it runs; None when nobody wants to see it."""
    if not wanted:
        yield None
    elif sys.stderr.isatty():
        with _bar(name) as hear:
            yield hear
    else:
        yield _lines(name)


@contextmanager
def _bar(name: str) -> Iterator[Hear]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    parts = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*parts, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=None, told="")

        def hear(pages: int, seen: int, total: int | None) -> None:
            bar.update(task, completed=seen, total=total, told=f"{seen} in {counted(pages, 'page')}")

        yield hear


def _lines(name: str) -> Hear:
    def hear(pages: int, seen: int, total: int | None) -> None:
        if pages == 1 or pages % EVERY == 0:
            typer.echo(f"{name}: {seen}{f' of {total}' if total else ''} in {counted(pages, 'page')}", err=True)

    return hear
