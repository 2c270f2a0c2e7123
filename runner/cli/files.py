"""The files of the analyst's commands: which are meant, what was found in them, which are generated."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from runner.authoring.folders import Folders, Source, folders, source
from runner.cli import output

if TYPE_CHECKING:
    from runner.authoring.signing import Unsigned
    from runner.errors import Finding

STANDARD_INPUT = "<stdin>"


def here() -> Folders:
    """The folders that the environment names, from the current one."""
    return folders(os.environ)


def sources(files: Sequence[str] | None) -> list[Source]:
    """What is to be read. Ends with exit code 2 when a file is not there, or there is none at all."""
    paths: list[str | Path] = [path for file in files for path in _inside(file)] if files else [*here().files()]
    if not paths:
        output.refuse(f"there are no connectors in {here().connectors} (set RUNNER_CONNECTORS, or name files)")
    return [Source(STANDARD_INPUT, _standard_input()) if path == "-" else source(Path(path)) for path in paths]


def _standard_input() -> str:
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return sys.stdin.read()


def _inside(file: str) -> list[str | Path]:
    """The file itself, the connectors in a folder, or the connector of that name."""
    from runner.connector.library import Connectors

    if Path(file).is_dir():
        return sorted(Path(file).glob("*.yaml"))
    if file == "-" or Path(file).exists() or Path(file).suffix or len(Path(file).parts) > 1:
        return [file]
    return [Connectors(here().connectors).path(file)]


def unsigned(body: str, headers: Sequence[str], url: str | None, method: str, at: str | None) -> Unsigned:
    """What is to be signed. Ends with exit code 2 for a file that is not there, a header or a time that is none."""
    from runner.authoring.signing import Unsigned

    if flawed := [one for one in headers if not one.partition(":")[0].strip() or ":" not in one]:
        output.refuse(f"`{flawed[0]}` is no header (write NAME:VALUE)")
    pairs = {name.strip(): value.strip() for name, _, value in (one.partition(":") for one in headers)}
    try:
        content = sys.stdin.buffer.read() if body == "-" else Path(body).read_bytes()
    except OSError as error:
        output.refuse(f"{body} cannot be read: {error.strerror}")
    try:
        moment = datetime.fromisoformat(at) if at else datetime.now(UTC).replace(microsecond=0)
    except ValueError:
        output.refuse(f"`{at}` is no time (write 2026-05-04T15:18:10Z)")
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Unsigned(content, moment, pairs, method.upper(), url or Unsigned.url)


def conclude(given: Sequence[Source], findings: Sequence[Finding], form: str, note: str = "") -> None:
    """Print the findings; exit code 1 when there are any but for what is only of interest. `note` ends the summary."""
    from runner.authoring.report import FORMATS, report, summary

    if form not in FORMATS:
        output.refuse(f"there is no format `{form}` (there are: {', '.join(FORMATS)})")
    text = report(findings, form, {one.file: one.text for one in given})
    if text:
        typer.echo(text)
    if form == "pretty":
        typer.echo(summary(len(given), len(findings)) + note)
    if any(finding.severity != "info" for finding in findings):
        raise typer.Exit(output.FOUND)


def generate(wanted: Mapping[Path, bytes], check: bool, command: str, there: Iterable[Path] = ()) -> None:
    """Write the generated files that drifted, or (to check) say which did and end with exit code 1. Of the generated
    files that are `there`, those that nothing wants any more are removed."""
    drifted = [path for path, text in wanted.items() if not path.exists() or path.read_bytes() != text]
    left_over = sorted(set(there) - set(wanted))
    for path in [*drifted, *left_over]:
        if check:
            typer.echo(f"{path} is not what the code says (run `{command}` and commit it)")
        elif path in left_over:
            path.unlink()
            typer.echo(f"removed {path}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
            typer.echo(f"wrote {path}")
    if not drifted and not left_over:
        typer.echo(f"{len(wanted)} files are up to date")
    if (drifted or left_over) and check:
        raise typer.Exit(output.FOUND)
