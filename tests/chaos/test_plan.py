"""The plan of attacks: the same from the same seed, and within its time."""

from __future__ import annotations

from tests.chaos.cast import HOST, LEDGER, READ
from tests.chaos.plan import KINDS, Attack, plan
from tests.chaos.stage import TROUPE
from tests.chaos.test_chaos import SEED


def planned(seed: int, seconds: float = 60, *, database: bool = True) -> list[Attack]:
    return plan(seed, seconds, list(TROUPE), [*READ, HOST, LEDGER], database=database)


def test_a_seed_makes_the_same_plan_again_and_another_one_another() -> None:
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


def test_the_short_form_has_every_sort_of_attack() -> None:
    assert {attack.what for attack in planned(SEED)} == set(KINDS)


def test_attacks_are_within_the_time_and_of_a_strength_that_their_kind_has() -> None:
    attacks = planned(3, 600)
    assert all(0 < attack.at < 600 for attack in attacks)
    assert all(KINDS[one.what].least <= one.amount <= KINDS[one.what].most for one in attacks)
    assert len(attacks) > 200


def test_a_file_is_no_server_that_could_be_attacked() -> None:
    attacks = planned(3, 600, database=False)
    assert "database" not in {attack.whom for attack in attacks}
    assert "jump" not in {attack.what for attack in attacks}
