from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.trouble import MOST, backoff, is_passing, until, words
from runner.errors import (
    AuthenticationError,
    CredentialUnreadable,
    MappingError,
    PartnerUnavailable,
    PushError,
    RateLimited,
    UnexpectedResponse,
)
from runner.testing.clock import START


@given(st.integers(0, 10_000))
def test_the_wait_grows_up_to_a_quarter_of_an_hour(attempts: int) -> None:
    assert timedelta(seconds=5) <= backoff(attempts) <= backoff(attempts + 1) <= MOST


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (RateLimited("x", wait=5), True),
        (PartnerUnavailable("x"), True),
        (AuthenticationError("x"), True),
        (CredentialUnreadable("x"), True),
        (UnexpectedResponse("x"), False),
        (MappingError("x"), False),
        (PushError("x", retry=False), False),
        (KeyError("x"), False),
    ],
)
def test_what_is_not_the_works_own_fault_costs_it_nothing(error: Exception, passing: bool) -> None:
    assert is_passing(error) is passing
    assert until(error, 0, START) > START


def test_the_wait_that_a_partner_asks_for_is_kept() -> None:
    assert until(RateLimited("x", wait=90), 7, START) == START + timedelta(seconds=90)


def test_an_unexpected_error_does_not_tell_its_text() -> None:
    assert "Ann" not in words(KeyError("Ann"))
    assert words(PushError("name is missing", retry=False)) == "name is missing"


def test_a_credential_that_no_key_opens_is_looked_at_again_soon() -> None:
    assert until(CredentialUnreadable("x"), 0, START) == START + timedelta(minutes=1)
    assert until(CredentialUnreadable("x"), 99, START) == START + MOST
