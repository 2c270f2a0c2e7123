from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from runner.cli.rejected import show, why
from runner.model.event import Delivery
from runner.store.rejections import Refusal, Rejected, reject
from tests.partners import CONNECTORS
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
    show(turned_away, CONNECTORS, None, 10, False)
    assert "1   jobber     bad-signature  2026-05-04T15:20:10Z  POST    3" in capsys.readouterr().out


def test_as_json_they_have_headers_and_body(turned_away: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    show(turned_away, CONNECTORS, "i1", 10, True)
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["headers"], told["body"], told["url"]) == ({"x-sig": "ab"}, "\ufffd{}", "https://x/webhooks/jobber")


def test_of_another_integration_there_are_none(turned_away: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    show(turned_away, CONNECTORS, "i2", 10, False)
    assert capsys.readouterr().out == "nothing\n"


def malformed(body: bytes, size: int | None = None, connector: str = "jobber") -> Rejected:
    delivery = replace(DELIVERY, body=body, connector=connector)
    return Rejected(1, "malformed-delivery", delivery, len(body) if size is None else size)


EVENT = b'{"data":{"webHookEvent":{"topic":"CLIENT_UPDATE","itemId":"7","accountId":"1","occuredAt":"2026-05-04"}}}'


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (malformed(b"{"), "the body is not JSON"),
        (malformed(b'{"data":{}}'), "there is no event at `split: data.webHookEvent`"),
        (malformed(EVENT.replace(b"CLIENT_UPDATE", b"")), "an event without type"),
        (malformed(EVENT.replace(b'"7"', b"7")), "jobber.yaml:"),
        (malformed(b"{", size=20_000), "too long to be kept whole: 1 of 20000 bytes are"),
        (malformed(b"{}", connector="gone"), "there is no connector `gone`"),
        (malformed(EVENT), "the connector reads it now"),
    ],
)
def test_what_could_not_be_read_says_why(one: Rejected, said: str) -> None:
    assert said in (why(CONNECTORS, one) or "")


def test_of_a_signature_no_more_is_told_than_its_reason() -> None:
    assert why(CONNECTORS, Rejected(1, "bad-signature", DELIVERY, 3)) is None


def forged(connector: str, integration_id: str | None) -> Rejected:
    return Rejected(1, "bad-signature", replace(DELIVERY, connector=connector, integration_id=integration_id), 3)


def test_an_address_that_names_nobody_whose_secret_it_could_be_is_told() -> None:
    said = why(CONNECTORS, forged("companycam", None))
    assert said is not None
    assert said.startswith("`subscription.secret` is each company's own")
    assert said.endswith("/webhooks/companycam/<integration>")


@pytest.mark.parametrize(("connector", "owner"), [("companycam", "i1"), ("jobber", None)])
def test_a_wrong_signature_at_the_right_address_is_only_that(connector: str, owner: str | None) -> None:
    assert why(CONNECTORS, forged(connector, owner)) is None


def test_a_forgery_for_a_connector_that_went_tells_so() -> None:
    assert "there is no connector `nobody`" in str(why(CONNECTORS, forged("nobody", None)))
