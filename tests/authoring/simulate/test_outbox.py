from __future__ import annotations

import httpx
import pytest

from runner.authoring.simulate.outbox import Manners, Outbox

URL = "https://host.example/hook"


def letter(_: int) -> tuple[bytes, dict[str, str]]:
    return b"{}", {"content-type": "application/json"}


async def test_nothing_waits_where_nobody_listens(clock):
    outbox = Outbox(None, clock, Manners(()))
    outbox.put("topic", URL, letter)
    assert (outbox.waiting, await outbox.deliver()) == ([], [])


async def test_accepted_letter_is_gone(clock, receiver):
    outbox = Outbox(receiver.client, clock, Manners((1,)))
    outbox.put("topic", URL, letter)
    assert [attempt.status for attempt in await outbox.deliver()] == [200]
    assert await outbox.deliver() == []


async def test_attempt_says_why_no_answer_came(clock, receiver):
    outbox = Outbox(receiver.client, clock, Manners(()))
    receiver.answers = [httpx.ConnectError("refused")]
    outbox.put("topic", URL, letter)
    (attempt,) = await outbox.deliver()
    assert (attempt.status, attempt.error, attempt.accepted) == (None, "refused", False)


@pytest.mark.parametrize("url", ["nonsense", "ftp://host.example/", "http://[bad"])
async def test_url_that_cannot_be_posted_to_is_a_failed_attempt(clock, url):
    async with httpx.AsyncClient(trust_env=False) as client:
        outbox = Outbox(client, clock, Manners(()))
        outbox.put("topic", url, letter)
        (attempt,) = await outbox.deliver()
    assert attempt.error


async def test_redirect_is_no_success(clock, receiver):
    outbox = Outbox(receiver.client, clock, Manners(()))
    receiver.answers = [302]
    outbox.put("topic", URL, letter)
    assert [attempt.accepted for attempt in await outbox.deliver()] == [False]


async def test_letters_go_side_by_side_on_request(clock, receiver):
    outbox = Outbox(receiver.client, clock, Manners(()))
    outbox.put("topic", URL, letter, copies=25)
    assert len(await outbox.deliver(at_once=10)) == 25


async def test_withdrawn_subscription_gets_nothing_more(clock, receiver):
    outbox = Outbox(receiver.client, clock, Manners(()))
    outbox.put("topic", URL, letter, subscription="1")
    outbox.put("topic", URL, letter, subscription="2")
    outbox.withdraw("1")
    assert [attempt.subscription for attempt in await outbox.deliver()] == ["2"]


async def test_what_the_partner_does_not_repeat_is_given_up(clock, receiver):
    outbox = Outbox(receiver.client, clock, Manners((1,), repeats=lambda status: status == 503))
    receiver.answers = [404, 503]
    outbox.put("topic", URL, letter, copies=2)
    await outbox.deliver()
    assert (len(outbox.given_up), len(outbox.waiting)) == (1, 1)
