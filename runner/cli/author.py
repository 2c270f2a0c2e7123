"""The analyst's commands. Each imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from runner.authoring.folders import Folders, Source, folders, source
from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from runner.connector.connector import Connector
    from runner.connector.processor import Processor
    from runner.errors import Finding

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Files = typer.Argument(
    None, metavar="[FILES]...", help="Files to read, - for standard input; else all connectors and runner.yaml."
)
Form = typer.Option("pretty", "--format", metavar="pretty|json|github", help="How findings are printed.")


@app.command()
@example("runner validate connectors/jobber.yaml --format github")
def validate(files: list[str] = Files, form: str = Form) -> None:
    """Find what is wrong in connectors and runner.yaml: every finding, with its place and what to do."""
    from runner.authoring.validation import validate as find

    given = _sources(files)
    _conclude(given, find(given, _folders()), form)


@app.command("map")
@example("runner map jobber client connectors/examples/jobber/client.typical.json --explain")
def map_payloads(
    connector: str = typer.Argument(help="The connector."),
    processor: str = typer.Argument(help="Its processor."),
    payload: str = typer.Argument("-", help="A JSON file with one payload or a list of them; - for standard input."),
    explain: bool = typer.Option(False, "--explain", help="Show each value's expression, place, and why it is null."),
    ndjson: bool = typer.Option(False, "--ndjson", help="Read one payload a line, print one outcome a line."),
    as_json: bool = AsJson,
) -> None:
    """Map payloads by a processor and print the records. Exit code 1 when one is quarantined."""
    from runner.authoring import outcome
    from runner.cli.mapping import shown
    from runner.cli.payload import payloads

    found = _connector(connector)
    chosen = _processor(found, processor)
    made = [(payload, outcome.process(found, processor, payload)) for payload in payloads(payload, ndjson)]
    for line in shown(chosen, made, explain=explain, lines=ndjson, as_json=as_json or not output.on_terminal()):
        typer.echo(line)
    if any(outcome.of(processed) == "quarantined" for _, processed in made):
        raise typer.Exit(output.FOUND)


@app.command("test")
@example("runner test jobber", "runner test --update")
def run_cases(
    connector: str = typer.Argument(None, help="The connector; else all."),
    update: bool = typer.Option(False, "--update", help="Show what changes, then pin it."),
) -> None:
    """Map every example and compare with its snapshot in tests/snapshots."""
    from runner.authoring.cases import cases
    from runner.authoring.pinned import run
    from runner.authoring.snapshots import changes

    if connector is not None:
        _connector(connector)
    if not cases(_folders(), connector):
        refuse(f"there are no examples under {_folders().examples}/{connector or ''} (`runner new` writes a first one)")
    if update:
        for line in changes(_folders(), connector):
            typer.echo(line)
    raise typer.Exit(output.FOUND if run(_folders(), connector, update=update) else output.FINE)


@app.command()
@example("runner schema --check")
def schema(check: bool = typer.Option(False, "--check", help="Only say whether the files are up to date.")) -> None:
    """Write schemas/connector.schema.json and schemas/runner.schema.json, by which editors complete and check."""
    from runner.connector.schema import drifted, wanted

    folder = _folders().schemas
    _generate(wanted(folder), drifted(folder), check, "runner schema")


def _folders() -> Folders:
    return folders(os.environ)


def _sources(files: list[str] | None) -> list[Source]:
    """What is to be read. Ends with exit code 2 when a file is not there, or there is none at all."""
    paths: list[str | Path] = [*files] if files else [*_folders().files()]
    if not paths:
        refuse(f"there are no connectors in {_folders().connectors} (set RUNNER_CONNECTORS, or name files)")
    return [Source("<stdin>", sys.stdin.read()) if path == "-" else source(Path(path)) for path in paths]


def _conclude(given: list[Source], findings: list[Finding], form: str) -> None:
    """Print the findings; exit code 1 when there are any."""
    from runner.authoring.report import FORMATS, report, summary

    if form not in FORMATS:
        refuse(f"there is no format `{form}` (there are: {', '.join(FORMATS)})")
    text = report(findings, form, {one.file: one.text for one in given})
    if text:
        typer.echo(text)
    if form == "pretty":
        typer.echo(summary(len(given), len(findings)))
    if findings:
        raise typer.Exit(output.FOUND)


def _connector(name: str) -> Connector:
    from runner.connector.library import Connectors

    return Connectors(_folders().connectors).get(name)


def _processor(connector: Connector, name: str) -> Processor:
    from runner.connector.messages import suggest

    if name not in connector.processors:
        refuse(f"{connector.connector} has no processor `{name}` ({suggest(name, connector.processors)})")
    return connector.processors[name]


def _generate(wanted: dict[Path, bytes], drifted: list[Path], check: bool, command: str) -> None:
    """Write the generated files that drifted, or (to check) say which did."""
    for path in drifted:
        if check:
            typer.echo(f"{path} is not what the code says (run `{command}` and commit it)")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
            typer.echo(f"wrote {path}")
    if not drifted:
        typer.echo(f"{len(wanted)} files are up to date")
    if drifted and check:
        raise typer.Exit(output.FOUND)
