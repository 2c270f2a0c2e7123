from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from runner.engine.integrations import connect
from runner.errors import SettingsError, StateRefused
from runner.service import tickets
from tests.partners import World


def text_of(link: tickets.ConnectLink) -> str:
    return parse_qs(urlsplit(link.url).query)["ticket"][0]


async def test_a_link_holds_what_it_was_made_for(here: World) -> None:
    made = await connect.begin(here.house, "acme", "jobber")
    link = tickets.link(here.house, made, "/done")
    ticket = tickets.opened(here.house, text_of(link))
    assert (ticket.id, ticket.integration_id, ticket.redirect_to) == (link.id, made.id, "/done")
    assert ticket.expires_at == link.expires_at == here.clock.now() + timedelta(minutes=30)


async def test_no_two_links_are_one(here: World) -> None:
    made = await connect.begin(here.house, "acme", "jobber")
    assert tickets.link(here.house, made).id != tickets.link(here.house, made).id


async def test_a_link_prints_without_its_ticket(here: World) -> None:
    link = tickets.link(here.house, await connect.begin(here.house, "acme", "jobber"))
    assert text_of(link) not in repr(link)


async def test_a_ticket_is_sealed_for_this_purpose(here: World) -> None:
    sealed = here.house.store.vault.keys.seal(b'["a","b",null,9999999999]', "another purpose")
    with pytest.raises(StateRefused):
        tickets.opened(here.house, sealed.hex())


@pytest.mark.parametrize("redirect_to", ["//evil.example", "https://evil.example/"])
async def test_nobody_is_sent_to_a_hostile_place(here: World, redirect_to: str) -> None:
    made = await connect.begin(here.house, "acme", "jobber")
    with pytest.raises(SettingsError, match="redirect_to"):
        tickets.link(here.house, made, redirect_to)
