"""The judge sees what is lost, doubled, different or told: each invariant is broken once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.judge import Evidence, judge

RECORD = {"fields": {"name": "Roof"}, "inactive": False, "parent": None}
PICTURE: dict[str, dict[str, Any]] = {
    "records": {"jobber project 1": RECORD},
    "checkpoints": {"jobber clients": ["a", None]},
}
FINE = Evidence(
    others=Counter({503: 4}),
    told=Counter({("jobber", "k1", "done"): 1, ("jobber", "k1", "duplicate"): 2}),
    answered=Counter({("jobber", "k1"): 3}),
    early=PICTURE,
    late=PICTURE,
    host=[("Roof", {"archived": False})],
    standing={"told jobber contact 1": {"fields": {}}},
    doubled=[],
    unsigned=0,
    violations={"jobber": 0},
    leaks=[],
)


def test_nothing_is_found_where_all_is_well() -> None:
    assert not any(judge(FINE, FINE).values())


@pytest.mark.parametrize(
    ("invariant", "broken"),
    [
        ("every event answered 2xx is stored", {"answered": Counter({("jobber", "k2"): 1})}),
        ("every event answered 2xx is stored", {"told": Counter({("jobber", "k1", "done"): 2})}),
        ("every event answered 2xx is stored", {"told": Counter({("jobber", "k1", "dead"): 1})}),
        ("who cannot take a webhook", {"others": Counter({500: 1})}),
        ("by webhooks alone", {"early": {**PICTURE, "records": {}}}),
        (
            "the store is that of an undisturbed run",
            {"late": {**PICTURE, "checkpoints": {"jobber clients": ["b", None]}}},
        ),
        ("nothing is twice at the host", {"host": [*FINE.host, *FINE.host]}),
        ("the host has what", {"host": [("Roof", {"archived": True})]}),
        ("no push is doubled", {"doubled": ["a and b say the same"]}),
        ("no push is doubled", {"unsigned": 1}),
        ("the ledger's last values", {"standing": {}}),
        ("no limit was broken", {"violations": {"jobber": 1}}),
        ("no secret", {"leaks": ["a token is in web1.log"]}),
    ],
)
def test_whatever_is_broken_is_found_and_nothing_else(invariant: str, broken: dict[str, Any]) -> None:
    found = judge(replace(FINE, **broken), FINE)
    (name,) = [name for name, breaches in found.items() if breaches]
    assert name.startswith(invariant)
