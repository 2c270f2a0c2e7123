"""The operator's commands that keep the house in order: migrations, keys, and a look into everything."""

from __future__ import annotations

import asyncio
import base64
import os
import re
from typing import TYPE_CHECKING

import typer
from sqlalchemy import make_url

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from runner.store.store import Store

keys = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Make encryption keys, and change over."
)


@example("runner migrate")
def migrate(
    check: bool = typer.Option(False, "--check", help="Change nothing; exit code 1 when there is something to do."),
) -> None:
    """Bring the database up to this version of the runner. `runner serve` does it too."""
    from runner.cli.workshop import require_database, settings_now
    from runner.service.assemble import bring_up_to_date
    from runner.store.database import Database

    url = settings_now().database_url
    if check:
        require_database(url)

    async def work() -> bool:
        database = Database.open(url)
        try:
            if check:
                await asyncio.to_thread(database.refuse_newer)
                return await asyncio.to_thread(database.pending)
            return await asyncio.to_thread(bring_up_to_date, database)
        finally:
            await database.close()

    behind, name = asyncio.run(work()), make_url(url).render_as_string(hide_password=True)
    if check and behind:
        typer.echo(f"{name} is of an older version: run `runner migrate`; older processes may go on meanwhile")
        raise typer.Exit(output.FOUND)
    typer.echo(f"{name} is up to date" if behind or check else f"{name} was up to date already")


@keys.command("new")
@example("runner keys new k2")
def new_key(
    name: str = typer.Argument("k1", help="The id of the key; each key needs one of its own."),
) -> None:
    """Print a new encryption key, for the front of RUNNER_ENCRYPTION_KEYS. It is kept nowhere."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", name):
        refuse("the id of a key is 1 to 32 letters, digits, dots, dashes and underscores")
    typer.echo(make_key(name))


def make_key(name: str) -> str:
    """A new key under an id, as RUNNER_ENCRYPTION_KEYS holds it."""
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


@keys.command("rotate")
@example("runner keys rotate")
def rotate() -> None:
    """Seal all that is sealed with the first key of RUNNER_ENCRYPTION_KEYS; then the others can be taken away.

    Everything else may go on meanwhile, and it may be interrupted and begun again.
    """
    from runner.cli.workshop import in_store, settings_now
    from runner.store import rotation
    from runner.store.rotation import Rotated

    primary = settings_now().keyring().primary

    async def work(store: Store) -> Rotated:
        return await rotation.rotate(store.database, store.vault.keys)

    done = in_store(work)
    for name in done.shut:
        typer.echo(f"{name}: no key opens it; it stays as it is (put its key behind the others, or connect again)")
    what = "secret was" if done.count == 1 else "secrets were"
    if done.shut:
        typer.echo(f"{done.count} {what} sealed anew with key {primary}, and {len(done.shut)} not")
        raise typer.Exit(output.FOUND)
    typer.echo(f"{done.count} {what} sealed anew; all are sealed with key {primary}")


@keys.command("forget")
@example("runner keys forget k1")
def forget(
    name: str = typer.Argument(help="The id of the key that is lost."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Give up the credentials that a lost key had sealed; those companies connect again. Their records stay."""
    from runner.cli.workshop import in_store, settings_now
    from runner.engine.integrations.lost import give_up
    from runner.model.clock import SystemClock

    settings_now().keyring()
    if not yes:
        typer.confirm(
            f"Every company whose credential was sealed with key {name} must connect again. Go on?", abort=True
        )

    async def work(store: Store) -> list[str]:
        return await store.database.write(lambda c: give_up(c, store, name, SystemClock().now()))

    count = len(in_store(work))
    typer.echo(f"{count} {'credential was' if count == 1 else 'credentials were'} given up; connect them again")


@example("runner doctor")
def doctor(as_json: bool = AsJson) -> None:
    """Look into settings, database, keys, connectors and clock, and say what to mend. Exit code 1 when something is."""
    from runner.cli.checkup import checks

    found = list(checks(os.environ))
    output.listing([vars(one) for one in found], ("fine", "what", "told"), as_json)
    if not all(one.fine for one in found):
        raise typer.Exit(output.FOUND)
