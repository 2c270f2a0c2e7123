from __future__ import annotations

from pathlib import Path

from runner.authoring.cases import cases
from runner.authoring.folders import Folders
from runner.authoring.review import review
from runner.cli.reviewing import lines
from runner.components.verifiers.none import Unproved
from runner.connector.library import Connectors


def test_page_of_the_scaffold(bench: Folders) -> None:
    page = review(Connectors(bench.connectors).get("acme"), cases(bench, "acme"))
    assert page["asks"] == {"operator": [], "company": ["API key"]}
    assert page["processors"] == [{"processor": "job", "record": "project", "fields": 3, "examples": 1}]
    assert [(sync["sync"], sync["every"], sync["full"]) for sync in page["syncs"]] == [("jobs", "15m", "24h")]
    assert (page["events"], page["actions"], page["unverified"]) == ([], [], [])


def test_page_of_a_partner_with_everything() -> None:
    connectors = Connectors(Path("connectors"))
    page = review(connectors.get("jobber"), [])
    assert {"type": "APP_DISCONNECT", "do": "disconnect"} in page["events"]
    assert page["unverified"][0]["where"] == "auth.token"


def test_page_says_what_proves_webhooks_and_why_nothing_does() -> None:
    connector = Connectors(Path("connectors")).get("jobber")
    assert connector.webhooks is not None
    assert review(connector, [])["proof"] == "hmac"
    unproved = Unproved(type="none", because="events are only hints to fetch things")
    webhooks = connector.webhooks.model_copy(update={"verify": unproved})
    page = review(connector.model_copy(update={"webhooks": webhooks}), [])
    assert page["proof"] == "none (events are only hints to fetch things)"
    assert "webhooks are proved by: none (events are only hints to fetch things)" in list(lines(page))
