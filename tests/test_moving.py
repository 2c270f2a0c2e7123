"""A deployment moves to PostgreSQL and back while partners post and a sync goes on: real processes, nothing faked."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path

from tests.databases import Databases
from tests.partners import ROOT
from tests.postman import Postman, told
from tests.victim import Victim, victim

JOBS = "GET /jpm/v2/tenant/{tenant}/jobs"
CREATE = "POST /v2/projects"
PAGES, SEEN, SIZE = 8, 5, 25
"""Of the sync: how many pages there are, how many were asked for when everything moves, and how long each is."""
EVENTS = 300
CLIENTS = 10


def _of_short_pages(folder: Path) -> Path:
    """The connectors, ServiceTitan's with pages that are over soon."""
    made = shutil.copytree(ROOT / "connectors", folder / "connectors", ignore=shutil.ignore_patterns("examples"))
    (folder / "schemas").symlink_to(ROOT / "schemas")
    own = made / "servicetitan.yaml"
    own.write_text(own.read_text(encoding="utf-8").replace("pageSize: 500", f"pageSize: {SIZE}"), encoding="utf-8")
    return made


async def move(here: Victim, url: str, file: Path) -> dict[str, int]:
    """As docs/operating.md says; what the export held."""
    exported = json.loads(await here.command("export", "--close", "--grace", "1", "--json", str(file)))
    await here.kill()
    here.environ["RUNNER_DATABASE_URL"] = url
    imported = json.loads(await here.command("import", "--json", str(file)))
    await here.start()
    assert exported["closed"]
    assert imported["rows"] == exported["rows"]
    rows: dict[str, int] = imported["rows"]
    return rows


async def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path, template: Path, databases: Databases) -> None:
    with databases.lend() as postgresql:
        async with victim(
            tmp_path,
            connectors=_of_short_pages(tmp_path),
            rules={"projects": {"from": ["jobber"]}},
            jobber={"size": CLIENTS},
            servicetitan={"size": PAGES * SIZE, "limits": ()},
            companycam={"size": 0, "limits": {}},
        ) as here:
            sqlite = f"sqlite:///{shutil.copy(template, tmp_path / 'back.db')}"
            await here.connect("companycam")
            await here.connect("jobber")
            clients = [row["id"] for row in here.partners["jobber"].table("clients")]
            events = [told(clients[number % CLIENTS], number) for number in range(EVENTS)]
            postman = Postman(here)
            delivering = asyncio.create_task(postman.deliver(events, at_once=4))
            partner = here.partners["servicetitan"]
            await here.connect("servicetitan")
            await here.until(lambda: partner.calls[JOBS] >= SEEN)
            partner.fail_next(1, "timeout", on="/jobs")
            await here.until(lambda: postman.answered.total() >= EVENTS // 5)

            rows = await move(here, postgresql, tmp_path / "up.export")
            assert rows["events"] >= EVENTS // 5
            await here.until(lambda: postman.answered.total() >= EVENTS // 2)
            await move(here, sqlite, tmp_path / "down.export")
            await delivering
            await here.quiet()

            stored = Counter(row[0] for row in here.rows("SELECT key FROM events WHERE state <> 'duplicate'"))
            assert {key: stored[key] for key, _ in events} == dict.fromkeys(dict(events), 1)
            assert here.rows("SELECT key FROM events WHERE state NOT IN ('done', 'duplicate', 'dropped')") == []
            assert set(postman.others) <= {503}
            jobs = here.rows("SELECT count(*) FROM records r JOIN integrations i ON i.id = r.integration_id "
                             "WHERE i.connector = 'servicetitan' AND r.kind = 'project'")  # fmt: skip
            assert jobs == [(PAGES * SIZE,)]
            assert partner.calls[JOBS] < PAGES + SEEN
            projects = Counter(row["name"] for row in here.partners["companycam"].table("projects"))
            assert max(projects.values()) == 1
            assert here.rows("SELECT count(*) FROM links WHERE kind = 'project'") == [(projects.total(),)]
            assert here.partners["companycam"].calls[CREATE] == projects.total()
