"""The operator's command about companies' integrations: how they stand, and switching them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from runner.model.integration import Integration

COLUMNS = ("id", "company", "connector", "environment", "state", "since", "account")


@example(
    "runner integrations --state error", "runner integrations acme/jobber", "runner integrations --remove acme/jobber"
)
def list_integrations(
    integration: str = typer.Argument(None, help="One, with every move that it made: its id, or company/connector."),
    company: str = typer.Option(None, "--company", help="Those of one company."),
    connector: str = typer.Option(None, "--connector", help="Those of one connector."),
    state: str = typer.Option(None, "--state", help="pending, active, error or disabled."),
    enable: str = typer.Option(None, "--enable", metavar="INTEGRATION", help="Switch one on again."),
    disable: str = typer.Option(None, "--disable", metavar="INTEGRATION", help="Switch one off; what opens it stays."),
    disconnect: str = typer.Option(
        None,
        "--disconnect",
        metavar="INTEGRATION",
        help="Switch one off, revoke and forget what opens it.",
    ),
    remove: str = typer.Option(None, "--remove", metavar="INTEGRATION", help="Delete one with all that it holds."),
    yes: bool = typer.Option(False, "--yes", help="Remove without asking."),
    as_json: bool = AsJson,
) -> None:
    """List integrations and how they stand; or show what became of one; or switch one off, on again, or remove it."""
    from runner.cli import history, switching
    from runner.cli.workshop import look
    from runner.model.integration import State
    from runner.service.shapes import IntegrationShape
    from runner.store import integrations

    asked = [text for text in (enable, disable, disconnect, remove, integration) if text]
    if len(asked) > 1:
        refuse("give one of INTEGRATION, --enable, --disable, --disconnect and --remove")
    if integration:
        history.show(integration, as_json)
        return
    if remove:
        switching.remove(remove, yes)
        return
    if asked:
        one = switching.part(disconnect) if disconnect else switching.switch(asked[0], on=bool(enable))
        _tell_row(one, as_json)
        return
    if state and state not in list(State):
        refuse(f"--state is one of {', '.join(State)}, not {state}")
    found = look(lambda c: integrations.find(c, company, connector, State(state) if state else None))
    if as_json:
        output.print_json([IntegrationShape.of(one).model_dump(mode="json") for one in found])
        return
    if not found:
        typer.echo("no integrations; `runner connect` makes one")
    for line in _lines(found):
        typer.echo(line)


def _tell_row(one: Integration, as_json: bool) -> None:
    from runner.service.shapes import IntegrationShape

    if as_json:
        output.print_json(IntegrationShape.of(one).model_dump(mode="json"))
        return
    for line in _lines([one]):
        typer.echo(line)


def _lines(found: Sequence[Integration]) -> Iterator[str]:
    """A table; under the row of one that is not well, why and what mends it."""
    heading, *rows = output.table([_row(one) for one in found], COLUMNS)
    if rows:
        yield heading
    for one, row in zip(found, rows, strict=True):
        yield row
        if one.reason is not None:
            yield f"  {one.reason.message}"
            if one.reason.remedy:
                yield f"  -> {one.reason.remedy}"


def _row(one: Integration) -> dict[str, Any]:
    since = f"{one.since:%Y-%m-%d}" if one.since else None
    return {**vars(one), "state": one.state.value, "since": since, "account": one.account_name or one.account_id}
