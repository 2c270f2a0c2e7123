from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.connector.connector import Connector
from runner.connector.loader import load
from runner.engine.subscriptions.rotation import OVERLAP, overlapping, secrets_of
from runner.model.secret import Secret
from tests.partners import ROOT

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
OLD, NEW = {"webhook_secret": Secret("old one"), "api_key": Secret("k")}, {"webhook_secret": Secret("new")}


@pytest.fixture(scope="module")
def connector() -> Connector:
    """ServiceTitan's, as if each company had a webhook secret of its own."""
    made = load(ROOT / "connectors" / "servicetitan.yaml")
    assert made.webhooks is not None
    verify = made.webhooks.verify.model_copy(update={"secret": "settings.webhook_secret"})
    return made.model_copy(update={"webhooks": made.webhooks.model_copy(update={"verify": verify})})


def test_the_secret_before_is_good_for_a_day_more(connector: Connector) -> None:
    values = overlapping(connector, OLD, NEW, NOW)
    assert secrets_of(values, "webhook_secret", NOW + OVERLAP - timedelta(seconds=1)) == [
        Secret("new"),
        Secret("old one"),
    ]
    assert secrets_of(values, "webhook_secret", NOW + OVERLAP) == [Secret("new")]


def test_the_day_does_not_begin_anew_when_the_same_is_kept_again(connector: Connector) -> None:
    values = overlapping(connector, overlapping(connector, OLD, NEW, NOW), NEW, NOW + timedelta(hours=20))
    assert secrets_of(values, "webhook_secret", NOW + timedelta(hours=25)) == [Secret("new")]
    assert secrets_of(values, "webhook_secret", NOW + timedelta(hours=23)) == [Secret("new"), Secret("old one")]


def test_only_one_before_is_kept(connector: Connector) -> None:
    values = overlapping(connector, overlapping(connector, OLD, NEW, NOW), {"webhook_secret": Secret("newest")}, NOW)
    assert secrets_of(values, "webhook_secret", NOW) == [Secret("newest"), Secret("new")]


def test_other_secrets_are_not_kept(connector: Connector) -> None:
    assert overlapping(connector, OLD, {"api_key": Secret("k2")}, NOW) == {"api_key": Secret("k2")}


def test_a_first_secret_stands_alone(connector: Connector) -> None:
    assert overlapping(connector, {}, NEW, NOW) == NEW
    assert secrets_of(NEW, "webhook_secret", NOW) == [Secret("new")]
    assert secrets_of({}, "webhook_secret", NOW) == []
