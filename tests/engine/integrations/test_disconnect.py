"""Parting: off at once, revoked at the partner as soon as it can be reached, and never the wrong credential."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from runner.connector.library import Connectors
from runner.engine.integrations.disconnect import CRASH, PATIENCE, disconnect, remove
from runner.engine.integrations.refresh import refresh
from runner.errors import NotFound
from runner.model.credential import Credential
from runner.model.integration import Integration, Reason, State
from runner.store import integrations
from tests.partners import World, world
from tests.shelf import shipped, text_of

pytestmark = pytest.mark.each_database

REASON = Reason("disconnected", "The host disconnected it", "Connect it again")
REVOKES = """
  revoke: {url: "https://revoke.example/oauth/revoke", client_auth: body, form: {token: "{{ refresh_token }}"}}
"""


@dataclass
class Desk:
    """Where tokens are revoked: answers as it is told, 200 else."""

    answers: list[int | Exception] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.forms.append(request.content.decode())
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)


@dataclass
class Parting:
    """A house with a connected integration whose connector says how to revoke."""

    here: World
    desk: Desk
    made: Integration

    async def state(self) -> Integration:
        return await self.here.read(lambda c: integrations.get(c, self.made.id))

    async def kept(self) -> Credential | None:
        try:
            return await self.here.read(lambda c: self.here.house.store.vault.get(c, self.made.id))
        except NotFound:
            return None


@pytest.fixture
def connectors() -> Connectors:
    """The real ones, with Jobber's tokens revoked by a request (its own way is an action)."""
    kept = [line for line in text_of("jobber").splitlines(keepends=True) if not line.startswith("  revoke:")]
    return shipped(jobber="".join(kept).replace("\nhttp:\n", REVOKES + "\nhttp:\n", 1))


@pytest.fixture
async def parting(database_url: str, connectors: Connectors) -> AsyncIterator[Parting]:
    async with world(database_url, connectors=connectors) as here:
        desk = Desk()
        here.wire.hosts["revoke.example"] = httpx.MockTransport(desk)  # type: ignore[assignment]  # a transport too
        yield Parting(here, desk, await here.connect("jobber"))


async def test_the_token_is_revoked_and_forgotten(parting: Parting) -> None:
    token = (
        await parting.here.house.tokens.get(parting.here.house.connectors.get("jobber"), parting.made)
    ).refresh_token
    assert await disconnect(parting.here.house, parting.made, REASON)
    assert token is not None
    assert f"token={token.reveal()}" in parting.desk.forms[0]
    assert (await parting.state()).state is State.DISABLED
    assert await parting.kept() is None


async def test_who_cannot_wait_for_the_partner_has_a_worker_do_the_rest(parting: Parting) -> None:
    assert not await disconnect(parting.here.house, parting.made, REASON, later=True)
    assert (await parting.state()).state is State.DISABLED
    assert parting.desk.forms == []
    await parting.here.work()
    assert len(parting.desk.forms) == 1
    assert await parting.kept() is None


@pytest.mark.parametrize("away", [503, 429, httpx.ConnectError("down")])
async def test_a_partner_that_is_away_does_not_prevent_it_and_is_told_later(
    parting: Parting, away: int | Exception
) -> None:
    parting.desk.answers = [away]
    assert not await disconnect(parting.here.house, parting.made, REASON)
    assert ((await parting.state()).state, (await parting.state()).reason) == (State.DISABLED, REASON)
    await parting.here.work(wait=CRASH)
    assert len(parting.desk.forms) == 2
    assert await parting.kept() is None


async def test_what_is_to_be_revoked_is_not_kept_for_ever_nor_kept_alive(parting: Parting) -> None:
    parting.desk.answers = [503] * 1000
    await disconnect(parting.here.house, parting.made, REASON)
    assert await refresh(parting.here.house, parting.made.id) is None
    await parting.here.work(wait=PATIENCE + timedelta(hours=1))
    assert await parting.kept() is None
    assert "never-revoked" in parting.here.log.events()


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_token_that_is_dead_there_is_forgotten_here(parting: Parting, status: int) -> None:
    parting.desk.answers = [status]
    assert await disconnect(parting.here.house, parting.made, REASON)
    assert await parting.kept() is None
    assert "not-revoked" in parting.here.log.events()


async def test_whoever_connects_anew_meanwhile_keeps_the_new_credential(parting: Parting) -> None:
    parting.desk.answers = [503]
    await disconnect(parting.here.house, parting.made, REASON)
    again = await parting.here.connect("jobber")
    assert (again.id, again.state) == (parting.made.id, State.ACTIVE)
    await parting.here.work(wait=CRASH)
    assert (await parting.state()).state is State.ACTIVE
    assert await parting.kept() is not None
    assert len(parting.desk.forms) == 1


async def test_a_process_that_dies_in_between_is_followed_by_another(parting: Parting) -> None:
    class Crash(BaseException):
        pass

    async def crash(request: httpx.Request) -> None:
        if request.url.host == "revoke.example":
            parting.here.wire.before = None
            raise Crash

    parting.here.wire.before = crash
    with pytest.raises(Crash):
        await disconnect(parting.here.house, parting.made, REASON)
    assert (await parting.state()).state is State.DISABLED
    await parting.here.work(wait=CRASH)
    assert len(parting.desk.forms) == 1
    assert await parting.kept() is None


async def test_a_token_that_ran_out_is_renewed_to_be_revoked(parting: Parting) -> None:
    before = await parting.kept()
    parting.here.clock.advance(4000)
    assert await disconnect(parting.here.house, parting.made, REASON)
    assert before is not None
    assert before.refresh_token is not None
    assert before.refresh_token.reveal() not in parting.desk.forms[0]
    assert await parting.kept() is None


async def test_one_whose_tokens_are_dead_keeps_the_reason_that_it_was_given(parting: Parting) -> None:
    parting.here.jobber.grants.drop()
    parting.here.clock.advance(4000)
    assert await disconnect(parting.here.house, parting.made, REASON)
    assert (await parting.state()).reason == REASON
    assert await parting.kept() is None


async def test_removing_revokes_once_and_leaves_nothing(parting: Parting) -> None:
    parting.desk.answers = [503]
    await remove(parting.here.house, parting.made)
    assert len(parting.desk.forms) == 1
    with pytest.raises(NotFound):
        await parting.state()


async def test_a_connector_whose_file_is_gone_does_not_prevent_it(parting: Parting) -> None:
    gone = replace(parting.here.house, connectors=Connectors(Path("/nowhere")))
    assert await disconnect(gone, parting.made, REASON)
    assert await parting.kept() is None
