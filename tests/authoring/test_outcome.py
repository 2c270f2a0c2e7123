from __future__ import annotations

from runner.authoring.outcome import every, of, plain
from runner.model.record import Flaw, Processed, Record

RECORD = Record("project", "7", {"name": "x"}, version=None, parent="appointment:1")
FLAW = Flaw("job", "fields.name", "a.yaml:3:5: wrong", "a.yaml:3:5", "sum(x)", "7")


def test_outcome_in_one_word() -> None:
    outcomes = [Processed(RECORD), Processed(skipped="no"), Processed(error={"code": 1}), Processed(flaws=(FLAW,))]
    assert [of(one) for one in outcomes] == ["record", "skipped", "error", "quarantined"]


def test_record_with_its_parent() -> None:
    assert plain(Processed(RECORD))["record"] == {
        "kind": "project",
        "id": "7",
        "version": None,
        "inactive": False,
        "fields": {"name": "x"},
        "parent": "appointment:1",
    }


def test_place_stands_beside_the_message_or_nowhere() -> None:
    (placed,) = plain(Processed(flaws=(FLAW,)))["flaws"]
    assert (placed["message"], placed["place"]) == ("wrong", "a.yaml:3:5")
    (bare,) = plain(Processed(flaws=(FLAW,)), places=False)["flaws"]
    assert bare == {"processor": "job", "part": "fields.name", "message": "wrong", "expression": "sum(x)"}


def test_nested_outcomes_are_all_there() -> None:
    inner = Processed(skipped="no", nested=(Processed(RECORD),))
    assert [of(one) for one in every(Processed(RECORD, nested=(inner,)))] == ["record", "skipped", "record"]
    assert plain(inner)["nested"][0]["outcome"] == "record"
