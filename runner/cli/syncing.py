"""`runner sync`: run syncs now, see what they would change, record their exchanges, or play a recording back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.engine.house import House
    from runner.model.integration import Integration
    from runner.model.run import SyncRun

_COUNTS = ("pages", "seen", "created", "changed", "unchanged", "quarantined", "deleted", "calls", "limited", "retries")
COLUMNS = ("sync", "state", *_COUNTS, "error")


@example(
    "runner sync acme/servicetitan jobs --full",
    "runner sync acme/servicetitan jobs --dry-run",
    "runner sync acme/servicetitan jobs --record case-17",
    "runner sync --replay case-17",
)
def sync(
    integration: str | None = typer.Argument(None, help="Its id, the beginning of it, or company/connector."),
    name: str | None = typer.Argument(None, metavar="[SYNC]", help="One sync; all of the connector when left out."),
    full: bool = typer.Option(False, "--full", help="A pass over everything, ignoring the checkpoint."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Fetch and map, write nothing, show what would change."),
    record: Path | None = typer.Option(
        None, "--record", metavar="DIR", help="Keep the exchanges in a folder, without secrets."
    ),
    replay: Path | None = typer.Option(
        None, "--replay", metavar="DIR", help="Run from such a folder, without network, into a scratch database."
    ),
    accept_deletions: bool = typer.Option(
        False, "--accept-deletions", help="With --full: delete what the pass does not find, however much that is."
    ),
    progress: bool = typer.Option(True, "--progress/--no-progress", help="A bar on a terminal, else a line a page."),
    as_json: bool = AsJson,
) -> None:
    """Run syncs of an integration now, in this process, and see how far they are."""
    if replay is not None:
        if integration or full or dry_run or record:
            refuse("--replay runs what was recorded, as it was recorded: give nothing beside it but --json")
        _play(replay, as_json)
    elif not integration:
        refuse("say which integration (see `runner integrations`)")
    elif dry_run:
        if record is not None:
            refuse("give one of --dry-run and --record")
        _preview(integration, name, full, progress, as_json)
    else:
        _conclude(_run(integration, name, full, record, progress, as_json, accept_deletions), as_json)


def _play(folder: Path, as_json: bool) -> None:
    """The runs of a recording; as JSON the records too, so that a test can hold them."""
    import asyncio
    from dataclasses import asdict

    from runner.cli.workshop import log_of, settings_now
    from runner.connector.library import Connectors
    from runner.service.assemble import read_schemas
    from runner.service.offline import play

    settings = settings_now()
    connectors = Connectors(settings.connectors)
    played = asyncio.run(play(folder, connectors, read_schemas(connectors, settings), log_of(settings)))
    if as_json:
        output.print_json({"runs": _rows(played.runs), "records": [asdict(one) for one in played.records]})
    else:
        _conclude(played.runs, False)


def _run(
    which: str, name: str | None, full: bool, record: Path | None, progress: bool, as_json: bool, accept: bool
) -> Sequence[SyncRun]:
    from runner.cli.progress import shown
    from runner.cli.workshop import in_house
    from runner.engine.syncs import sync as verb
    from runner.errors import StoreError
    from runner.model.integration import State
    from runner.service.assemble import save_calls
    from runner.service.offline import record as open_tape
    from runner.store import integrations, wakeups

    async def work(house: House) -> list[SyncRun]:
        found, names = await _chosen(house, which, name)
        tape = await open_tape(house, found, record) if record is not None else None
        runs = []
        for one in names:
            busy = await house.store.database.write(lambda c: [row.key for row in wakeups.running(c)])
            if f"sync:{found.id}:{one}" in busy:
                raise StoreError(f"sync {one} runs in a worker now (see `runner status`); wait until it is done")
            if tape is not None:
                await tape.begin(found, one, full)
            with shown(one, progress and not as_json) as hear:
                at = tape.house if tape else house
                runs.append(await verb.run(at, found, one, full=full, progress=hear, accept_deletions=accept))
        if tape is not None:
            tape.close()
            typer.echo(f"recorded in {record}: no secrets, but what the partner says of people", err=True)
        await save_calls(house)
        after = await house.store.database.read(lambda c: integrations.get(c, found.id))
        if found.state is State.ERROR and after.state is State.ACTIVE:
            typer.echo(f"{found.company}/{found.connector} was in error and is active again", err=True)
        return runs

    return in_house(work)


def _preview(which: str, name: str | None, full: bool, progress: bool, as_json: bool) -> None:
    from contextlib import ExitStack

    from runner.cli import previewing
    from runner.cli.progress import shown
    from runner.cli.workshop import in_house
    from runner.engine.syncs.preview import Preview, preview
    from runner.store.spool import Spool

    async def work(house: House) -> list[Preview]:
        found, names = await _chosen(house, which, name)
        made = []
        for one in names:
            with shown(one, progress and not as_json) as hear:
                spool = spools.enter_context(Spool())
                made.append(await preview(house, found, one, spool, full=full, progress=hear))
        return made

    with ExitStack() as spools:
        made = in_house(work)
        if as_json:
            for piece in previewing.dumped(made):
                typer.echo(piece, nl=False)
            typer.echo()
            return
        for one in made:
            for line in previewing.lines(one):
                typer.echo(line)


async def _chosen(house: House, which: str, name: str | None) -> tuple[Integration, list[str]]:
    """The integration that is meant, and the syncs; NotFound says which there are."""
    from runner.cli.workshop import chosen
    from runner.errors import NotFound

    found = await house.store.database.read(lambda c: chosen(c, which))
    names = list(house.connectors.get(found.connector).syncs_of(found.way))
    if name is not None and name not in names:
        raise NotFound(f"{found.connector} has no sync `{name}` (there are: {', '.join(names) or 'none'})")
    return found, [name] if name else names


def _conclude(done: Sequence[SyncRun], as_json: bool) -> None:
    from runner.model.run import RunState

    output.listing(_rows(done), COLUMNS, as_json, "this connector has no syncs")
    if any(run.state is RunState.FAILED for run in done):
        raise typer.Exit(output.FOUND)


def _rows(done: Sequence[SyncRun]) -> list[dict[str, Any]]:
    return [{"sync": run.sync, "state": run.state.value, **vars(run.counts), "error": run.error} for run in done]
