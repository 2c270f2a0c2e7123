"""Whatever is sent to the pages of connecting, what it leaves in the database has an end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine.integrations import connect
from runner.service import tickets
from runner.store.states import MOST_OPEN
from tests.browse import key_of, send
from tests.partners import SETTINGS, World
from tests.service.test_hostile import FUZZ, LONG

pytestmark = pytest.mark.sqlite_only  # they count the rows of a file


def rows(path: Path) -> dict[str, int]:
    """How many rows each table has."""
    with closing(sqlite3.connect(path)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


HUGE = "(long)"
GARBAGE = st.dictionaries(
    st.sampled_from(["state", "code", "error", "ticket", "way", "realmId", "iss"]) | st.text(max_size=5),
    st.text(max_size=40) | st.sampled_from([HUGE, "eyJhIjoxfQ.x", "[]", "../..", "\0"]),
    max_size=5,
)


@settings(FUZZ, max_examples=2_000 if LONG else 25)
@given(query=GARBAGE, form=GARBAGE, cookie=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
async def test_garbage_leaves_nothing(
    here: World, web: httpx.AsyncClient, path: Path, query: dict[str, str], form: dict[str, str], cookie: str
) -> None:
    before, headers = rows(path), {"cookie": f"connect={cookie}"}
    query, form = ({name: "a" * 5000 if text == HUGE else text for name, text in one.items()} for one in (query, form))
    answers = [
        await web.get("/oauth/callback", params=query, headers=headers),
        await web.post("/oauth/callback", params=query, data=form, headers=headers),
        await web.get("/oauth/jobber/authorize", params=query, headers=headers),
        await web.post("/oauth/jobber/authorize", params=query, data=form, headers=headers),
    ]
    assert all(answer.status_code < 500 for answer in answers)
    assert rows(path) == before


async def test_a_form_that_is_sent_on_and_on_keeps_few_consents(
    here: World, web: httpx.AsyncClient, path: Path
) -> None:
    url = tickets.link(here.house, await connect.begin(here.house, "acme", "jobber")).url
    key = key_of(await web.get(url))
    for _ in range(3 * MOST_OPEN):
        assert (await send(web, url, key)).status_code == 303
    assert rows(path)["oauth_states"] == MOST_OPEN
    assert rows(path)["connect_sessions"] == 1


@pytest.mark.parametrize("name", ["client_secret", "tenant_id"])
async def test_settings_that_are_wrong_again_and_again_leave_little(
    here: World, web: httpx.AsyncClient, path: Path, name: str
) -> None:
    url = tickets.link(here.house, await connect.begin(here.house, "acme", "servicetitan", later=True)).url
    key, wrong = key_of(await web.get(url)), SETTINGS["servicetitan"] | {name: "777"}
    for _ in range(3):
        assert (await send(web, url, key, **wrong)).status_code == 422
    before = rows(path)
    for _ in range(30):
        assert (await send(web, url, key, **wrong)).status_code == 422
    assert rows(path) == before
