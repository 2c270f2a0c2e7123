from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from runner.cli import output
from runner.engine.webhooks import events
from tests.cli.test_operate import type_in
from tests.engine.hooked import CALENDAR, CRM, PHOTOS, hooked
from tests.partners import ROOT

KEY = "k1:" + base64.b64encode(bytes(range(32))).decode()
Type = Callable[..., Result]


@pytest.fixture
def typed(database_url: str, tmp_path: Path) -> Type:
    """Commands over a database with two events that were taken."""

    async def prepare() -> None:
        async with hooked(database_url) as here:
            made = await here.connect("photos")
            await here.work()
            for id_, name in (("1", "Roof"), ("2", "Wall")):
                here.clock.advance(1)
                await here.partner.tell("101", "project.updated", {"id": id_, "name": name})
            await events.drain(here.house, made.id)

    asyncio.run(prepare())
    environ = {
        "RUNNER_DATABASE_URL": database_url,
        "RUNNER_CONNECTORS": str(tmp_path / "connectors"),
        "RUNNER_CONFIG": str(tmp_path / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
        "RUNNER_CRM_SECRET": "app-secret",
    }
    (tmp_path / "runner.yaml").write_text("deliver: {}\n")
    (tmp_path / "connectors").mkdir()
    for name, spec in (("photos", PHOTOS), ("calendar", CALENDAR), ("crm", CRM)):
        (tmp_path / "connectors" / f"{name}.yaml").write_text(spec)
    shutil.copytree(ROOT / "schemas/records", tmp_path / "schemas/records")
    return lambda *words: type_in(environ, *words)


def change(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "connectors/photos.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_dry_run_without_differences_is_fine(typed: Type) -> None:
    result = typed("replay", "events", "--connector", "photos", "--dry-run")
    assert (result.exit_code, result.output) == (output.FINE, "2 events: no records would change, 2 would not\n")


def test_a_changed_spec_shows_its_differences_and_changes_nothing(typed: Type, tmp_path: Path) -> None:
    change(tmp_path, "{name: name}", "{name: upper(name)}")
    for _ in range(2):
        result = typed("replay", "events", "--type", "project.*", "--dry-run")
        assert result.exit_code == output.FOUND
        head, first, second, _, sum_ = result.output.splitlines()
        assert head.split() == ["RECORD", "FIELD", "STORED", "MADE", "EVENT"]
        assert first.split()[:5] == ["project", "1", "name", '"Roof"', '"ROOF"']
        assert second.split()[:5] == ["project", "2", "name", '"Wall"', '"WALL"']
        assert sum_ == "2 events: 2 records would change, 0 would not"


def test_a_dry_run_speaks_json(typed: Type, tmp_path: Path) -> None:
    change(tmp_path, "{name: name}", "{name: upper(name)}")
    found = json.loads(typed("replay", "events", "--connector", "photos", "--dry-run", "--json").output)
    assert (found["events"], found["changed"], found["same"]) == (2, 2, 0)
    assert [(one["external_id"], one["made"]) for one in found["differences"]] == [("1", "ROOF"), ("2", "WALL")]


def test_what_a_changed_spec_leaves_out_is_told(typed: Type, tmp_path: Path) -> None:
    change(tmp_path, "  on:\n", "  drop: [{when: payload.id == '1', because: a trial}]\n  on:\n")
    told = typed("replay", "events", "--since", "2026-05-04", "--dry-run").output
    assert told.splitlines() == ["left out: 1 event: a trial", "2 events: no records would change, 1 would not"]


@pytest.mark.parametrize(("words", "count"), [(("--since", "2026-05-05"), 0), (("--until", "2026-05-05T00:00:00Z"), 2)])
def test_events_are_chosen_by_their_time(typed: Type, words: tuple[str, ...], count: int) -> None:
    result = typed("replay", "events", *words, "--json")
    assert json.loads(result.output) == {"replayed": count}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("events", "--state", "happy"), "events have no state happy"),
        (("events", "--since", "yesterday"), "`yesterday` is no time"),
        (("events",), "say which"),
        (("pushes", "--since", "1d"), "are of events"),
        (("quarantined", "--failed", "--dry-run"), "are of events"),
        (("events", "--since", "30d", "--fetch"), "--fetch goes with --dry-run"),
        (("events", "--connector", "photo", "--dry-run"), "did you mean `photos`?"),
    ],
)
def test_what_cannot_be_meant_is_misuse(
    typed: Type, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = typed("replay", *words)
    assert result.exit_code == output.MISUSE
    assert said in result.stderr + capsys.readouterr().err


def test_an_integration_shows_the_webhooks_that_were_asked_for(typed: Type) -> None:
    assert "webhooks live since 2026-05-04 15:20" in typed("integrations", "acme/photos").output
    found = json.loads(typed("integrations", "acme/photos", "--json").output)
    assert [(one["id"], one["state"]) for one in found["subscriptions"]] == [("101", "live")]
    (one,) = json.loads(typed("status", "--json").output)["integrations"]
    assert [asked["state"] for asked in one["subscriptions"]] == ["live"]
