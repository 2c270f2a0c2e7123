"""The operator's commands about links: what a partner and the host call the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from runner.engine.house import House
    from runner.model.integration import Integration
    from runner.model.push import Link

COLUMNS = ("integration", "kind", "external_id", "destination", "host_id", "how")
MISSING = ("integration", "kind", "external_id", "name", "connector", "first_at", "candidates")
Which = typer.Argument(help="The integration that the record comes from: id, its beginning, or company/connector.")
Kind = typer.Argument(help="The kind of record, for instance user or project.")
Ours = typer.Argument(metavar="EXTERNAL_ID", help="Its id at the partner.")
To = typer.Option(None, "--to", help="The destination's connector; needed where the rules have several.")

links = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="See and set which thing of a partner is which at the host.",
)


@links.command("list")
@example("runner links list --integration acme/servicetitan --kind user")
def list_links(
    integration: str = typer.Option(None, "--integration", metavar="INTEGRATION", help="Of one integration."),
    kind: str = typer.Option(None, "--kind", help="Of one kind of record."),
    limit: int = typer.Option(1000, "--limit", min=1, help="The most rows."),
    as_json: bool = AsJson,
) -> None:
    """List links: made by a push, found by e-mail or another rule, or set by hand (manual)."""
    from runner.cli.workshop import chosen, look
    from runner.store import integrations, links

    def work(connection: Connection) -> list[dict[str, Any]]:
        of = chosen(connection, integration).id if integration else None
        names = {one.id: one for one in integrations.find(connection)}
        found = links.find(connection, of, kind=kind, limit=limit)
        return [_row(one, names) for one in found]

    output.listing(look(work), COLUMNS, as_json, "no links yet; a push makes one, or `runner links set`")


@links.command("unmatched")
@example("runner links unmatched --integration acme/servicetitan --kind user")
def list_unmatched(
    integration: str = typer.Option(None, "--integration", metavar="INTEGRATION", help="Of one integration."),
    kind: str = typer.Option(None, "--kind", help="Of one kind of record."),
    limit: int = typer.Option(100, "--limit", min=1, help="The most rows."),
    as_json: bool = AsJson,
) -> None:
    """List who and what has no match at a destination, since when, and who may be meant."""
    from runner.cli.workshop import chosen, look
    from runner.engine.links.unmatched import missing
    from runner.service.link_shapes import UnmatchedShape
    from runner.store import integrations

    def work(connection: Connection) -> list[dict[str, Any]]:
        of = chosen(connection, integration).id if integration else None
        there = {one.id: one for one in integrations.find(connection)}
        return [
            {
                "integration": _name(there, one.row.integration_id),
                **UnmatchedShape.of(one, there).model_dump(mode="json"),
            }
            for one in missing(connection, of, kind, limit)
        ]

    rows = look(work)
    if not as_json:
        for row in rows:
            meant = [f"{one['host_id']} {one['name'] or one['email']}" for one in row["candidates"]]
            row["candidates"] = ", ".join(meant) or "nobody is alike"
    output.listing(rows, MISSING, as_json, "everybody is matched who has to be")


@links.command("set")
@example("runner links set acme/servicetitan user 3001 2789583992 --to companycam")
def set_link(
    integration: str = Which,
    kind: str = Kind,
    external_id: str = Ours,
    host_id: str = typer.Argument(help="Its id at the destination."),
    to: str = To,
) -> None:
    """Say by hand which thing of the host is meant; pushes that waited for it go on."""
    from runner.cli.workshop import chosen, in_house
    from runner.engine.links.link import link

    async def work(house: House) -> Link:
        source = await house.store.database.read(lambda c: chosen(c, integration))
        return await link(house, source, to, kind, external_id, host_id)

    made = in_house(work)
    typer.echo(f"{made.kind} {made.external_id} is {made.host_id} there; what waits is tried again by a running worker")


@links.command("remove")
@example("runner links remove acme/servicetitan user 3001")
def remove_link(integration: str = Which, kind: str = Kind, external_id: str = Ours, to: str = To) -> None:
    """Forget a link. What is at the host stays there; a push may find or make it anew."""
    from runner.cli.workshop import chosen, in_house
    from runner.engine.links.link import unlink

    async def work(house: House) -> None:
        source = await house.store.database.read(lambda c: chosen(c, integration))
        await unlink(house, source, to, kind, external_id)

    in_house(work)
    typer.echo(f"{kind} {external_id} is not linked any more")


def _row(one: Link, there: Mapping[str, Integration]) -> dict[str, Any]:
    return {
        **vars(one),
        "integration": _name(there, one.integration_id),
        "destination": _name(there, one.destination),
    }


def _name(there: Mapping[str, Integration], integration_id: str) -> str:
    found = there.get(integration_id)
    return f"{found.company}/{found.connector}" if found else integration_id
