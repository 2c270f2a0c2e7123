from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from runner.cli.rejected import show
from runner.model.event import Delivery
from runner.store.rejections import Refusal, reject
from tests.store.conftest import NOW

DELIVERY = Delivery("jobber", "POST", "https://x/webhooks/jobber", {"x-sig": "ab"}, b"\xff{}", NOW, "i1")


@pytest.fixture
def turned_away(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        reject(connection, [Refusal(Counter({("jobber", "bad-signature"): 1}), NOW, "bad-signature", DELIVERY)])
        yield connection
    engine.dispose()


def test_they_are_listed_with_their_reason(turned_away: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    show(turned_away, None, 10, False)
    assert "1   jobber     bad-signature  2026-05-04T15:20:10Z  POST    3" in capsys.readouterr().out


def test_as_json_they_have_headers_and_body(turned_away: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    show(turned_away, "i1", 10, True)
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["headers"], told["body"], told["url"]) == ({"x-sig": "ab"}, "\ufffd{}", "https://x/webhooks/jobber")


def test_of_another_integration_there_are_none(turned_away: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    show(turned_away, "i2", 10, False)
    assert capsys.readouterr().out == "nothing\n"
