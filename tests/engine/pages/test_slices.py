"""A window of dates in slices: each with pages of its own, and a walk that is killed goes on in its slice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.incrementals.window import DateWindow
from runner.model.run import RunState
from tests.engine.depot import SIZE, Killed, Yard, yard
from tests.engine.ways import way

SPEC = way(
    "get: /keyed",
    f'type: keyset, last: "rows[-1].id", param: above, size_param: size, size: {SIZE}',
    "incremental: {type: window, back: 20d, ahead: 10d, slice: 10d}",
    params='from: "{{ window.start }}", to: "{{ window.end }}"',
)
NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
DAYS = st.integers(0, 400)


@given(DAYS, DAYS, st.integers(1, 90))
def test_slices_cover_the_window_without_a_gap(back: int, ahead: int, days: int) -> None:
    block = {"type": "window", "back": f"{back}d", "ahead": f"{ahead}d", "slice": f"{days}d"}
    window = DateWindow.model_validate(block).begin(None, NOW, True)["window"]
    slices = [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in window["slices"]]
    assert (slices[0][0].isoformat(), slices[-1][1].isoformat()) == tuple(
        datetime.fromisoformat(window[name]).isoformat() for name in ("start", "end")
    )
    assert all(former[1] == latter[0] for former, latter in pairwise(slices))
    assert all(end - start <= timedelta(days=days) for start, end in slices)


def test_without_slices_the_window_is_one() -> None:
    scope = DateWindow.model_validate({"type": "window", "back": "1d", "ahead": "1d"}).begin(None, NOW, True)
    assert sorted(scope["window"]) == ["end", "start"]


def asked(here: Yard) -> list[tuple[str, str]]:
    return [(one.url.params["from"], one.url.params.get("above", "")) for one in here.depot.requests]


async def test_each_slice_is_walked_to_its_end(database_url: str) -> None:
    async with yard(database_url, SPEC) as here:
        done = await here.run()
        assert (done.state, done.counts.pages, done.counts.created) == (RunState.DONE, 3 * 6, 23)
        starts = [start for start, _ in asked(here)]
        assert (starts == sorted(starts), [starts.count(start) for start in dict.fromkeys(starts)]) == (True, [6, 6, 6])


async def test_a_walk_that_is_killed_goes_on_in_its_slice(database_url: str) -> None:
    async with yard(database_url, SPEC) as here:
        here.depot.strike(9)
        with pytest.raises(Killed):
            await here.run()
        here.depot.before = None
        here.clock.advance(86400)
        done = await here.run()
        assert (done.state, done.counts.pages) == (RunState.DONE, 3 * 6)
        assert len(set(asked(here))) == 3 * 6
