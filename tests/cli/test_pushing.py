"""What `runner pushes` lists, and what `runner replay pushes` takes."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.test_operate import type_in
from tests.engine.host import POST, open_host
from tests.partners import ROOT, world

KEY = "k1:" + base64.b64encode(bytes(range(32))).decode()
Type = Callable[..., Result]


@pytest.fixture
def typed(database_url: str, tmp_path: Path) -> Type:
    """Commands over a database with one push that the host refused, and one that it took."""

    async def prepare() -> None:
        async with world(database_url) as here:
            host = await open_host(here)
            await host.store("project", "1", {"name": "Roof"})
            await host.store("project", "2", {"name": "Wall"})
            here.companycam.fail_next(1, 422, on=POST)
            await host.drain()

    asyncio.run(prepare())
    environ = {
        "RUNNER_DATABASE_URL": database_url,
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_CONFIG": str(tmp_path / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
    }
    return lambda *words: type_in(environ, *words)


def test_what_failed_is_counted_by_reason(typed: Type) -> None:
    (one,) = json.loads(typed("pushes", "--dead", "--json").stdout)
    assert (one["to"], one["rule"], one["reason"], one["count"]) == ("acme/companycam", "projects", "answer-422", 1)
    assert "answer-422" in typed("pushes", "--dead").stdout


def test_pushes_are_chosen_by_destination_and_state(typed: Type) -> None:
    (one,) = json.loads(typed("pushes", "--to", "acme/companycam", "--state", "done", "--json").stdout)
    assert one["state"] == "done"
    assert typed("pushes", "--to", "archive").stdout == "nothing\n"


@pytest.mark.parametrize(
    "words", [("--state", "dead"), ("--dead", "--rule", "projects"), ("--to", "acme/nobody"), ("--integration", "x")]
)
def test_what_makes_no_sense_is_misuse(typed: Type, words: tuple[str, ...]) -> None:
    assert typed("pushes", *words).exit_code == 2


@pytest.mark.parametrize("words", [("--reason", "answer-422"), ("--rule", "projects"), ("--to", "acme/companycam")])
def test_only_what_failed_is_replayed(typed: Type, words: tuple[str, ...]) -> None:
    assert typed("replay", "pushes", *words).stdout == "1 push is replayed\n"
    assert typed("replay", "pushes", *words).exit_code == 1


@pytest.mark.parametrize("words", [("pushes", "x"), ("pushes", "99999"), ("events", "--reason", "answer-422")])
def test_what_is_not_there_or_not_of_pushes_is_misuse(typed: Type, words: tuple[str, ...]) -> None:
    assert typed("replay", *words).exit_code == 2


def test_what_status_says_to_type_is_taken(typed: Type) -> None:
    (told,) = (line for line in typed("status").stdout.splitlines() if "refused 1 push" in line)
    look, again = (shlex.split(command)[1:] for command in re.findall(r"`(runner [^`]+)`", told))
    assert "answer-422" in typed(*look).stdout
    assert typed(*again).stdout == "1 push is replayed\n"
