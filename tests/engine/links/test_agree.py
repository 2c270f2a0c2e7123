"""Both sides change the same thing: what each is given, and what comes back as an echo."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runner.model.common import Pair
from runner.store import decisions, pushes
from tests.engine.pair import Between, System, between


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Between]:
    async with between(database_url) as opened:
        yield opened


async def begin(two: Between) -> None:
    """One thing that both have, and whose creation has come back."""
    two.shop.edit("1", name="Roof", notes="Old")
    await two.deliver("shop")
    await two.drain()
    await two.deliver("board")
    await two.drain()
    assert two.both() == ("Roof", "Roof")
    assert two.calls == (0, 1)


def there(two: Between) -> str:
    return next(iter(two.board.rows))


class TestEcho:
    async def test_what_we_made_comes_back_and_nothing_is_sent(self, two: Between) -> None:
        await begin(two)
        await two.quiet()
        assert two.calls == (0, 1)

    async def test_a_change_goes_over_once_and_its_echo_nowhere(self, two: Between) -> None:
        await begin(two)
        two.shop.edit("1", name="Green roof")
        await two.quiet()
        assert (two.both(), two.calls) == (("Green roof", "Green roof"), (0, 2))

    async def test_a_change_over_there_comes_back_once(self, two: Between) -> None:
        await begin(two)
        two.board.edit(there(two), name="Blue roof")
        await two.quiet()
        assert (two.both(), two.calls) == (("Blue roof", "Blue roof"), (1, 1))

    async def test_only_what_changed_is_sent_back(self, two: Between) -> None:
        await begin(two)
        two.shop.edit("1", name="Green roof")
        two.board.edit(there(two), notes="New")
        await two.quiet()
        assert (two.both("name"), two.both("notes")) == (("Green roof",) * 2, ("New",) * 2)
        assert two.calls == (1, 2)

    async def test_a_late_echo_of_what_was_replaced_since_is_not_taken_for_a_change(self, two: Between) -> None:
        await begin(two)
        late = []
        for name in ("A", "B"):
            two.shop.edit("1", name=name)
            await two.deliver("shop")
            await two.drain()
            late += two.board.snapshots
            two.board.snapshots.clear()
        await two.deliver("board", late[0])
        await two.drain()
        assert two.calls == (0, 3)
        await two.deliver("board", late[1])
        await two.quiet()
        assert (two.both(), two.calls) == (("B", "B"), (0, 3))

    async def test_somebody_who_takes_our_change_back_is_heard_a_little_later(self, two: Between) -> None:
        await begin(two)
        two.shop.edit("1", name="Green roof")
        await two.deliver("shop")
        await two.drain()
        two.board.snapshots.clear()
        two.board.edit(there(two), name="Roof")
        await two.deliver("board")
        await two.drain()
        assert two.both() == ("Green roof", "Roof")
        await two.quiet()
        assert two.both() == ("Roof", "Roof")

    async def test_what_was_written_stands_while_nothing_new_is_told(self, two: Between) -> None:
        await begin(two)
        two.board.edit(there(two), name="Blue roof")
        await two.deliver("board")
        await two.drain()
        two.clock.advance(86_400)
        two.board.edit(there(two), notes="New")
        await two.deliver("board")
        await two.drain()
        assert (two.both(), two.both("notes")) == (("Blue roof", "Blue roof"), ("New", "New"))
        assert two.calls == (2, 1)


class TestEmpty:
    async def test_an_emptied_value_is_neither_carried_over_nor_filled_again(self, two: Between) -> None:
        await begin(two)
        two.shop.edit("1", notes=None)
        await two.quiet()
        assert (two.both("notes"), two.calls) == ((None, "Old"), (0, 1))

    async def test_a_value_that_one_side_never_had_is_given_to_it(self, two: Between) -> None:
        two.shop.edit("1", name="Roof", notes=None)
        await two.quiet()
        two.board.edit(there(two), notes="New")
        await two.quiet()
        assert two.both("notes") == ("New", "New")


class TestConflict:
    async def clash(self, two: Between, *, first: str = "shop") -> tuple[str, str]:
        """Both change the name before either hears of it; returns what both have afterwards."""
        await begin(two)
        for side in (first, "board" if first == "shop" else "shop"):
            system, key = (two.shop, "1") if side == "shop" else (two.board, there(two))
            system.edit(key, name=side)
        await two.quiet()
        return two.both()

    @pytest.mark.parametrize(
        ("policy", "first", "stands"),
        [
            ("partner_wins", "shop", "shop"),
            ("host_wins", "board", "board"),
            ("newest_wins", "shop", "board"),
            ("newest_wins", "board", "shop"),
        ],
    )
    async def test_both_end_with_the_value_that_wins(
        self, database_url: str, policy: str, first: str, stands: str
    ) -> None:
        async with between(database_url, on_conflict={"name": policy}) as two:
            assert await self.clash(two, first=first) == (stands, stands)

    async def test_each_keeps_its_own_once_it_is_created(self, database_url: str) -> None:
        async with between(database_url, on_conflict={"name": "only_on_create"}) as two:
            assert await self.clash(two) == ("shop", "board")
            assert two.calls == (0, 1)

    async def test_without_a_way_back_the_host_keeps_its_own(self, database_url: str) -> None:
        async with between(database_url, on_conflict={"name": "host_wins"}, back=None) as two:
            assert await self.clash(two) == ("shop", "board")

    async def test_a_change_of_one_side_is_no_conflict(self, database_url: str) -> None:
        async with between(database_url, on_conflict={"name": "host_wins"}) as two:
            await begin(two)
            two.shop.edit("1", name="Green roof")
            await two.quiet()
            assert two.both() == ("Green roof", "Green roof")

    async def test_the_decision_is_kept_with_its_reason(self, database_url: str) -> None:
        async with between(database_url, on_conflict={"name": "host_wins"}) as two:
            await self.clash(two)
            pair = Pair("things", two.partner.id, "project", "1", two.host.id)
            found = await two.house.store.database.read(lambda c: decisions.find(c, pair))
            told = [(one.field, one.common, one.partner, one.host, one.winner, one.why) for one in found]
            assert ("name", "Roof", "shop", "board", "host", "both changed it: host_wins") in told


class TestAway:
    async def test_what_cannot_be_given_back_now_is_given_back_later(self, two: Between) -> None:
        await begin(two)
        two.shop.down = True
        two.board.edit(there(two), name="Blue roof")
        await two.deliver("board")
        await two.drain()
        assert two.both() == ("Roof", "Blue roof")
        two.shop.down = False
        two.clock.advance(7_200)
        await two.quiet()
        assert two.both() == ("Blue roof", "Blue roof")


async def test_a_thousand_edits_on_both_sides_end_alike_and_in_no_loop(database_url: str) -> None:
    """Edits at random on both sides, what they tell delivered late, twice and out of order, pushes in between."""
    chance, things, edits = random.Random(7), [str(one) for one in range(5)], 1000
    async with between(database_url, on_conflict={"name": "newest_wins", "notes": "host_wins"}) as two:
        for one in things:
            two.shop.edit(one, name=f"Thing {one}", notes="-")
        await two.quiet()
        made, twins = two.board.calls, {row["name"]: id_ for id_, row in two.board.rows.items()}
        keys = {one: twins[f"Thing {one}"] for one in things}
        for number in range(edits):
            one, field = chance.choice(things), chance.choice(("name", "notes"))
            system, key = chance.choice([(two.shop, one), (two.board, keys[one])])
            system.edit(key, **{field: f"{field} {number % 50}"})
            two.clock.advance(chance.random() * 20)
            if chance.random() < 0.1:
                side, told = chance.choice([("shop", two.shop), ("board", two.board)])
                await two.deliver(side, *some(chance, told))
            if chance.random() < 0.05:
                await two.drain(chance.choice(("shop", "board")))
        await two.quiet()
        here = {one: (two.shop.rows[one]["name"], two.shop.rows[one]["notes"]) for one in things}
        over = {one: (two.board.rows[keys[one]]["name"], two.board.rows[keys[one]]["notes"]) for one in things}
        assert here == over
        assert 0 < two.shop.calls + two.board.calls - made <= edits


def some(chance: random.Random, told: System) -> list[dict[str, Any]]:
    """Some of what a side has told, in any order; some of it will be told again."""
    chance.shuffle(told.snapshots)
    count = chance.randrange(len(told.snapshots) + 1)
    found, told.snapshots = told.snapshots[:count], told.snapshots[count:]
    told.snapshots += [one for one in found if chance.random() < 0.2]
    return found or told.snapshots[:1]


class TestSidesThatWriteAValueInTheirOwnWay:
    """The board has names in capitals, the shop in small letters: neither ever has what it is given."""

    @pytest.mark.parametrize("policy", ["partner_wins", "host_wins", "newest_wins"])
    async def test_comes_to_an_end_and_is_told(self, database_url: str, policy: str) -> None:
        async with between(database_url, on_conflict={"name": policy}) as two:
            two.board.writes, two.shop.writes = str.upper, str.lower
            two.shop.edit("1", name="roof", notes="Old")
            for _ in range(100):
                await two.round()
            rested = two.calls
            for _ in range(50):
                await two.round()
            assert two.calls == rested
            assert sum(rested) < 20
            assert two.both() == ("roof", "ROOF")
            found = await two.house.store.database.read(lambda c: pushes.find(c))
            assert any("`name` stays different: the" in str(one.note) for one in found)

    async def test_a_new_value_goes_over_all_the_same(self, two: Between) -> None:
        two.board.writes, two.shop.writes = str.upper, str.lower
        two.shop.edit("1", name="roof", notes="Old")
        for _ in range(100):
            await two.round()
        two.shop.edit("1", name="shed")
        for _ in range(100):
            await two.round()
        assert two.both() == ("shed", "SHED")

    async def test_other_values_of_it_go_on(self, two: Between) -> None:
        two.board.writes, two.shop.writes = str.upper, str.lower
        two.shop.edit("1", name="roof", notes="Old")
        for _ in range(100):
            await two.round()
        two.shop.edit("1", notes="New")
        for _ in range(100):
            await two.round()
        assert two.both("notes") == ("New", "New")
