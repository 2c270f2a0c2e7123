"""What the host is told of its integrations: signed, in order, again until it is taken, and for days."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
import orjson
import pytest

from runner.client.guard import open_http
from runner.components.verifiers.standard_webhooks import StandardWebhooks
from runner.connector.config import Notify
from runner.engine.integrations.disconnect import disconnect, remove
from runner.engine.pushes import notify
from runner.engine.syncs import sync
from runner.engine.work.sweep import sweep
from runner.errors import AuthenticationError, BadSignature
from runner.model.event import Delivery
from runner.model.integration import Reason, State
from runner.model.secret import Secret
from runner.store import changes
from runner.store.changes import Telling
from runner.store.wakeups import wakeups
from tests.partners import World, world

SECRET = Secret("whsec_" + base64.b64encode(b"n" * 32).decode())
NEXT = Secret("whsec_" + base64.b64encode(b"m" * 32).decode())
OFF = Reason("disconnected", "The host disconnected it", "Connect it again")


@dataclass
class Host:
    """A host that answers as it is told, and remembers what it was told."""

    answers: list[int] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.answers.pop(0) if self.answers else 204)

    def types(self) -> list[str]:
        return [orjson.loads(request.content)["type"] for request in self.requests]


@dataclass
class Told:
    """A house that tells a host."""

    here: World
    host: Host

    async def stands(self) -> list[Telling]:
        found = await self.here.read(lambda c: changes.find(c))
        return [one.telling for one in found]


def telling(here: World, **options: object) -> Told:
    host = Host()
    here.wire.hosts["host.example"] = httpx.MockTransport(host)  # type: ignore[assignment]  # a transport too
    config = here.house.config.model_copy(
        update={"notify": Notify(url="https://host.example/hooks/runner", **options)}  # type: ignore[arg-type]
    )
    here.house = replace(here.house, config=config, notify_secrets=(SECRET, NEXT))
    return Told(here, host)


@pytest.fixture
async def told(database_url: str) -> AsyncIterator[Told]:
    async with world(database_url) as here:
        yield telling(here)


async def test_the_host_hears_of_every_move_in_order_with_reason_and_remedy(told: Told) -> None:
    made = await told.here.connect("companycam")
    await told.here.work()
    await disconnect(told.here.house, made, OFF)
    await told.here.work()
    assert told.host.types() == ["integration.pending", "integration.active", "integration.disabled"]
    body = orjson.loads(told.host.requests[-1].content)
    assert body["data"]["integration"] == {
        "id": made.id, "company": "acme", "connector": "companycam", "environment": "production",
    }  # fmt: skip
    assert (body["data"]["before"], body["data"]["state"]) == ("active", "disabled")
    assert body["data"]["reason"] == {**vars(OFF), "matter": "host"}
    assert await told.stands() == [Telling.TOLD] * 3


def delivered(request: httpx.Request, told: Told, body: bytes | None = None) -> Delivery:
    headers = {name.lower(): value for name, value in request.headers.items()}
    content = request.content if body is None else body
    return Delivery("host", "POST", str(request.url), headers, content, told.here.clock.now())


@pytest.mark.parametrize("secret", [SECRET, NEXT])
async def test_a_receiver_of_standard_webhooks_takes_the_signature_and_no_other_body(
    told: Told, secret: Secret
) -> None:
    await told.here.connect("companycam")
    await told.here.work()
    request = told.host.requests[0]
    receiver = StandardWebhooks(type="standard_webhooks", secret="settings.secret")
    receiver.verify(delivered(request, told), [secret], told.here.clock.now(), {})
    with pytest.raises(BadSignature):
        receiver.verify(delivered(request, told, request.content + b" "), [secret], told.here.clock.now(), {})


async def test_what_is_not_taken_comes_again_with_the_same_id_and_body_and_the_rest_waits_behind(told: Told) -> None:
    told.host.answers = [500, 302]
    await told.here.connect("companycam")
    await told.here.work()
    assert await told.stands() == [Telling.PENDING, Telling.PENDING]
    await told.here.work(wait=timedelta(minutes=6))
    first, second, third, _ = told.host.requests
    assert told.host.types() == ["integration.pending"] * 3 + ["integration.active"]
    assert {one.headers["webhook-id"] for one in (first, second, third)} == {first.headers["webhook-id"]}
    assert first.content == second.content == third.content
    assert int(third.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    assert await told.stands() == [Telling.TOLD, Telling.TOLD]


async def test_it_is_given_up_after_days_and_told_when_an_operator_says_so(told: Told) -> None:
    told.host.answers = [503] * 200
    begun = told.here.clock.now()
    await told.here.connect("companycam")
    await told.here.work(wait=timedelta(days=8))
    tries = len(notify.PAUSES) + 1
    assert await told.stands() == [Telling.DEAD, Telling.DEAD]
    assert len(told.host.requests) == 2 * tries
    assert told.here.clock.now() - begun > timedelta(days=3)
    told.host.answers.clear()
    assert await told.here.write(lambda c: notify.again(c, told.here.house, None)) == 2
    await told.here.work()
    assert await told.stands() == [Telling.TOLD, Telling.TOLD]


async def test_a_host_that_says_gone_is_not_asked_again(told: Told) -> None:
    told.host.answers = [410]
    await told.here.connect("companycam")
    await told.here.work()
    assert await told.stands() == [Telling.DEAD, Telling.TOLD]


async def test_only_what_the_host_wants_to_know_is_told(here: World) -> None:
    told = telling(here, events=["removed"])
    made = await here.connect("companycam")
    await remove(here.house, made)
    await here.work()
    assert told.host.types() == ["integration.removed"]
    assert await told.stands() == [Telling.TOLD]


async def test_where_nobody_is_to_be_told_nothing_waits(here: World) -> None:
    made = await here.connect("companycam")
    await here.work()
    found = await here.read(lambda c: changes.find(c, made.id))
    assert {one.telling for one in found} == {Telling.SKIPPED}
    assert await here.read(lambda c: changes.waiting(c, here.clock.now())) == []


async def test_without_a_secret_nothing_is_sent_unsigned(told: Told) -> None:
    told.here.house = replace(told.here.house, notify_secrets=())
    await told.here.connect("companycam")
    await told.here.work()
    assert told.host.requests == []
    found = await told.here.read(lambda c: changes.find(c))
    assert "RUNNER_NOTIFY_SECRET" in str(found[0].note)


async def test_a_lost_wake_up_is_made_again(told: Told) -> None:
    await told.here.connect("companycam")
    await told.here.write(lambda c: c.execute(wakeups.delete()))
    assert told.host.requests == []
    await sweep(told.here.house)
    await told.here.work()
    assert told.host.types() == ["integration.pending", "integration.active"]


async def test_a_refusal_by_the_partner_reaches_the_host(told: Told) -> None:
    made = await told.here.connect("jobber")
    await told.here.work()
    told.here.jobber.grants.drop()
    told.here.clock.advance(4000)
    with pytest.raises(AuthenticationError, match="refuses"):
        await sync.run(told.here.house, made, "clients")
    await told.here.work()
    last = orjson.loads(told.host.requests[-1].content)["data"]
    assert (last["event"], last["state"], last["reason"]["matter"]) == ("refused", State.ERROR, "auth")


async def test_a_private_address_is_not_posted_to(told: Told) -> None:
    config = told.here.house.config.model_copy(update={"notify": Notify(url="http://127.0.0.1:9/hook")})
    async with open_http() as guarded:
        await told.here.connect("companycam")
        told.here.house = replace(told.here.house, config=config, http=guarded)
        await told.here.work()
    found = await told.here.read(lambda c: changes.find(c))
    assert "private address" in str(found[0].note)


async def test_what_is_told_holds_no_secret(told: Told) -> None:
    wrong = await told.here.connect("servicetitan", client_secret="a-wrong-secret")
    await told.here.work()
    assert wrong.state is State.ERROR
    assert told.host.types() == ["integration.pending", "integration.error"]
    assert not any(b"a-wrong-secret" in one.content + str(one.headers).encode() for one in told.host.requests)
    assert not any(SECRET.reveal() in str(one.headers) for one in told.host.requests)
