from __future__ import annotations

import pytest

from runner.connector.config import Config
from runner.engine.records.mark import mark, takes_from
from runner.model.integration import Reason, State
from runner.store import integrations, pushes
from runner.store.wakeups import wakeups
from tests.engine.host import Host, open_host
from tests.partners import CONFIG, World

ANY = Config.model_validate({"deliver": {"all": {"record": "project", "to": "companycam", "input": {}, "create": "x"}}})


@pytest.fixture
async def host(here: World) -> Host:
    return await open_host(here)


async def keys(host: Host) -> set[str]:
    return set(await host.here.read(lambda c: c.scalars(wakeups.select().with_only_columns(wakeups.c.key)).all()))


async def marked(host: Host, *kinds: str) -> set[tuple[str, str]]:
    here = host.here
    changed = [(kind, "1") for kind in kinds]
    queue, now = here.house.store.queue, here.clock.now()
    await here.write(lambda c: mark(c, here.house.config, queue, host.source, changed, now))
    return {(one.rule, one.kind) for one in await host.pushes()}


async def test_a_change_marks_the_rules_of_its_kind_and_wakes_the_destination(host: Host) -> None:
    assert await marked(host, "project", "location") == {("projects", "project")}
    assert f"push:{host.host.id}" in await keys(host)


async def test_a_kind_that_no_rule_takes_marks_nothing(host: Host) -> None:
    assert await marked(host, "appointment") == set()
    assert f"push:{host.host.id}" not in await keys(host)


async def test_a_destination_that_is_switched_off_gets_nothing(host: Host) -> None:
    off, now = Reason("off", "switched off"), host.here.clock.now()
    await host.here.write(lambda c: integrations.set_state(c, host.host.id, State.DISABLED, off, now))
    assert await marked(host, "project") == set()


async def test_a_destination_in_error_collects_what_it_will_need(host: Host) -> None:
    off, now = Reason("bad", "refused"), host.here.clock.now()
    await host.here.write(lambda c: integrations.set_state(c, host.host.id, State.ERROR, off, now))
    assert await marked(host, "project") == {("projects", "project")}


async def test_a_mark_that_is_rolled_back_leaves_nothing(host: Host) -> None:
    here = host.here

    def work(connection: object) -> None:
        mark(connection, CONFIG, here.house.store.queue, host.source, [("project", "1")], here.clock.now())  # type: ignore[arg-type]
        raise KeyError

    with pytest.raises(KeyError):
        await here.write(work)
    assert await here.read(lambda c: pushes.find(c)) == []


def test_a_rule_without_sources_takes_from_all_but_its_destination() -> None:
    assert takes_from(ANY.deliver["all"], "jobber")
    assert not takes_from(ANY.deliver["all"], "companycam")
    assert not takes_from(CONFIG.deliver["projects"], "hubspot")
