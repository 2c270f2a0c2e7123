"""A recording holds what a partner answered and no secret, and comes to the same records without network or key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from runner.engine.house import House
from runner.engine.syncs import sync
from runner.errors import SettingsError, UnexpectedResponse
from runner.model.integration import Integration
from runner.model.run import RunState
from runner.model.secret import Secret
from runner.service.offline import Played, play, record
from tests.engine.syncs.test_sync import JOBS
from tests.partners import APPS, CONNECTORS, SCHEMAS, SETTINGS, Log, World, world
from tests.shelf import altered


@pytest.fixture
async def paged(database_url: str) -> AsyncIterator[World]:
    async with world(
        database_url, connectors=altered("servicetitan", ("pageSize: 500", "pageSize: 5")), size=JOBS
    ) as opened:
        yield opened


async def taped(here: World, integration: Integration, folder: Path, *names: str, full: bool = False) -> House:
    tape = await record(here.house, integration, folder)
    for name in names:
        await tape.begin(integration, name, full)
        await sync.run(tape.house, integration, name, full=full)
    tape.close()
    return tape.house


async def played(here: World, folder: Path) -> Played:
    return await play(folder, here.house.connectors, SCHEMAS, Log())


def plain(records: Any) -> dict[tuple[str, str], Any]:
    return {(one.kind, one.external_id): (one.fields, one.version, one.inactive) for one in records}


def secrets_of(here: World, connector: str) -> set[str]:
    """Everything that opens the partner: the operator's, the company's, and the tokens that the partner gave."""
    app = {value.reveal() for value in APPS.get(connector, {}).values() if isinstance(value, Secret)}
    given = {text for name, text in SETTINGS[connector].items() if "secret" in name or "token" in name}
    sent = {request.headers.get("authorization", "").partition(" ")[2] for request in here.wire.requests}
    return {secret for secret in app | given | sent if secret}


@pytest.mark.parametrize(
    ("connector", "name"), [("servicetitan", "jobs"), ("jobber", "clients"), ("companycam", "users")]
)
async def test_a_recording_comes_to_the_same_records(here: World, tmp_path: Path, connector: str, name: str) -> None:
    integration = await here.connect(connector)
    await taped(here, integration, tmp_path / "case", name)
    kinds = {
        here.house.connectors.get(connector)
        .processor(here.house.connectors.get(connector).syncs[name].processor)
        .record
    }
    stored = {
        key: made for kind in kinds for key, made in plain((await here.records(integration, kind)).values()).items()
    }
    again = await played(here, tmp_path / "case")
    assert [run.state for run in again.runs] == [RunState.DONE]
    assert {key: made for key, made in plain(again.records).items() if key[0] in kinds} == stored
    assert stored


@pytest.mark.parametrize(
    ("connector", "name"), [("servicetitan", "jobs"), ("jobber", "clients"), ("companycam", "users")]
)
async def test_no_secret_is_in_a_recording(here: World, tmp_path: Path, connector: str, name: str) -> None:
    integration = await here.connect(connector)
    await taped(here, integration, tmp_path / "case", name)
    held = b"".join(path.read_bytes() for path in (tmp_path / "case").iterdir())
    known = secrets_of(here, connector)
    assert known
    assert [secret for secret in known if secret.encode() in held] == []


async def test_pages_and_refusals_are_played_in_their_order(paged: World, tmp_path: Path) -> None:
    integration = await paged.connect("servicetitan")
    paged.servicetitan.fail_next(1, 503, on="/jobs")
    await taped(paged, integration, tmp_path / "case", "jobs")
    again = await played(paged, tmp_path / "case")
    assert (again.runs[0].counts.seen, again.runs[0].counts.retries) == (JOBS, 1)


async def test_a_run_from_a_checkpoint_is_played_from_it(paged: World, tmp_path: Path) -> None:
    integration = await paged.connect("servicetitan")
    await sync.run(paged.house, integration, "jobs")
    paged.clock.advance(600)
    paged.servicetitan.change("jobs", 7004, jobStatus="Completed")
    await taped(paged, integration, tmp_path / "case", "jobs")
    again = await played(paged, tmp_path / "case")
    assert not again.runs[0].full
    assert plain(again.records)["project", "7004"][0]["status"] == "completed"


async def test_a_mended_mapping_is_tried_on_what_was_recorded(here: World, tmp_path: Path) -> None:
    integration = await here.connect("servicetitan")
    await taped(here, integration, tmp_path / "case", "jobs")
    (tmp_path / "new").mkdir()
    other = altered("servicetitan", ("name: join(' ', ['Job', jobNumber || text(id)])", "name: jobNumber"))
    again = await play(tmp_path / "case", other, SCHEMAS, Log())
    assert all(not one.fields["name"].startswith("Job ") for one in again.records if one.kind == "project")


async def test_another_request_is_told_with_what_was_recorded(here: World, tmp_path: Path) -> None:
    integration = await here.connect("servicetitan")
    await taped(here, integration, tmp_path / "case", "jobs")
    (tmp_path / "new").mkdir()
    other = altered("servicetitan", ("pageSize: 500", "pageSize: 400"))
    with pytest.raises(UnexpectedResponse, match=r"has no GET .*pageSize=400.*of `jobs` it has: GET .*pageSize=500"):
        await play(tmp_path / "case", other, SCHEMAS, Log())


async def test_nothing_is_called_while_it_is_played(here: World, tmp_path: Path) -> None:
    integration = await here.connect("servicetitan")
    await taped(here, integration, tmp_path / "case", "jobs")
    before = len(here.wire.requests)
    await played(here, tmp_path / "case")
    assert len(here.wire.requests) == before


async def test_a_folder_in_use_is_not_recorded_into(here: World, tmp_path: Path) -> None:
    integration = await here.connect("servicetitan")
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "note.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not empty"):
        await record(here.house, integration, tmp_path / "case")


@pytest.mark.parametrize("content", [None, b"{", b'{"format": 0}'])
async def test_what_is_no_recording_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "recording.json").write_bytes(content)
    with pytest.raises(SettingsError, match="holds"):
        await play(tmp_path, CONNECTORS, SCHEMAS, Log())


async def test_a_recording_is_for_its_owner_alone(here: World, tmp_path: Path) -> None:
    integration = await here.connect("servicetitan")
    await taped(here, integration, tmp_path / "case", "jobs")
    assert (tmp_path / "case").stat().st_mode & 0o077 == 0
    assert orjson.loads((tmp_path / "case" / "recording.json").read_bytes())["hidden_settings"] == ["client_secret"]
