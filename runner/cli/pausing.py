"""The operator's commands about schedules: let them stand still, and go on again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from runner.cli.output import example

if TYPE_CHECKING:
    from runner.engine.house import House
    from runner.model.integration import Integration

Which = typer.Argument(help="The integration: its id, the beginning of it, or company/connector.")
OneSync = typer.Argument(None, help="One sync; every one when left out.")


@example("runner pause acme/jobber clients")
def pause(integration: str = Which, sync: str = OneSync) -> None:
    """Let the schedule of an integration's syncs stand still; webhooks go on, and `runner sync` runs one."""
    from runner.engine.syncs.pause import pause as work

    _tell(integration, sync, work)


@example("runner resume acme/jobber")
def resume(integration: str = Which, sync: str = OneSync) -> None:
    """Let the schedule of an integration's syncs go on."""
    from runner.engine.syncs.pause import resume as work

    _tell(integration, sync, work)


def _tell(text: str, sync: str | None, work: Callable[[House, Integration, str | None], Awaitable[list[str]]]) -> None:
    from runner.cli.workshop import chosen, in_house

    async def do(house: House) -> tuple[str, list[str]]:
        found = await house.store.database.read(lambda c: chosen(c, text))
        return f"{found.company}/{found.connector}", await work(house, found, sync)

    name, paused = in_house(do)
    typer.echo(f"{name}: {_words(paused)}")


def _words(paused: list[str]) -> str:
    return f"paused: {', '.join(paused)}" if paused else "no schedule is paused"
