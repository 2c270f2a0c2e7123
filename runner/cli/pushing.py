"""The operator's command that lists what was sent, and what failed by reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from sqlalchemy import Connection


@example("runner pushes --dead", "runner pushes --to archive --state pending --json")
def pushes(
    integration: str = typer.Option(None, "--integration", metavar="INTEGRATION", help="Of the records of one."),
    to: str = typer.Option(None, "--to", help="To one destination: company/connector, or a name in runner.yaml."),
    rule: str = typer.Option(None, "--rule", help="Of one delivery rule."),
    state: str = typer.Option(None, "--state", help="pending, waiting, done, failed or skipped."),
    dead: bool = typer.Option(False, "--dead", help="What failed for good, counted by destination, rule and reason."),
    limit: int = typer.Option(50, "--limit", min=1, help="The most rows."),
    as_json: bool = AsJson,
) -> None:
    """List records on their way to destinations, the latest first; with --dead what failed, and why."""
    from runner.cli.replaying import destination_id
    from runner.cli.workshop import chosen, look
    from runner.model.push import PushState
    from runner.service.push_shapes import PushShape
    from runner.store import pushes as table

    if state is not None and state not in set(PushState):
        refuse(f"pushes have no state {state} (there are: {', '.join(PushState)})")
    if dead:
        if integration or rule or state:
            refuse("--dead counts all that failed; --to narrows it to one destination")
        _dead(to, as_json)
        return

    def work(connection: Connection) -> list[dict[str, Any]]:
        found = table.find(
            connection,
            chosen(connection, integration).id if integration else None,
            destination_id(connection, to),
            PushState(state) if state else None,
            rule=rule,
            limit=limit,
        )
        return [PushShape.of(one).model_dump(mode="json") for one in found]

    columns = ("id", "rule", "kind", "external_id", "destination", "state", "retries", "updated_at", "reason", "note")
    output.listing(look(work), columns, as_json)


def _dead(to: str | None, as_json: bool) -> None:
    from runner.cli.replaying import destination_id
    from runner.cli.workshop import look
    from runner.store import dead, integrations

    def work(connection: Connection) -> list[dict[str, Any]]:
        found = dead.reasons(connection, destination_id(connection, to))
        owners = integrations.named(connection, {one.destination for one in found})
        names = {key: f"{owner.company}/{owner.connector}" for key, owner in owners.items()}
        return [{**vars(one), "to": names.get(one.destination, one.destination)} for one in found]

    output.listing(look(work), ("to", "rule", "reason", "count", "note"), as_json)
