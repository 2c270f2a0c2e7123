"""Guard rails of a walk: pages that are too large, pages that do not turn, links, another endpoint for full passes."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from runner.errors import PartnerUnavailable, UnexpectedResponse
from tests.engine.depot import SIZE, Killed, Yard, yard
from tests.engine.ways import WAYS, way

SINCE = "incremental: {type: since, overlap: 5m}"
LARGE = way("get: /numbered", "type: page_number, param: page, size_param: size, size: 16, more: more", "")


def choke(here: Yard, most: int, answer: httpx.Response | Exception) -> None:
    """From now on the partner fails on pages of more than `most`."""

    async def before(request: httpx.Request) -> httpx.Response | None:
        if int(request.url.params.get("size", 0)) <= most:
            return None
        if isinstance(answer, Exception):
            raise answer
        return answer

    here.depot.before = before


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(502), httpx.Response(504), httpx.Response(413), httpx.ReadTimeout("late")],
    ids=["500", "502", "504", "413", "timeout"],
)
async def test_a_partner_that_fails_on_large_pages_is_asked_for_smaller_ones(
    database_url: str, answer: httpx.Response | Exception
) -> None:
    async with yard(database_url, LARGE) as here:
        choke(here, 4, answer)
        run = await here.run()
        assert await here.names() == here.expected()
        assert run.counts.seen == 23
        halved = [values["size"] for _, event, values in here.log.lines if event == "page-size-halved"]
        assert halved == [8, 4]
        assert "pages of 4" in str(run.error)


async def test_the_smaller_size_is_kept_to_the_end(database_url: str) -> None:
    async with yard(database_url, LARGE) as here:
        choke(here, 8, httpx.Response(500))
        await here.run()
        assert [request.url.params["size"] for request in here.depot.requests] == ["16", "8", "8", "8"]


async def test_a_walk_that_fails_in_the_middle_goes_on_at_the_same_row(database_url: str) -> None:
    async with yard(database_url, LARGE, rows=40) as here:

        async def before(request: httpx.Request) -> httpx.Response | None:
            given = request.url.params
            return httpx.Response(500) if (given["page"], given["size"]) == ("2", "16") else None

        here.depot.before = before
        run = await here.run()
        assert (run.counts.seen, run.counts.created) == (40, 40)


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(400), httpx.ConnectError("away")])
async def test_a_partner_that_is_away_or_refuses_is_not_asked_for_less(
    database_url: str, answer: httpx.Response | Exception
) -> None:
    async with yard(database_url, LARGE) as here:
        choke(here, 0, answer)
        with pytest.raises((PartnerUnavailable, UnexpectedResponse)):
            await here.run()
        assert len(here.depot.requests) == 1


async def test_a_partner_that_fails_on_every_page_is_believed_after_a_few(database_url: str) -> None:
    async with yard(database_url, LARGE) as here:
        choke(here, 0, httpx.Response(500))
        with pytest.raises(PartnerUnavailable):
            await here.run()
        assert len(here.depot.requests) == 5


async def test_a_page_that_comes_twice_fails_the_run(database_url: str) -> None:
    ignored = way("get: /numbered", f"type: page_number, param: seite, size_param: size, size: {SIZE}, more: more", "")
    async with yard(database_url, ignored) as here:
        with pytest.raises(UnexpectedResponse, match="the same page twice"):
            await here.run()
        assert len(here.depot.requests) == 2


async def test_a_large_page_that_comes_twice_fails_the_run(database_url: str) -> None:
    ignored = way("get: /numbered", "type: page_number, param: seite, size_param: size, size: 500, more: more", "")
    async with yard(database_url, ignored, rows=1000) as here:
        with pytest.raises(UnexpectedResponse, match="the same page twice"):
            await here.run()


async def test_a_link_to_another_host_gets_no_credential(database_url: str) -> None:
    async with yard(database_url, WAYS["header_link, since"]) as here:

        async def before(request: httpx.Request) -> httpx.Response | None:
            assert request.url.host == "depot.example"
            return httpx.Response(200, json={"rows": []}, headers={"Link": '<https://evil.example/x>; rel="next"'})

        here.depot.before = before
        with pytest.raises(UnexpectedResponse, match=r"another host, evil\.example"):
            await here.run()


async def test_a_link_takes_the_place_of_path_and_parameters(database_url: str) -> None:
    async with yard(database_url, WAYS["json_link, since"]) as here:
        await here.run()
        here.clock.advance(3600)
        for number in range(9):
            here.depot.put(f"c{number:03}", "Changed")
        before = len(here.depot.requests)
        await here.run()
        asked = [[name for name, _ in request.url.params.multi_items()] for request in here.depot.requests[before:]]
        assert asked == [["since"], *[["since", "above"]] * 3]


async def test_newest_first_asks_for_no_page_behind_what_is_known(database_url: str) -> None:
    async with yard(database_url, WAYS["page_number, newest_first"]) as here:
        await here.run()
        here.clock.advance(3600)
        here.depot.put("c007", "Changed")
        before = len(here.depot.requests)
        run = await here.run()
        assert len(here.depot.requests) - before == 2  # within the overlap lie five more
        assert (run.counts.changed, run.counts.unchanged) == (1, 2 * SIZE - 1)


async def test_newest_first_fails_on_a_list_that_is_not_sorted(database_url: str) -> None:
    spec = WAYS["page_number, newest_first"].replace("sort: newest", "")
    async with yard(database_url, spec) as here:
        await here.run()
        here.clock.advance(3600)
        with pytest.raises(UnexpectedResponse, match="not sorted"):
            await here.run()


async def test_only_newer_counts_the_rest_as_unchanged(database_url: str) -> None:
    async with yard(database_url, WAYS["page_number, only_newer"]) as here:
        await here.run()
        here.clock.advance(3600)
        here.depot.put("c007", "Changed")
        run = await here.run()
        assert (run.counts.seen, run.counts.changed, run.counts.unchanged) == (23, 1, 22)


async def test_a_token_that_the_partner_refuses_leads_to_a_full_pass(database_url: str) -> None:
    async with yard(database_url, WAYS["cursor, token"]) as here:
        await here.run()
        here.depot.floor = 1000
        here.depot.put("c999", "New")
        run = await here.run()
        assert run.full
        assert await here.names() == here.expected()


async def test_a_feed_keeps_its_token_with_each_page(database_url: str) -> None:
    async with yard(database_url, WAYS["export feed, token"]) as here:
        here.depot.strike(6)
        with pytest.raises(Killed):
            await here.run()
        assert (await here.checkpoint()).value == "t20"  # that of the fifth page, the last that came
        here.depot.before = None
        await here.run()
        assert (await here.checkpoint()).value == "t23"


async def test_a_feed_that_never_names_a_place_fails_the_run(database_url: str) -> None:
    spec = WAYS["export feed, token"].replace("path: continueFrom", "path: goOnFrom")
    async with yard(database_url, spec) as here:
        with pytest.raises(UnexpectedResponse, match="no page had a token"):
            await here.run()
        assert (await here.checkpoint()).value is None


async def test_a_token_that_is_too_old_leads_to_a_full_pass(database_url: str) -> None:
    spec = WAYS["cursor, token"].replace("at: last_page", "at: last_page, reach: 29d")
    async with yard(database_url, spec) as here:
        passes = []
        for days in (0, 28, 28, 30):
            here.clock.advance(timedelta(days=days).total_seconds())
            passes.append((await here.run()).full)
        assert passes == [True, False, False, True]


OTHER = """
endpoints:
  changed: {get: /keyed, params: {since: "{{ checkpoint }}"}, records: rows, paginate: {type: keyset, last: "rows[-1].id", param: above}}
  all: {get: /numbered, records: rows, paginate: {type: page_number, size_param: size, size: 10, more: more}}
syncs:
  contacts:
    endpoint: changed
    processor: contact
    every: 1h
    incremental: {type: since, overlap: 5m, reach: 29d}
    full: {every: 400d, endpoint: all}
"""  # noqa: E501  # one endpoint a line


async def test_first_and_full_runs_walk_an_endpoint_of_their_own(database_url: str) -> None:
    async with yard(database_url, OTHER) as here:
        await here.run()
        assert (here.depot.count("/numbered"), here.depot.count("/keyed")) == (3, 0)
        here.clock.advance(3600)
        here.depot.put("c001", "Changed")
        assert not (await here.run()).full
        assert (here.depot.count("/numbered"), here.depot.count("/keyed")) == (3, 3)
        assert await here.names() == here.expected()


async def test_a_quiet_account_makes_no_full_pass_of_every_run(database_url: str) -> None:
    async with yard(database_url, OTHER) as here:
        passes = []
        for days in (0, 20, 20, 20, 31):
            here.clock.advance(timedelta(days=days).total_seconds())
            passes.append((await here.run()).full)
        assert passes == [True, False, False, False, True]


async def test_first_and_full_runs_may_want_a_window_even_then(database_url: str) -> None:
    window = "endpoint: all, incremental: {type: window, back: 1d, ahead: 2d}"
    spec = OTHER.replace("endpoint: all}", f"{window}}}")
    spec = spec.replace("/numbered, ", '/numbered, params: {since: "{{ window.start }}", until: "{{ window.end }}"}, ')
    async with yard(database_url, spec) as here:
        first = await here.run()
        asked = here.depot.requests[0].url.params
        assert (asked["since"], asked["until"]) == ("2026-05-03T15:20:10Z", "2026-05-06T15:20:10Z")
        here.clock.advance(3600)
        second = await here.run()
        assert (first.full, second.full) == (True, False)
        assert await here.names() == here.expected()
