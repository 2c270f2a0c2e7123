"""`runner demo`: the whole runner against four simulated partners, and whether both sides counted the same."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import typer

from runner.cli import output
from runner.cli.demo_acts import Acts
from runner.cli.demo_figures import Figures, compare, measure
from runner.cli.demo_world import World, open_world
from runner.errors import SettingsError

CONNECTORS = Path("connectors")
PATIENCE = 120.0
"""Seconds after which what is still not done is told as a difference."""


def run(folder: Path, size: int) -> int:
    """Play the demo in `folder`; the exit code: 0 when the runner and the partners agree on every figure. SettingsError
    outside the runner's repository, whose connectors it shows."""
    if not CONNECTORS.is_dir():
        raise SettingsError(
            f"there is no folder {CONNECTORS.absolute()}, and the demo shows the connectors of the runner's "
            "repository: clone it, and run `make demo` there"
        )
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_run(folder, size))


async def _run(folder: Path, size: int) -> int:
    begun = time.monotonic()
    async with open_world(folder, size) as world:
        before = await measure(world.house)
        acts = Acts(world, typer.echo, PATIENCE)
        await acts.play()
        after = await measure(world.house)
        return await _concluded(world, acts, before, after, time.monotonic() - begun)


async def _concluded(world: World, acts: Acts, before: Figures, after: Figures, seconds: float) -> int:
    checks = await compare(world, acts, before, after)
    rows = [vars(check) | {"agree": "yes" if check.agrees else "NO"} for check in checks]
    typer.echo("\nWhat the runner's database says, and what the partners counted:\n")
    for line in output.table(rows, ("what", "runner", "partners", "agree")):
        typer.echo(line)
    differing = [check for check in checks if not check.agrees]
    typer.echo(f"\n{_records(before, after)} It took {seconds:.0f} s; the database is {world.folder / 'runner.db'}.")
    for check in differing:
        typer.echo(
            f"runner: {check.what}: the database says {check.runner}, the partners say {check.partners}", err=True
        )
    if after.failed:
        acts.left.append(f"{after.failed} pushes are failed")
    for left in acts.left:
        typer.echo(f"runner: {left}", err=True)
    return output.FOUND if differing or acts.left else output.FINE


def _records(before: Figures, after: Figures) -> str:
    """Whether the records are those of an earlier demo in the same folder."""
    if not before.records:
        return f"{after.records} records are stored."
    same = before.contents == after.contents
    return f"{after.records} records were stored before: {'unchanged' if same else 'some of them changed'}."
