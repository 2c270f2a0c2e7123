"""`runner connect`: begin an integration, hand out a connect link, and wait until it was used."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from runner.connector.connector import Connector
    from runner.engine.house import House
    from runner.model.integration import Integration
    from runner.service.tickets import ConnectLink

Made = tuple["Integration", "ConnectLink | None"]
LOOK_EVERY = 1.0  # seconds


@example(
    "runner connect companycam acme --set access_token=@token.txt",
    "runner connect jobber acme --wait",
    "runner connect --again acme/jobber",
)
def connect(
    connector: str = typer.Argument(None, help="The connector."),
    company: str = typer.Argument(None, help="The company, as the host calls it."),
    environment: str = typer.Option(None, "--environment", help="The first of the connector when left out."),
    way: str = typer.Option(None, "--way", help="The way in, where the connector has several."),
    given: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="A setting; NAME=@FILE reads it from a file, so that nobody sees it."
    ),
    link_only: bool = typer.Option(False, "--link", help="Ask nothing here: the page asks the company's admin."),
    again: str = typer.Option(
        None, "--again", metavar="INTEGRATION", help="A new link for one that there is, also to consent anew."
    ),
    redirect_to: str = typer.Option(None, "--redirect-to", help="Where the admin goes once connected."),
    wait: bool = typer.Option(False, "--wait", help="Wait until the link was used, or is too old."),
    as_json: bool = AsJson,
) -> None:
    """Connect a company to a partner. At a terminal what is missing is asked for; what is missing still, and consent,
    is for the company's admin: a link is printed, for one use within minutes (`connect.link_lifetime` in runner.yaml).
    """
    from runner.cli.workshop import chosen, in_house
    from runner.engine.integrations import connect as verb
    from runner.engine.integrations.redirects import check_redirect
    from runner.model.integration import State
    from runner.service import tickets

    if bool(again) == bool(connector and company):
        refuse("give a connector and a company, or --again and an integration")
    if again and (connector or given or environment or way):
        refuse("--again only makes a new link, at which everything can be filled in anew; leave the rest out")

    async def work(house: House) -> Made:
        check_redirect(house, redirect_to)
        if again:
            known = await house.store.database.read(lambda c: chosen(c, again))
            return known, tickets.link(house, known, redirect_to)
        found = house.connectors.get(connector)
        values = _settings(given) if link_only else _asked(found, _settings(given), way)
        made = await verb.begin(house, company, connector, environment, values, way, later=True)
        return made, None if made.state is State.ACTIVE else tickets.link(house, made, redirect_to)

    made, link = in_house(work, makes=not again)
    _tell(made, link, as_json)
    if wait and link is not None:
        _wait(made, link, as_json)
    elif made.state is State.ERROR and not again:
        raise typer.Exit(output.FOUND)


def _tell(made: Integration, link: ConnectLink | None, as_json: bool) -> None:
    from runner.service.shapes import IntegrationShape

    if as_json:
        told = {"authorize_url": link and link.url, "authorize_before": link and link.expires_at.isoformat()}
        output.print_json({**IntegrationShape.of(made).model_dump(mode="json"), **told})
        return
    typer.echo(f"{made.id}  {made.company}/{made.connector}  {made.state.value}")
    if made.reason:
        typer.echo(f"{made.reason.message}\n{made.reason.remedy}")
    if link:
        typer.echo(f"Send this link to the company's admin; it is for one use, before {link.expires_at:%H:%M} UTC:")
        typer.echo(link.url)


def _wait(made: Integration, link: ConnectLink, as_json: bool) -> None:
    """Until the link led to a connection, exit code 0, or can do so no more, exit code 1; what is in the way is told
    as it comes."""
    from runner.cli.workshop import in_house

    async def work(house: House) -> bool:
        typer.echo("waiting until it is used (end with Ctrl-C; the link stays good)", err=True)
        return await wait_for(house, made, link)

    if not in_house(work):
        typer.echo(f"the link is too old now; `runner connect --again {made.id}` makes another", err=True)
        raise typer.Exit(output.FOUND)
    typer.echo(f"{made.company}/{made.connector} is connected", err=as_json)


async def wait_for(house: House, made: Integration, link: ConnectLink) -> bool:
    """Whether the link led to a connection before it was too old."""
    from runner.store import integrations, sessions

    reason, expires_at = made.reason, link.expires_at
    while house.clock.now() < expires_at:
        session = await house.store.database.read(lambda c: sessions.get(c, link.id))
        if session is not None and session.ended_at is not None:
            return True
        expires_at = session.expires_at if session else expires_at
        now = await house.store.database.read(lambda c: integrations.get(c, made.id))
        if now.reason is not None and now.reason != reason:
            reason = now.reason
            typer.echo(f"{now.state.value}: {reason.message}", err=True)
        await house.clock.sleep(LOOK_EVERY)
    return False


def _settings(given: list[str]) -> dict[str, str]:
    values = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            refuse(f"--set takes NAME=VALUE, not {name!r}")
        if value.startswith("@"):
            file = Path(value[1:])
            if not file.is_file():
                refuse(f"there is no file {file}")
            value = file.read_text(encoding="utf-8").strip()
        values[name] = value
    return values


def _asked(connector: Connector, given: dict[str, str], way: str | None) -> dict[str, str]:
    """What is missing, from the person at the terminal; nobody else is asked here."""
    from runner.connector.wanted import wanted

    if not sys.stdin.isatty():
        return given
    fields = wanted(connector, "settings", way)
    missing = {name: field for name, field in fields.items() if field.required and field.default is None}
    for name, field in missing.items():
        if not given.get(name):
            if field.help:
                typer.echo(field.help, err=True)
            given[name] = typer.prompt(field.title, hide_input=field.secret, err=True)
    return given
