from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import WAITS
from runner.components.waits.base import Retry
from runner.errors import UnexpectedResponse
from runner.model.http import Response

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)


def seconds(block: dict[str, Any], response: Response, attempt: int = 1) -> float | None:
    wait = adapter(WAITS).validate_python(block)
    found: float | None = wait.seconds(response, attempt, NOW, Retry(), lambda: 1.0)  # type: ignore[attr-defined]  # Wait
    return found


def headed(**headers: str) -> Response:
    return Response(429, headers, b"")


def bodied(body: Any) -> Response:
    return Response(429, {}, orjson.dumps(body))


@pytest.mark.parametrize(("attempt", "longest"), [(1, 1.0), (2, 2.0), (4, 8.0), (20, 60.0)])
def test_the_backoff_doubles_up_to_the_most(attempt: int, longest: float) -> None:
    assert seconds({"type": "backoff"}, headed(), attempt) == longest


@given(attempt=st.integers(1, 20), luck=st.floats(0, 1, exclude_max=True))
def test_the_backoff_varies_by_half_of_itself(attempt: int, luck: float) -> None:
    longest = Retry().pause(attempt, lambda: 1.0)
    assert longest / 2 <= Retry().pause(attempt, lambda: luck) <= longest


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("17", 17.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Mon, 04 May 2026 15:20:40 GMT", 30.0),
        ("Mon, 04 May 2026 15:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("1e300", None),
        ("86401", None),
        ("Mon, 99 May 2026 15:20:40 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, wait: float | None) -> None:
    assert seconds({"type": "header"}, headed(**{"retry-after": text})) == wait


@given(text=st.text())
def test_no_header_breaks_the_wait(text: str) -> None:
    found = seconds({"type": "header", "unit": "unix"}, headed(**{"retry-after": text}))
    assert found is None or found >= 0


def test_a_missing_header_says_nothing() -> None:
    assert seconds({"type": "header", "name": "X-Reset"}, headed()) is None


@pytest.mark.parametrize(("unit", "text"), [("ms", "1500"), ("unix", "1777908011.5")])
def test_a_header_has_a_unit(unit: str, text: str) -> None:
    assert seconds({"type": "header", "name": "X-Reset", "unit": unit}, headed(**{"x-reset": text})) == 1.5


@pytest.mark.parametrize(
    ("body", "wait"), [({"error": {"retry_after": 15}}, 15.0), ({}, None), ({"error": {"retry_after": True}}, None)]
)
def test_a_body_names_the_wait(body: Any, wait: float | None) -> None:
    assert seconds({"type": "body", "path": "error.retry_after"}, bodied(body)) == wait


def test_a_fixed_wait_is_fixed() -> None:
    assert seconds({"type": "fixed", "for": "60s"}, headed()) == 60.0


def cost(asked: Any, left: Any = 200, rate: Any = 500, most: Any = 10000) -> Response:
    status = {"maximumAvailable": most, "currentlyAvailable": left, "restoreRate": rate}
    return bodied({"extensions": {"cost": {"requestedQueryCost": asked, "throttleStatus": status}}})


@pytest.mark.parametrize(("asked", "wait"), [(700, 1.0), (701, 2.0), (100, 0.0), (None, None), ("7", None)])
def test_a_cost_waits_until_the_bucket_holds_enough(asked: Any, wait: float | None) -> None:
    assert seconds({"type": "cost"}, cost(asked)) == wait


def test_a_bucket_that_never_fills_says_nothing() -> None:
    assert seconds({"type": "cost"}, cost(700, rate=0)) is None


def test_a_cost_above_the_full_bucket_never_fits() -> None:
    with pytest.raises(UnexpectedResponse, match="never fits"):
        seconds({"type": "cost"}, cost(10001))
