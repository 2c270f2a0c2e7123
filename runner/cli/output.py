"""What commands print: tables for people, JSON for programs, one clean line for what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import typer

from runner.errors import ConnectorError, NotFound, RunnerError, SettingsError

FINE, FOUND, MISUSE = 0, 1, 2
F = TypeVar("F", bound=Callable[..., Any])

AsJson = typer.Option(False, "--json", help="Print JSON instead of a table.")


def example(*lines: str) -> Callable[[F], F]:
    """Ends the help of a command with an example that runs: `@app.command()` stands above, this below."""

    def add(command: F) -> F:
        words = (command.__doc__ or "").rstrip()
        command.__doc__ = words + "\n\n\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return add


def listing(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], as_json: bool, empty: str = "nothing") -> None:
    """Rows as a table with these columns, or wholly as a JSON list. `empty` is said when there are none."""
    if as_json:
        print_json(list(rows))
    elif not rows:
        typer.echo(empty)
    else:
        for line in table(rows, columns):
            typer.echo(line)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterable[str]:
    """The lines of a plain table: column names in capitals, columns two spaces apart."""
    cells = [[name.upper().replace("_", " ") for name in columns]]
    cells += [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def print_json(value: Any) -> None:
    """Any plain value as indented JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def refuse(message: str) -> NoReturn:
    """End with exit code 2 and one line: the command was not used as it can be."""
    typer.echo(f"runner: {message}", err=True)
    raise typer.Exit(MISUSE)


def told(error: RunnerError) -> int:
    """Print an error as one clean line (or its findings) to standard error; the exit code."""
    if isinstance(error, ConnectorError):
        for finding in error.findings:
            typer.echo(str(finding), err=True)
        return FOUND
    typer.echo(f"runner: {error}", err=True)
    return MISUSE if isinstance(error, NotFound | SettingsError) else FOUND


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("\n", " ")
