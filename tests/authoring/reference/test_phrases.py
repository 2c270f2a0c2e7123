from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runner.authoring.reference.phrases import component, in_words, limit, option_rows, phrase, written
from runner.components.block import adapter
from runner.components.catalog import KINDS
from runner.mapping.template import Tree


def made(kind: str, **options: Any) -> Any:
    return adapter(KINDS[kind]).validate_python(options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"type": "window", "requests": 2500, "per": "5m", "scope": "account"},
            "2,500 requests in 5 minutes, for each integration.",
        ),
        (
            {"type": "window", "requests": 60, "per": "1s", "scope": "app", "methods": ["PUT", "PATCH"]},
            "60 requests in 1 second, shared by all companies, counting only PUT and PATCH.",
        ),
        ({"type": "concurrency", "at_once": 10}, "10 calls at once, for each integration."),
        (
            {"type": "cost", "budget": 10000, "restore": "500/s", "available": "a", "cost": "b"},
            "A budget of 10,000 cost points that fills by 500 a second, for each integration.",
        ),
    ],
)
def test_limit_is_a_sentence(options: dict[str, Any], words: str) -> None:
    assert limit(made("ratelimits", **options)) == words


def test_option_table_has_what_was_written_and_no_defaults() -> None:
    rows = option_rows(
        made(
            "verifiers",
            type="hmac",
            header="X-Signed",
            secret="app.key",
            timestamp={"header": "X-At", "tolerance": "10m"},
        )
    )
    keys = [line.split("|")[1].strip() for line in rows.splitlines()[2:]]
    assert sorted(keys) == ["`header`", "`secret`", "`timestamp.header`", "`timestamp.tolerance`"]
    assert "| `timestamp.tolerance` | `10m` |" in rows


def test_option_table_is_empty_where_only_the_type_was_written() -> None:
    assert option_rows(made("incrementals", type="since")) == ""


def test_component_leads_to_its_place_in_the_language() -> None:
    told = component(made("incrementals", type="since"))
    assert told == "[`since`](../language.md#since-since): A filter for what changed since a time."


def test_phrase_has_type_and_options() -> None:
    assert phrase(made("incrementals", type="since", overlap="3m")) == "`since` (overlap `3m`)"
    assert phrase(made("incrementals", type="since")) == "`since`"


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(milliseconds=500), "500 milliseconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(days=90), "90 days"),
    ],
)
def test_duration_in_words(duration: timedelta, words: str) -> None:
    assert in_words(duration) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (timedelta(minutes=15), "15m"),
        (["a", {"b": 1}], "[a, {b: 1}]"),
        (Tree.read({"a": "{{ input.x }}"}), "{a: {{ input.x }}}"),
        (made("incrementals", type="since", overlap="3m"), "{overlap: 3m}"),
    ],
)
def test_value_is_written_on_one_line(value: Any, text: str) -> None:
    assert written(value) == text
