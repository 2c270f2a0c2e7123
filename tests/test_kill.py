"""What is lost when the process is killed (SIGKILL) in the middle of its work: nothing. For real, no part is faked."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.postman import Postman, told
from tests.victim import Victim, victim

JOBS = "GET /jpm/v2/tenant/{tenant}/jobs"
CREATE = "POST /v2/projects"


async def killed_when(here: Victim, label: str, partner: str, calls: int) -> None:
    """Kill it as soon as a partner was called so often, and start it again."""
    await here.until(lambda: here.partners[partner].calls[label] >= calls)
    await here.kill()
    await here.start()


async def test_a_sync_that_is_killed_between_pages_misses_nothing(tmp_path: Path) -> None:
    size = 2100
    async with victim(tmp_path, servicetitan={"size": size, "limits": ()}) as here:
        await here.connect("servicetitan")
        for calls in (1, 4):
            await killed_when(here, JOBS, "servicetitan", calls)
        await here.quiet()
        stored = [row[0] for row in here.rows("SELECT external_id FROM records WHERE kind = 'project'")]
        table = here.partners["servicetitan"].table("jobs")
        assert sorted(stored) == sorted(str(row["id"]) for row in table)
        assert here.rows("SELECT value IS NOT NULL, progress FROM checkpoints WHERE sync = 'jobs'") == [(1, None)]
        assert here.rows("SELECT count(*) FROM sync_runs WHERE state = 'running'") == [(0,)]


async def test_an_event_that_was_answered_is_never_lost(tmp_path: Path) -> None:
    async with victim(tmp_path, jobber={"size": 20}) as here:
        await here.connect("jobber")
        await here.quiet()
        clients = [row["id"] for row in here.partners["jobber"].table("clients")]
        events = [told(clients[number % 20], number) for number in range(600)]
        postman = Postman(here)
        delivering = asyncio.create_task(postman.deliver(events))
        await here.until(lambda: postman.answered.total() >= 250)
        await here.kill()
        await here.start()
        await delivering
        await here.quiet()
        stored = Counter(row[0] for row in here.rows("SELECT key FROM events WHERE state <> 'duplicate'"))
        expected = {key for key, _ in events}
        assert set(postman.answered) == expected
        assert {key: stored[key] for key in expected} == dict.fromkeys(expected, 1)
        keyed = here.rows("SELECT state, count(*) FROM events WHERE key LIKE 'CLIENT_UPDATE%' GROUP BY state")
        assert {state for state, _ in keyed} <= {"done", "duplicate"}
        assert set(postman.others) <= {503}


async def test_a_killed_push_is_never_doubled(tmp_path: Path) -> None:
    size = 30
    async with victim(
        tmp_path, servicetitan={"size": size, "limits": ()}, companycam={"size": 0, "limits": {}}
    ) as here:
        await here.connect("companycam")
        await here.connect("servicetitan")
        for calls in (4, 15):
            await killed_when(here, CREATE, "companycam", calls)
        await here.quiet()
        names = Counter(row["name"] for row in here.partners["companycam"].table("projects"))
        active = here.rows("SELECT count(*) FROM records WHERE kind = 'project' AND NOT inactive")
        assert sum(names.values()) == active[0][0]
        assert max(names.values()) == 1
        assert here.rows("SELECT count(*) FROM links WHERE kind = 'project'") == active
        assert here.rows("SELECT count(*) FROM pushes WHERE state = 'failed'") == [(0,)]


async def test_told_to_stop_it_ends_in_order_and_without_a_key_it_does_not_start(tmp_path: Path) -> None:
    async with victim(tmp_path, servicetitan={"size": 600, "limits": ()}) as here:
        await here.connect("servicetitan")
        assert await here.stop() == 0
        assert here.rows("SELECT count(*) FROM wakeups WHERE state = 'running'") == [(0,)]
        del here.environ["RUNNER_ENCRYPTION_KEYS"]
        with pytest.raises(AssertionError, match="RUNNER_ENCRYPTION_KEYS is not set"):
            await here.start()
