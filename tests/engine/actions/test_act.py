from __future__ import annotations

import pytest

from runner.engine.actions.act import act
from runner.errors import NotFound, PushError, UnexpectedResponse
from runner.store import calls
from tests.partners import World


async def test_an_action_answers_with_what_it_keeps(here: World) -> None:
    host = await here.connect("companycam")
    made = await act(here.house, host, "create_project", {"name": "Roof"})
    assert here.companycam.tables["projects"].row(made["id"])["name"] == "Roof"
    assert set(made) == {"id", "url"}


async def test_every_wrong_input_is_told_and_nothing_is_sent(here: World) -> None:
    host = await here.connect("companycam")
    sent = len(here.wire.requests)
    with pytest.raises(PushError) as wrong:
        await act(here.house, host, "create_project", {"address": "Main St", "colour": "red"})
    assert all(f"`{name}`" in str(wrong.value) for name in ("name", "address", "colour"))
    assert not wrong.value.retry
    assert len(here.wire.requests) == sent


async def test_an_unknown_action_is_named_with_those_there_are(here: World) -> None:
    host = await here.connect("companycam")
    with pytest.raises(NotFound, match="create_project"):
        await act(here.house, host, "destroy", {})


async def test_a_refusal_is_told_and_counted(here: World) -> None:
    host = await here.connect("companycam")
    before = await here.read(lambda c: calls.total(c, host.id))
    here.companycam.fail_next(1, 422)
    with pytest.raises(UnexpectedResponse):
        await act(here.house, host, "create_project", {"name": "Roof"})
    assert (await here.read(lambda c: calls.total(c, host.id))).calls > before.calls
