"""What `runner fmt` does with each file: write it, say that it would, or show how."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from runner.authoring.fmt import formatted
from runner.authoring.folders import Source
from runner.authoring.report import counted
from runner.cli import output
from runner.cli.files import STANDARD_INPUT, here
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.errors import ConnectorError


def format_all(given: Sequence[Source], *, check: bool, diff: bool) -> None:
    """Lay out every file. Exit code 1 when one cannot be, or (with `check`) is not."""
    results = [_one(source, check=check, diff=diff) for source in given]
    quiet = diff or any(source.file == STANDARD_INPUT for source in given)
    if not quiet:
        done = f"{results.count('changed') or 'none'} {'to lay out' if check else 'changed'}"
        typer.echo(f"{counted(len(results), 'file')}, {done}")
    if "failed" in results or (check and "changed" in results):
        raise typer.Exit(output.FOUND)


def _one(source: Source, *, check: bool, diff: bool) -> str:
    try:
        made = formatted(source.text, source.file, Config if here().is_config(source.file) else Connector)
    except ConnectorError as error:
        output.told(error)
        return "failed"
    if source.file == STANDARD_INPUT and not check and not diff:
        typer.echo(made, nl=False)
        return "same"
    if made == source.text:
        return "same"
    for line in _lines(source, made, check=check, diff=diff):
        typer.echo(line)
    if not check and not diff:
        Path(source.file).write_text(made, encoding="utf-8")
    return "changed"


def _lines(source: Source, made: str, *, check: bool, diff: bool) -> Iterator[str]:
    if diff:
        before, after = source.text.splitlines(), made.splitlines()
        yield from difflib.unified_diff(before, after, source.file, source.file, lineterm="")
    elif check:
        yield f"{source.file} is not laid out (run `runner fmt {source.file}`)"
    else:
        yield f"laid out {source.file}"
