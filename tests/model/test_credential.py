"""When a token has to be renewed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.model.credential import Credential
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lives", "due"), [(timedelta(minutes=6), False), (timedelta(minutes=5), True), (timedelta(0), True), (None, False)]
)
def test_a_token_is_due_within_the_margin(lives: timedelta | None, due: bool) -> None:
    expires = None if lives is None else NOW + lives

    assert Credential(access_token=Secret("t"), expires_at=expires).expires_within(timedelta(minutes=5), NOW) is due


def test_no_token_is_always_due() -> None:
    assert Credential().expires_within(timedelta(0), NOW)


@pytest.mark.parametrize(("life", "rest"), [(100, 50), (None, 7), (365, 90), (60, 30)])
def test_a_refresh_token_rests_for_half_of_its_life_and_ninety_days_at_most(life: int | None, rest: int) -> None:
    end = NOW + timedelta(days=life) if life else None
    credential = Credential(refresh_token=Secret("r"), issued_at=NOW, refresh_expires_at=end)
    assert credential.refresh_due_at(NOW + timedelta(days=1)) == NOW + timedelta(days=rest)


def test_without_a_refresh_token_nothing_is_due() -> None:
    assert Credential(access_token=Secret("a"), issued_at=NOW).refresh_due_at(NOW) is None
