from __future__ import annotations

from typing import Any

from runner.connector.config import Config
from runner.engine.pushes.order import awaited, behind


def rule(record: str, to: str, **more: Any) -> dict[str, Any]:
    return {"record": record, "to": to, "create": "make", **more}


CONFIG = Config.model_validate(
    {
        "deliver": {
            "projects": rule("project", "companycam"),
            "photos": rule("photo", "companycam", after={"projects": "project"}),
            "elsewhere": rule("project", "hubspot"),
            "notes": rule("project", "companycam"),
            "labels": rule("project", "companycam"),
        }
    }
)


def test_of_one_record_the_earlier_rules_to_the_same_destination_go_first() -> None:
    assert behind(CONFIG, "companycam") == {"notes": ["projects"], "labels": ["projects", "notes"]}


def test_a_destination_with_one_rule_a_kind_has_nothing_behind() -> None:
    assert behind(CONFIG, "hubspot") == {}


def test_who_is_waited_for_is_known() -> None:
    assert awaited(CONFIG) == {"projects"}
