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
