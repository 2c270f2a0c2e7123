from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from sqlalchemy import Connection, update

from runner.client.recent import SEEN
from runner.errors import AuthenticationError, CredentialUnreadable, PartnerUnavailable, RateLimited, SettingsError
from runner.model.credential import Credential
from runner.model.integration import State
from runner.model.secret import Secret
from runner.store import leases
from runner.store.store import Store
from runner.store.vault import credentials
from runner.testing.clock import START
from tests.client.conftest import CONSENT, INTEGRATION, Answer, Desk, answer, connector

OAUTH = connector(auth=CONSENT)
CLIENT = connector(auth={"type": "oauth2_client_credentials", "token_url": "https://acme.example/token"})
FRESH = Credential(
    values={"key": Secret("k3y")},
    access_token=Secret("old"),
    refresh_token=Secret("refresh-1"),
    issued_at=START,
    expires_at=START + timedelta(hours=1),
)
DYING = replace(FRESH, issued_at=START - timedelta(minutes=58), expires_at=START + timedelta(minutes=2))
RENEWED = answer({"access_token": "new", "refresh_token": "refresh-2", "expires_in": 3600})


def forms(desk: Desk) -> list[dict[str, list[str]]]:
    return [parse_qs(request.content.decode()) for request in desk.partner.requests]


async def test_a_key_is_handed_out_as_it_is_stored(desk: Desk) -> None:
    assert (await desk.tokens().get(connector(), INTEGRATION)).values == {"key": Secret("k3y")}
    assert desk.partner.requests == []


async def test_a_fresh_token_is_not_refreshed(desk: Desk) -> None:
    await desk.keep(FRESH)
    assert await desk.tokens().get(OAUTH, INTEGRATION) == FRESH
    assert desk.partner.requests == []


async def test_a_dying_token_is_refreshed_and_the_new_one_stored(desk: Desk) -> None:
    await desk.keep(DYING)
    desk.partner.answers = [RENEWED]
    found = await desk.tokens().get(OAUTH, INTEGRATION)
    assert (found.access_token, found.refresh_token, found.values) == (Secret("new"), Secret("refresh-2"), FRESH.values)
    assert await desk.kept() == found
    assert forms(desk)[0]["refresh_token"] == ["refresh-1"]


async def test_many_tasks_cause_one_refresh(desk: Desk) -> None:
    await desk.keep(DYING)
    desk.partner.answers = [RENEWED]
    tokens = desk.tokens()
    found = await asyncio.gather(*(tokens.get(OAUTH, INTEGRATION) for _ in range(20)))
    assert {credential.access_token for credential in found} == {Secret("new")}
    assert len(desk.partner.requests) == 1


async def test_two_processes_cause_one_refresh(desk: Desk) -> None:
    await desk.keep(DYING)
    desk.partner.answers = [RENEWED]
    found = await asyncio.gather(*(desk.tokens().get(OAUTH, INTEGRATION) for _ in range(2)))
    assert {credential.access_token for credential in found} == {Secret("new")}
    assert len(desk.partner.requests) == 1


async def test_a_refresh_that_another_process_does_not_finish_is_not_waited_for_for_ever(desk: Desk) -> None:
    await desk.keep(DYING)
    until = START + timedelta(seconds=60)
    await desk.store.database.write(lambda c: leases.claim(c, f"refresh:{INTEGRATION.id}", until, START))
    with pytest.raises(RateLimited, match="renewed elsewhere"):
        await desk.tokens().get(OAUTH, INTEGRATION)


async def test_the_lease_of_a_dead_process_is_taken_over(desk: Desk) -> None:
    await desk.keep(DYING)
    desk.partner.answers = [RENEWED]
    until = START + timedelta(seconds=5)
    await desk.store.database.write(lambda c: leases.claim(c, f"refresh:{INTEGRATION.id}", until, START))
    assert (await desk.tokens().get(OAUTH, INTEGRATION)).access_token == Secret("new")


async def test_client_credentials_fetch_their_first_token(desk: Desk) -> None:
    desk.partner.answers = [answer({"access_token": "first", "expires_in": 900})]
    found = await desk.tokens().get(CLIENT, INTEGRATION)
    assert (found.access_token, found.values) == (Secret("first"), {"key": Secret("k3y")})
    assert forms(desk)[0] == {
        "grant_type": ["client_credentials"],
        "client_id": ["cid"],
        "client_secret": ["app-secret"],
    }


async def test_a_refused_refresh_puts_the_integration_into_error_and_is_not_repeated(desk: Desk) -> None:
    await desk.keep(DYING)
    desk.partner.answers = [answer({"error": "invalid_grant"}, 400)]
    with pytest.raises(AuthenticationError, match="invalid_grant"):
        await desk.tokens().get(OAUTH, INTEGRATION)
    found = await desk.integration()
    assert (found.state, found.reason and found.reason.code) == (State.ERROR, "credential-refused")
    assert len(desk.partner.requests) == 1


@pytest.mark.parametrize("trouble", [answer(None, 503), httpx.ReadTimeout("slow")])
async def test_trouble_at_the_partner_changes_nothing_and_can_be_tried_again(desk: Desk, trouble: Any) -> None:
    await desk.keep(DYING)
    desk.partner.answers = [trouble, RENEWED]
    tokens = desk.tokens()
    with pytest.raises(PartnerUnavailable):
        await tokens.get(OAUTH, INTEGRATION)
    assert ((await desk.integration()).state, await desk.kept()) == (State.ACTIVE, DYING)
    assert (await tokens.get(OAUTH, INTEGRATION)).access_token == Secret("new")


def meanwhile(desk: Desk, found: httpx.Response, other: Credential) -> Answer:
    """An answer that comes after somebody else stored another credential."""

    async def partner(request: httpx.Request) -> httpx.Response:
        await desk.keep(other)
        return found

    return partner


async def test_whoever_connected_anew_during_a_refresh_is_right(desk: Desk) -> None:
    await desk.keep(DYING)
    anew = replace(FRESH, access_token=Secret("connected anew"))
    desk.partner.answers = [meanwhile(desk, RENEWED, anew)]
    assert (await desk.tokens().get(OAUTH, INTEGRATION)) == anew == await desk.kept()


async def test_a_refusal_does_not_hit_a_credential_that_was_connected_anew(desk: Desk) -> None:
    tokens = desk.tokens()
    await desk.keep(replace(FRESH, access_token=Secret("connected anew")))
    await tokens.refuse(INTEGRATION, AuthenticationError("no"), FRESH)
    assert (await desk.integration()).state is State.ACTIVE


async def test_a_token_that_was_refused_is_renewed_although_it_looks_fresh(desk: Desk) -> None:
    await desk.keep(FRESH)
    desk.partner.answers = [RENEWED]
    assert (await desk.tokens().renew(OAUTH, INTEGRATION, FRESH)).access_token == Secret("new")


async def test_a_token_that_another_task_renewed_already_is_taken(desk: Desk) -> None:
    await desk.keep(FRESH)
    refused = replace(FRESH, access_token=Secret("an older one"))
    assert await desk.tokens().renew(OAUTH, INTEGRATION, refused) == FRESH
    assert desk.partner.requests == []


async def test_a_key_cannot_be_renewed(desk: Desk) -> None:
    with pytest.raises(AuthenticationError, match="refuses the key"):
        await desk.tokens().renew(connector(), INTEGRATION, await desk.kept())
    assert (await desk.integration()).state is State.ERROR


async def test_without_consent_there_is_nothing_to_hand_out(desk: Desk) -> None:
    await desk.store.database.write(lambda c: desk.store.vault.remove(c, INTEGRATION.id))
    with pytest.raises(AuthenticationError, match="Acme is not connected yet"):
        await desk.tokens().get(OAUTH, INTEGRATION)


async def test_a_connector_without_secrets_needs_no_credential(desk: Desk) -> None:
    await desk.store.database.write(lambda c: desk.store.vault.remove(c, INTEGRATION.id))
    assert await desk.tokens().get(connector(), INTEGRATION) == Credential()


async def test_what_a_refresh_captures_is_kept_with_the_account(desk: Desk) -> None:
    await desk.keep(DYING)
    desk.partner.answers = [answer({"access_token": "new", "api_domain": "https://moved.example"})]
    moving = connector(auth=CONSENT | {"capture": {"token": {"api_domain": "api_domain"}}})
    await desk.tokens().get(moving, INTEGRATION)
    assert (await desk.integration()).account == {"api_domain": "https://moved.example"}


def test_an_environment_can_come_from_the_operator(desk: Desk) -> None:
    tokens = desk.tokens(environments={"acme": {"simulated": {"api": "http://localhost:1"}}})
    assert tokens.environment(connector(), "simulated") == {"api": "http://localhost:1"}


def test_an_unknown_environment_says_which_there_are(desk: Desk) -> None:
    with pytest.raises(SettingsError, match="there are: production"):
        desk.tokens().environment(connector(), "staging")


async def other_process(desk: Desk, credential: Credential | None) -> None:
    """What another process does to the vault, of which this one hears nothing."""
    elsewhere = Store.open(str(desk.store.database.url), desk.store.vault.keys)
    vault = elsewhere.vault

    def work(connection: Connection) -> None:
        if credential is None:
            vault.remove(connection, INTEGRATION.id)
        else:
            vault.put(connection, INTEGRATION.id, credential, START)

    await elsewhere.database.write(work)
    await elsewhere.close()


async def test_a_credential_is_read_once_a_second(desk: Desk) -> None:
    await desk.keep(FRESH)
    tokens = desk.tokens()
    assert await tokens.get(OAUTH, INTEGRATION) == FRESH
    await desk.store.database.write(lambda c: c.execute(update(credentials).values(sealed=b"\0")))
    assert await tokens.get(OAUTH, INTEGRATION) == FRESH
    desk.clock.advance(SEEN.total_seconds())
    with pytest.raises(CredentialUnreadable):
        await tokens.get(OAUTH, INTEGRATION)


async def test_what_this_process_writes_or_forgets_counts_at_once(desk: Desk) -> None:
    await desk.keep(FRESH)
    tokens, anew = desk.tokens(), replace(FRESH, access_token=Secret("anew"))
    await tokens.get(OAUTH, INTEGRATION)
    await desk.keep(anew)
    assert await tokens.get(OAUTH, INTEGRATION) == anew
    await desk.store.database.write(lambda c: desk.store.vault.remove(c, INTEGRATION.id))
    with pytest.raises(AuthenticationError, match="not connected yet"):
        await tokens.get(OAUTH, INTEGRATION)


@pytest.mark.parametrize("written", [None, replace(FRESH, access_token=Secret("anew"))])
async def test_what_another_process_writes_or_forgets_counts_after_a_second(
    desk: Desk, written: Credential | None
) -> None:
    await desk.keep(FRESH)
    tokens = desk.tokens()
    await tokens.get(OAUTH, INTEGRATION)
    await other_process(desk, written)
    desk.clock.advance(SEEN.total_seconds())
    if written is None:
        with pytest.raises(AuthenticationError, match="not connected yet"):
            await tokens.get(OAUTH, INTEGRATION)
    else:
        assert await tokens.get(OAUTH, INTEGRATION) == written


async def test_a_refusal_looks_into_the_vault_whatever_was_seen_a_moment_ago(desk: Desk) -> None:
    await desk.keep(FRESH)
    tokens, anew = desk.tokens(), replace(FRESH, access_token=Secret("anew"))
    seen = await tokens.get(OAUTH, INTEGRATION)
    await other_process(desk, anew)
    assert await tokens.renew(OAUTH, INTEGRATION, seen) == anew
    assert desk.partner.requests == []


async def test_a_clock_that_goes_back_makes_nothing_good_for_longer(desk: Desk) -> None:
    await desk.keep(FRESH)
    tokens = desk.tokens()
    await tokens.get(OAUTH, INTEGRATION)
    await other_process(desk, None)
    desk.clock.advance(-3600)
    with pytest.raises(AuthenticationError, match="not connected yet"):
        await tokens.get(OAUTH, INTEGRATION)
