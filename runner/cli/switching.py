"""Switch an integration off and on again, and remove it."""

from __future__ import annotations

import sys

import typer
from sqlalchemy import Connection

from runner.cli.output import refuse
from runner.cli.workshop import chosen, in_house
from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.integrations import disconnect as parting
from runner.engine.integrations.trial import Proof
from runner.errors import SettingsError
from runner.model.integration import Integration, Reason, State
from runner.model.lifecycle import is_parting
from runner.store import feed, integrations


def switch(text: str, *, on: bool) -> Integration:
    """Off keeps what opens the partner's door; on needs it, and wakes all that waited. Returns it as it is then."""

    async def work(house: House) -> Integration:
        found = await house.store.database.read(lambda c: chosen(c, text))
        return await _on(house, found, text) if on else await _off(house, found)

    return in_house(work)


def part(text: str) -> Integration:
    """Off for good: revoked at the partner, and what opens it forgotten. Returns it as it is then."""
    reason = Reason("disconnected", "An operator disconnected it", "Connect it again")

    async def work(house: House) -> Integration:
        found = await house.store.database.read(lambda c: chosen(c, text))
        if not await parting.disconnect(house, found, reason):
            typer.echo("the partner could not be reached to revoke; a worker tries again for a day", err=True)
        return await house.store.database.read(lambda c: integrations.get(c, found.id))

    return in_house(work)


def remove(text: str, yes: bool) -> None:
    """Delete one with all that is kept for it, once a person said yes."""

    async def look(house: House) -> tuple[Integration, int]:
        return await house.store.database.read(lambda c: _with_records(c, text))

    async def work(house: House) -> None:
        await parting.remove(house, found)

    found, count = in_house(look)
    name = f"{found.company}/{found.connector}"
    what = f"{name} ({found.state.value}) with its credential, its {count} records and all that was sent"
    if not yes and not sys.stdin.isatty():
        refuse(f"this removes {what}; say --yes if you mean it")
    if not yes and not typer.confirm(f"Remove {what}?", err=True):
        raise typer.Abort
    in_house(work)
    typer.echo(f"{name} is removed")


async def _on(house: House, found: Integration, text: str) -> Integration:
    connector = house.connectors.get(found.connector)
    if is_parting(found):
        raise SettingsError(f"{text} was disconnected and not only switched off (`runner connect` connects it again)")
    credential = await house.store.database.read(lambda c: house.store.vault.get(c, found.id))
    consents = connector.way_in(found.way).flow == "code"
    if consents and credential.refresh_token is None and credential.access_token is None:
        raise SettingsError(f"nobody gave consent for {text} yet (`runner connect` prints the link)")
    proof = Proof(credential, found.account_id, found.account_name, found.account)
    return await connect.activate(house, connector, found, proof)


async def _off(house: House, found: Integration) -> Integration:
    reason = Reason("switched-off", "An operator switched it off", f"runner integrations --enable {found.id}")

    def work(connection: Connection) -> Integration:
        house.store.move(connection, found.id, State.DISABLED, reason, house.clock.now())
        return integrations.get(connection, found.id)

    return await house.store.database.write(work)


def _with_records(connection: Connection, text: str) -> tuple[Integration, int]:
    found = chosen(connection, text)
    return found, sum(sum(kinds.values()) for kinds in feed.counts(connection, found.id).values())
