"""The analyst's commands. Each imports what it needs when it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from runner.cli import output
from runner.cli.files import conclude, generate, here, sources
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from runner.connector.connector import Connector
    from runner.connector.processor import Processor

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Files = typer.Argument(
    None,
    metavar="FILES",
    help="Files or connectors to read, - for standard input; else all connectors and runner.yaml.",
)
Form = typer.Option("pretty", "--format", metavar="pretty|json|github", help="How findings are printed.")


@app.command()
@example("runner validate connectors/jobber.yaml --format github")
def validate(files: list[str] = Files, form: str = Form) -> None:
    """Find what is wrong in connectors and runner.yaml. Every finding has its place and what to do."""
    from runner.authoring.validation import validate as find

    given = sources(files)
    lacking = next((folder for one in given if not (folder := here().records_of(one.file)).exists()), None)
    note = f"; no {lacking}, so kinds and fields of records are not checked" if lacking else ""
    conclude(given, find(given, here()), form, note)


@app.command()
@example("runner lint connectors/jobber.yaml")
def lint(files: list[str] = Files, form: str = Form) -> None:
    """Find what loads but is doubtful. A comment `# lint: ignore <code>` silences a finding on its line."""
    from runner.authoring.lint import lint as find

    given = sources(files)
    conclude(given, find(given, here()), form)


@app.command()
@example("runner fmt --check", "runner fmt connectors/jobber.yaml --diff")
def fmt(
    files: list[str] = Files,
    check: bool = typer.Option(False, "--check", help="Write nothing; exit code 1 when a file is not laid out."),
    diff: bool = typer.Option(False, "--diff", help="Write nothing; show what would change."),
) -> None:
    """Lay files out in the one layout of the language. Comments stay, and that the meaning does is proved."""
    from runner.cli.formatting import format_all

    format_all(sources(files), check=check, diff=diff)


@app.command("map")
@example("runner map jobber client connectors/examples/jobber/client.typical.json --explain")
def map_payloads(
    connector: str = typer.Argument(help="The connector."),
    processor: str = typer.Argument(help="Its processor."),
    payload: str = typer.Argument("-", help="A JSON file with one payload or a list of them; - for standard input."),
    explain: bool = typer.Option(False, "--explain", help="Show each value's expression, place, and why it is null."),
    ndjson: bool = typer.Option(
        False, "--ndjson", help="Read one payload a line (or a list), print one outcome a line."
    ),
    as_json: bool = AsJson,
) -> None:
    """Map payloads by a processor and print the records. Exit code 1 when one is quarantined."""
    from runner.authoring import outcome
    from runner.cli.mapping import line, shown
    from runner.cli.payload import each, payloads

    found = _connector(connector)
    chosen = _processor(found, processor)
    bad = False
    if ndjson:
        for one in each(payload):
            processed = outcome.process(found, processor, one)
            bad = bad or outcome.of(processed) == "quarantined"
            sys.stdout.write(line(chosen, found.processor, one, processed, explain) + "\n")
    else:
        made = [(one, outcome.process(found, processor, one)) for one in payloads(payload)]
        bad = any(outcome.of(processed) == "quarantined" for _, processed in made)
        for text in shown(chosen, found.processor, made, explain=explain, as_json=as_json):
            typer.echo(text)
    if bad:
        raise typer.Exit(output.FOUND)


@app.command("test")
@example("runner test jobber", "runner test jobber --update")
def run_cases(
    connector: str = typer.Argument(None, help="The connector; else all."),
    update: bool = typer.Option(False, "--update", help="Show what changes, then pin it."),
) -> None:
    """Map every example and compare with its snapshot."""
    from runner.authoring.cases import cases
    from runner.authoring.pinned import run
    from runner.authoring.snapshots import changes

    if connector is not None:
        _connector(connector)
    found = cases(here(), connector)
    for name in sorted({case.connector for case in found}):
        _connector(name)
    if not found:
        refuse(f"there are no examples under {here().examples}/{connector or ''} (`runner new` writes a first one)")
    if update:
        for line in changes(here(), connector):
            typer.echo(line)
    raise typer.Exit(output.FOUND if run(here(), connector, update=update) else output.FINE)


@app.command()
@example("runner new acme_crm")
def new(name: str = typer.Argument(help="The partner's name: small letters, digits and _.")) -> None:
    """Write a first connector and its first example."""
    from runner.authoring.scaffold import scaffold

    for path in scaffold(name, here()):
        typer.echo(f"wrote {path}")
    typer.echo(
        f"next: runner validate {here().connectors}/{name}.yaml, then runner test {name} --update, then runner docs"
    )


@app.command()
@example("runner review jobber")
def review(connector: str = typer.Argument(help="The connector."), as_json: bool = AsJson) -> None:
    """Show on one page what a connector does. And what is not proved."""
    from runner.authoring.cases import cases
    from runner.authoring.review import review as page
    from runner.cli.reviewing import lines

    told = page(_connector(connector), cases(here(), connector))
    if as_json:
        output.print_json(told)
    else:
        typer.echo("\n".join(lines(told)))


@app.command()
@example("runner schema --check")
def schema(check: bool = typer.Option(False, "--check", help="Only say whether the files are up to date.")) -> None:
    """Write the JSON Schemas by which editors complete and check. They stand in schemas/."""
    from runner.connector.schema import wanted

    generate(wanted(here().schemas), check, "runner schema")


@app.command()
@example("runner docs --check")
def docs(
    context: typer.Context,
    check: bool = typer.Option(False, "--check", help="Only say whether the pages are up to date."),
) -> None:
    """Write the reference out of the code and the connectors. It stands in docs/reference."""
    from runner.authoring.reference.markdown import is_generated
    from runner.cli.reference import pages

    folder = here().reference
    written = {folder / name: text.encode() for name, text in pages(context.find_root().command, here()).items()}
    there = (path for path in folder.glob("**/*.md") if is_generated(path.read_text(encoding="utf-8")))
    generate(written, check, "runner docs", there)


@app.command()
@example("runner sign jobber --body connectors/examples/jobber/client.typical.json --secret example-secret")
def sign(
    connector: str = typer.Argument(help="The connector."),
    body: str = typer.Option(..., "--body", metavar="FILE", help="A file with the exact body; - for standard input."),
    secret: str = typer.Option("example-secret", "--secret", help="The secret to sign with: never a real one."),
    header: list[str] = typer.Option([], "--header", metavar="NAME:VALUE", help="What the partner sends beside."),
    url: str = typer.Option(None, "--url", help="The public address, where it is signed."),
    method: str = typer.Option("POST", "--method", help="The method, where it is signed."),
    at: str = typer.Option(None, "--at", help="When it arrives (ISO 8601), where a time is signed; else now."),
) -> None:
    """Sign a body as the partner would, and print the `vector` for `webhooks`: where the partner publishes none."""
    from runner.authoring.signing import signed, unproved, written
    from runner.cli.files import unsigned
    from runner.connector.library import Connectors

    given = unproved(Connectors(here().connectors).path(connector))
    made = signed(given, unsigned(body, header, url, method, at), secret)
    typer.echo(written(made.vector), nl=False)
    if made.refusal:
        typer.echo(f"not taken as it is; complete it by hand: {made.refusal}", err=True)
        raise typer.Exit(output.FOUND)


def _connector(name: str) -> Connector:
    from runner.connector.library import Connectors

    return Connectors(here().connectors).get(name)


def _processor(connector: Connector, name: str) -> Processor:
    from runner.model.words import suggest

    if name not in connector.processors:
        refuse(f"{connector.connector} has no processor `{name}` ({suggest(name, connector.processors)})")
    return connector.processors[name]
