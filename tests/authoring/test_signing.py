"""A body and a secret make the signed example of a connector."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from runner.authoring.signing import Unsigned, signed, written
from runner.authoring.vector import arrival, delivered, refused
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.connector.webhook import Vector
from runner.errors import SettingsError
from runner.model.secret import Secret

SHIPPED = Connectors(Path("connectors"))
AT = datetime(2026, 5, 4, 15, 20, 12, tzinfo=UTC)
BODY = b'{"kind":"job.updated", "note": "line one\\nline two: #3"}\r\n'
SIGNING = [one for one in SHIPPED.all() if one.webhooks is not None]
BY_HAND = {"hover"}


@pytest.mark.parametrize("connector", SIGNING, ids=lambda one: one.connector)
def test_what_is_written_is_taken(connector: Connector) -> None:
    assert connector.webhooks is not None
    made = signed(connector, Unsigned(BODY, AT, {"X-Other": "yes"}), "example-secret")
    vector = Vector.model_validate(yaml.safe_load(written(made.vector))["vector"])
    assert (vector.body.encode(), vector.headers["X-Other"]) == (BODY, "yes")
    moment = arrival(vector) if vector.at else AT
    said = refused(connector, connector.webhooks, delivered(connector.connector, vector, moment), Secret(vector.secret))
    assert (said is None) is (connector.connector not in BY_HAND)
    assert (made.refusal is None) is (connector.connector not in BY_HAND)


def test_a_body_stands_in_one_line() -> None:
    text = written(signed(SHIPPED.get("jobber"), Unsigned(BODY, AT), "s").vector)
    assert len(text.splitlines()) == 5
    assert text.startswith("  vector:\n    secret: s\n")


def test_what_is_signed_stands_beside_the_body() -> None:
    made = signed(SHIPPED.get("hubspot"), Unsigned(b"{}", AT, url="https://www.example.com/hook"), "s").vector
    assert (made.url, made.at) == ("https://www.example.com/hook", "2026-05-04T15:20:12Z")
    assert made.headers["X-HubSpot-Request-Timestamp"] == "1777908012000"


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(SettingsError, match="not UTF-8"):
        signed(SHIPPED.get("jobber"), Unsigned(b"\xff", AT), "s")
