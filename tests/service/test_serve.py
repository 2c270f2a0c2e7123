from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from runner.errors import SettingsError
from runner.model.clock import SystemClock
from runner.service.assemble import Seams, opened
from runner.service.serve import Parts, listen, serve
from runner.service.settings import Settings
from runner.store import integrations
from runner.store.database import Database
from tests.databases import Databases
from tests.partners import Log, World

KEY = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
APP = {"RUNNER_SERVICETITAN_APP_KEY": "k", "RUNNER_JOBBER_CLIENT_ID": "c"}


def settings(database_url: str, **more: str) -> Settings:
    return Settings.read({"RUNNER_DATABASE_URL": database_url, "RUNNER_ENCRYPTION_KEYS": KEY, **APP, **more})


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(SettingsError, match="choose another with --host and --port"):
        listen("127.0.0.1", taken.getsockname()[1])


async def test_it_serves_real_http_until_it_is_told_to_stop(here: World, database_url: str) -> None:
    stop, up = asyncio.Event(), asyncio.Event()
    door = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    parts = Parts(scheduler=False, worker=False)
    served = asyncio.create_task(
        serve(here.house, settings(database_url), stop=stop, door=door, parts=parts, ready=up.set)
    )
    await up.wait()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.post("/webhooks/jobber", content=b"{}")).status_code == 401
    stop.set()
    await asyncio.wait_for(served, 60)
    assert "stopping" in here.log.events()


async def test_a_house_is_put_together_from_settings_alone(tmp_path: Path) -> None:
    clock = SystemClock()
    async with opened(settings(f"sqlite:///{tmp_path / 'new.db'}"), Log(), Seams(clock=clock)) as house:
        assert not house.store.database.pending()
        assert house.clock is clock
        assert set(house.apps["jobber"]) == {"client_id"}


async def test_without_a_key_nothing_is_opened(tmp_path: Path) -> None:
    bare = Settings.read({"RUNNER_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"})
    with pytest.raises(SettingsError, match="RUNNER_ENCRYPTION_KEYS"):
        async with opened(bare, Log()):
            pass
    assert not (tmp_path / "new.db").exists()


async def test_a_wrong_app_value_is_named_by_its_variable(tmp_path: Path) -> None:
    wrong = settings(f"sqlite:///{tmp_path / 'new.db'}", RUNNER_SERVICETITAN_WEBHOOK_DIGEST="md5")
    with pytest.raises(SettingsError, match="RUNNER_SERVICETITAN_WEBHOOK_DIGEST"):
        async with opened(wrong, Log()):
            pass


OTHER = "k1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="


async def test_with_the_wrong_key_nothing_starts_and_no_integration_is_the_worse(
    here: World, database_url: str
) -> None:
    found = await here.connect("companycam")
    with pytest.raises(SettingsError, match="another key under the id k1"):
        async with opened(settings(database_url, RUNNER_ENCRYPTION_KEYS=OTHER), Log()):
            pass
    assert await here.read(lambda c: integrations.get(c, found.id)) == found


async def revise(url: str, revision: str) -> None:
    database = Database.open(url)
    await database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision}))
    await database.close()


async def test_a_database_of_a_later_version_is_not_touched(path: Path) -> None:
    await revise(f"sqlite:///{path}", "9999")
    with pytest.raises(SettingsError, match=r"is of revision 9999.*start that one, or restore the backup"):
        async with opened(settings(f"sqlite:///{path}"), Log()):
            pass


async def test_a_server_that_others_use_is_migrated_when_an_operator_says_so(databases: Databases) -> None:
    with databases.bare() as url:
        behind = settings(url)
        async with opened(behind, Log()) as house:
            assert not house.store.database.pending()
        await revise(url, "0022")
        with pytest.raises(SettingsError, match="run `runner migrate` of this version once"):
            async with opened(behind, Log()):
                pass
