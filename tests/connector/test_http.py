from __future__ import annotations

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from runner.connector.http import ErrorRule, judge
from runner.model.http import Response


def rule(**block: Any) -> ErrorRule:
    return ErrorRule.model_validate({"do": "fail"} | block)


def answer(status: int = 200, body: Any = None, **headers: str) -> Response:
    return Response(status, headers, body if isinstance(body, bytes) else orjson.dumps(body))


THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}


@pytest.mark.parametrize(
    ("block", "response", "matches"),
    [
        ({"status": [429]}, answer(429), True),
        ({"status": [429]}, answer(428), False),
        ({"status": ["5xx"]}, answer(503), True),
        ({"status": ["5xx"]}, answer(499), False),
        ({"when": "errors[?extensions.code=='THROTTLED']"}, answer(200, THROTTLED), True),
        ({"when": "errors[?extensions.code=='THROTTLED']"}, answer(200, {"data": {}}), False),
        ({"when": "errors"}, answer(200, b"<html>"), False),
        ({"when": "starts_with(message, 'Token')"}, answer(200, {"data": 1}), False),
        ({"header": {"X-Reason": "daily.*"}}, answer(403, x_reason="daily"), False),
        ({"header": {"x-reason": "daily.*"}}, Response(403, {"x-reason": "daily budget"}, b""), True),
        ({"header": {"X-Reason": "daily"}}, Response(403, {"x-reason": "daily budget"}, b""), False),
        ({"status": [403], "when": "reason == 'quota'"}, answer(403, {"reason": "quota"}), True),
        ({"status": [403], "when": "reason == 'quota'"}, answer(403, {"reason": "scope"}), False),
    ],
)
def test_a_rule_matches_when_all_its_conditions_hold(block: dict[str, Any], response: Response, matches: bool) -> None:
    assert rule(**block).matches(response) is matches


def test_a_rule_without_a_condition_is_refused() -> None:
    with pytest.raises(ValidationError, match="no condition"):
        rule()


@pytest.mark.parametrize(
    ("status", "do"),
    [
        (200, None),
        (204, None),
        (302, "fail"),
        (401, "refresh_token"),
        (404, "fail"),
        (408, "retry"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
def test_the_built_in_rules(status: int, do: str | None) -> None:
    found = judge(answer(status), [])
    assert (found.do if found else None) == do


def test_the_first_match_wins_over_later_and_built_in_rules() -> None:
    rules = [rule(status=[404], do="skip_record"), rule(status=["4xx"], do="ignore")]
    assert [found.do for status in (404, 401) if (found := judge(answer(status), rules))] == ["skip_record", "ignore"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": [{"message": " no such job "}]}, "no such job"),
        ({"errors": [{"message": "x" * 400}]}, "x" * 300),
        ({"errors": [{"message": {"a": 1}}]}, ""),
        (b"<html>", ""),
    ],
)
def test_the_partners_own_words(body: Any, words: str) -> None:
    assert rule(status=[400], message="errors[0].message").words(answer(400, body)) == words


def test_words_that_cannot_be_read_are_none() -> None:
    assert rule(status=[400], message="upper(errors)").words(answer(400, {"errors": 5})) == ""
