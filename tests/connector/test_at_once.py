"""Values read together give the outcome that expressions asked alone give: for every shipped processor."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.connector.at_once import AtOnce
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.connector.processor import Processor
from runner.mapping.expression import compile_expression
from runner.mapping.fields import Fields

FOLDER = Path(__file__).parents[2] / "connectors"
CONNECTORS = Connectors(FOLDER)
JUNK: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**70,
    1.5,
    "",
    " ",
    "x",
    "2026-13-01",
    [],
    {},
    [None],
    [[1]],
    {"id": 1},
)


def _examples() -> list[tuple[Connector, str, Any]]:
    found = []
    for path in sorted((FOLDER / "examples").glob("*/*.json")):
        connector = CONNECTORS.get(path.parent.name)
        name = path.name.split(".")[0]
        if name in connector.processors:
            found.append((connector, name, orjson.loads(path.read_bytes())))
    return found


EXAMPLES = _examples()


def _spoilt(payload: Any, dice: random.Random) -> Any:
    """The payload with one value, at any depth, gone or replaced by junk."""
    if dice.random() < 0.2 or not isinstance(payload, dict | list) or not payload:
        return copy.deepcopy(dice.choice(JUNK))
    spoilt = copy.copy(payload)
    key = dice.choice(list(payload)) if isinstance(payload, dict) else dice.randrange(len(payload))
    if dice.random() < 0.1:
        del spoilt[key]
    else:
        spoilt[key] = _spoilt(payload[key], dice)
    return spoilt


def _outcomes(connector: Connector, name: str, payload: Any) -> tuple[str, str]:
    processor: Processor = connector.processor(name)
    both = (make(payload, name, connector.processor) for make in (processor.process, processor.explain))
    first, second = (repr(made) for made in both)
    return first, second


def test_there_are_examples_of_several_connectors() -> None:
    assert len({connector.connector for connector, _, _ in EXAMPLES}) > 5


@pytest.mark.parametrize("name", sorted({connector.connector for connector, _, _ in EXAMPLES}))
def test_examples_come_out_alike(name: str) -> None:
    for connector, processor, payload in EXAMPLES:
        if connector.connector == name:
            together, alone = _outcomes(connector, processor, payload)
            assert together == alone


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_spoilt_examples_come_out_alike(dice: random.Random, pick: int) -> None:
    connector, processor, payload = EXAMPLES[pick % len(EXAMPLES)]
    for _ in range(dice.randrange(1, 6)):
        payload = _spoilt(payload, dice)
        together, alone = _outcomes(connector, processor, payload)
        assert together == alone


def test_the_straight_way_is_that_of_most_examples() -> None:
    ways = [(connector.straight(name), payload) for connector, name, payload in EXAMPLES]
    found = [made(payload) is not None for made, payload in ways if made is not None]
    assert sum(found) > len(found) / 2


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(0, 10**9), st.integers(0, 5))
def test_the_straight_way_leads_to_the_same_record_or_to_none(dice: random.Random, pick: int, spoilt: int) -> None:
    connector, name, payload = EXAMPLES[pick % len(EXAMPLES)]
    for _ in range(spoilt):
        payload = _spoilt(payload, dice)
    made = connector.straight(name)
    record = made(payload) if made is not None else None
    if record is not None:
        outcome = connector.processor(name).explain(payload, name, connector.processor)
        assert (repr(outcome.record), outcome.flaws, outcome.nested) == (repr(record), (), ())


def _at_once(**rules: str) -> AtOnce:
    expression = {name: compile_expression(text) for name, text in rules.items()}
    return AtOnce(
        Fields({"name": expression["name"]}),
        {"valid": expression["valid"]},
        {},
        id=expression["id"],
        cursor=None,
        error=None,
    )


def test_reads_all_that_a_processor_asks_for() -> None:
    values = _at_once(name="title", valid="title", id="id").read({"id": 0, "title": ""})
    assert values is not None
    assert (values.id, values.predicates, values.fields) == (0, {"valid": False}, {"name": ""})


@pytest.mark.parametrize("failing", ["name", "valid", "id"])
def test_one_failing_expression_gives_nothing(failing: str) -> None:
    rules = {"name": "title", "valid": "title", "id": "id"} | {failing: "sum(numbers)"}
    assert _at_once(**rules).read({"id": 1, "title": "x"}) is None
