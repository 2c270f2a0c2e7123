"""The operator's command that says why a value is what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example

if TYPE_CHECKING:
    from runner.engine.links.two_sides import Input, Told

explain = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Say why a value is what it is.",
)


@explain.callback()
def explaining() -> None:
    """Say why a value is what it is."""


@explain.command("record")
@example("runner explain record acme/servicetitan project 48211")
def record(
    integration: str = typer.Argument(help="The integration that has it: id, its beginning, or company/connector."),
    kind: str = typer.Argument(help="The kind of record, for instance project."),
    external_id: str = typer.Argument(metavar="ID", help="Its id there."),
    as_json: bool = AsJson,
) -> None:
    """Tell of a record, by each delivery rule, what both sides have, and whose value of each input stayed, when and
    why."""
    from dataclasses import asdict

    from runner.cli.workshop import chosen, look, settings_now
    from runner.engine.links.two_sides import explain
    from runner.service.assemble import read_config

    config = read_config(settings_now())
    found = look(lambda c: explain(c, config, chosen(c, integration), kind, external_id))
    if as_json:
        output.print_json([asdict(one) for one in found])
        return
    if not found:
        typer.echo("no delivery rule leads anywhere from this record, or to it")
    for one in found:
        for line in told(one):
            typer.echo(line)


def told(one: Told) -> Iterator[str]:
    """One rule for people."""
    there = f"{one.destination} {one.host_id}" if one.host_id else f"{one.destination} (not linked)"
    yield f"{one.rule}: {one.partner} {one.external_id} -> {there}"
    note = f": {one.note}" if one.note else ""
    yield f"  push {one.push} is {one.state}{note}" if one.push else "  nothing was pushed yet"
    for given in one.inputs:
        yield f"  {given.name} ({given.policy}): partner {_said(given.partner)}, host {_said(given.host)}"
        yield f"    {_decided(given)}"


def _decided(given: Input) -> str:
    common = f"in common last: {_said(given.common)}"
    if given.winner is None or given.at is None:
        return f"never apart; {common}"
    stayed = {"partner": "the partner's stayed", "host": "the host's stayed"}.get(given.winner, "each keeps its own")
    return f"{given.at:%Y-%m-%d %H:%M:%S}, push {given.push}: {stayed}, since {given.why}; {common}"


def _said(value: Any) -> str:
    import json

    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
