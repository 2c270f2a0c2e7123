"""The runs of syncs: what became of the payloads, what the calls cost, and where the time went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from runner.model.run import SyncRun

COLUMNS = (
    "sync",
    "state",
    "full",
    "started",
    "pages",
    "seen",
    "created",
    "changed",
    "unchanged",
    "quarantined",
    "deleted",
    "calls",
    "retries",
    "waited",
    "received",
    "fetch",
    "map",
    "store",
    "note",
)


@example("runner runs acme/servicetitan jobs", "runner runs --state failed --json")
def runs(
    integration: str = typer.Argument(None, help="Of one: its id, the beginning of it, or company/connector."),
    name: str = typer.Argument(None, metavar="[SYNC]", help="Of one sync."),
    state: str = typer.Option(None, "--state", help="running, done or failed."),
    limit: int = typer.Option(20, "--limit", min=1, help="The most runs."),
    as_json: bool = AsJson,
) -> None:
    """List runs of syncs, the latest first: payloads, calls, waits, bytes, and the time of each stage."""
    from runner.cli.workshop import chosen, look
    from runner.model.run import RunState
    from runner.service.shapes import RunShape
    from runner.store import integrations
    from runner.store import runs as table

    if state and state not in list(RunState):
        refuse(f"--state is one of {', '.join(RunState)}, not {state}")

    def work(connection: Connection) -> tuple[list[SyncRun], dict[str, str]]:
        own = chosen(connection, integration).id if integration else None
        found = table.find(connection, own, name, RunState(state) if state else None, limit)
        owners = integrations.named(connection, {run.integration_id for run in found}).values()
        return found, {one.id: f"{one.company}/{one.connector}" for one in owners}

    found, owners = look(work)
    if as_json:
        output.print_json([RunShape.of(run).model_dump(mode="json") for run in found])
        return
    rows = [{"integration": owners.get(run.integration_id), **row(run)} for run in found]
    output.listing(rows, ("integration", *COLUMNS), False, "no runs; `runner sync` makes one")


def row(run: SyncRun) -> dict[str, Any]:
    """A run for people."""
    counts = run.counts
    return {
        "sync": run.sync,
        "state": run.state.value,
        "full": run.full,
        "started": f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        **vars(counts),
        "waited": f"{counts.wait_seconds:.1f} s",
        "received": f"{counts.bytes / 1e6:.1f} MB",
        "fetch": f"{counts.fetch_seconds:.1f} s",
        "map": f"{counts.map_seconds:.1f} s",
        "store": f"{counts.store_seconds:.1f} s",
        "note": run.error,
    }
