from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.engine.pushes.setback import MOST_ATTEMPTS, MOST_TRIES, Setback, reason_of, setback
from runner.errors import (
    AuthenticationError,
    MappingError,
    PartnerUnavailable,
    PushError,
    RateLimited,
    RecordSkipped,
    UnexpectedResponse,
)
from runner.model.circuit import ENOUGH, Circuit
from runner.model.push import Push, PushState

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def after(error: Exception, attempts: int = 0, circuit: Circuit | None = None, number: int = 1) -> Setback:
    push = Push(number, "projects", "i1", "project", "1", "host", PushState.PENDING, attempts)
    return setback(push, error, circuit or Circuit("host"), NOW)


def broken_by(cause: Exception) -> PushError:
    error = PushError(str(cause), retry=False)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnexpectedResponse("no", status=422), "answer-422"),
        (UnexpectedResponse("gives no id", status=200), "unexpected-response"),
        (PartnerUnavailable("down", status=503), "answer-503"),
        (PartnerUnavailable("no connection"), "partner-unavailable"),
        (MappingError("not a number"), "bad-value"),
        (PushError("unknown outcome", retry=False), "push-failed"),
        (broken_by(RecordSkipped("not there", status=404)), "answer-404"),
        (KeyError("x"), "bug"),
    ],
)
def test_errors_that_are_alike_share_a_reason(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_what_was_refused_is_not_tried_again_and_keeps_the_partners_words() -> None:
    error = UnexpectedResponse("CompanyCam `create_project` answers 422: Name is too long", status=422)
    error.words = "Name is too long"
    found = after(error)
    assert (found.is_final, found.stops, found.said) == (True, False, "Name is too long")


def test_a_limit_stops_all_and_says_to_the_second_when_to_come_back() -> None:
    found = after(RateLimited("slow down", wait=17))
    assert (found.is_final, found.stops, found.is_unavailable) == (False, True, False)
    assert found.due_at == NOW + timedelta(seconds=17)


def test_a_refused_credential_stops_all() -> None:
    assert after(AuthenticationError("no")).stops


def test_pauses_grow_and_are_never_shorter_than_they_should_be() -> None:
    pauses = [after(PartnerUnavailable("down"), attempts).due_at - NOW for attempts in range(12)]
    assert pauses[0] >= timedelta(minutes=1)
    assert max(pauses) <= timedelta(minutes=15) * 1.25
    assert pauses[-1] >= timedelta(minutes=15)


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({after(PartnerUnavailable("down"), number=number).due_at for number in range(50)}) == 50


def test_the_same_try_waits_the_same() -> None:
    assert after(PartnerUnavailable("down")).due_at == after(PartnerUnavailable("down")).due_at


def test_one_at_which_the_destination_breaks_is_given_up_while_others_arrive() -> None:
    assert not after(PartnerUnavailable("500"), MOST_TRIES - 2).is_final
    assert after(PartnerUnavailable("500"), MOST_TRIES - 1).is_final


def test_no_push_is_given_up_while_its_destination_is_down() -> None:
    circuit = Circuit("host")
    for _ in range(ENOUGH):
        circuit = circuit.failed(NOW, "503", 0)
    assert not after(PartnerUnavailable("503"), 500, circuit).is_final


def test_a_bug_is_tried_again_a_few_times() -> None:
    assert not after(KeyError("x"), MOST_ATTEMPTS - 2).is_final
    assert after(KeyError("x"), MOST_ATTEMPTS - 1).is_final
