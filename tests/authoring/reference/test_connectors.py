from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.authoring.folders import Folders, Source
from runner.authoring.kinds import Kinds, read_kinds
from runner.authoring.reference.connectors import connector_page, summary
from runner.connector.connector import Connector
from runner.connector.loader import load

Told = Callable[..., str]


@pytest.fixture
def told(bench: Folders, spec: Callable[..., Source]) -> Told:
    """The page of the bench's connector after edits of its text."""

    def of(*edits: tuple[str, str]) -> str:
        path = bench.connectors / "acme.yaml"
        path.write_text(spec(*edits).text, encoding="utf-8")
        return connector_page(load(path), read_kinds(bench.records), bench)

    return of


def test_page_leads_to_the_file_and_the_partners_documents(told: Told) -> None:
    text = told()
    assert "[`acme.yaml`](../../../connectors/acme.yaml)" in text
    assert "the partner's documents are at <https://" in text


def test_parts_come_in_the_order_of_reading(told: Told) -> None:
    headings = [line for line in told().splitlines() if line.startswith("## ")]
    assert headings == [
        "## What the operator registers",
        "## What a company fills in",
        "## How it is let in",
        "## How often it calls",
        "## Syncs",
        "## Webhooks",
        "## Actions",
        "## Processors",
    ]


def test_unconfirmed_facts_come_first_with_the_key_that_holds_them(told: Told) -> None:
    text = told(("environments:", 'unverified:\n  - {fact: "No limit is told", where: http}\nenvironments:'))
    assert "## What is not confirmed\n\n| fact | held by |\n| --- | --- |\n| No limit is told | `http` |" in text
    assert text.index("No limit is told") < text.index("## What the operator registers")


def test_operator_finds_the_variables(told: Told) -> None:
    text = told(("environments:", "app:\n  key: {title: Key, secret: true, help: In the portal}\nenvironments:"))
    assert "| `RUNNER_ACME_KEY` | Key | secret | In the portal |" in text


def test_demands_on_a_value_are_told(told: Told) -> None:
    field = "app:\n  zone: {title: Zone, choices: [eu, us], default: eu}\n  tag: {title: Tag, required: false}\n"
    text = told(("environments:", f"{field}environments:"))
    assert "| `RUNNER_ACME_ZONE` | Zone | one of `eu`, `us`; `eu` when left out |  |" in text
    assert "| `RUNNER_ACME_TAG` | Tag | may be left out |  |" in text


def test_page_stands_without_examples_snapshots_and_schemas(bench: Folders) -> None:
    for path in bench.examples.rglob("*.json"):
        path.unlink()
    text = connector_page(load(bench.connectors / "acme.yaml"), Kinds({}), bench)
    assert "There is no example yet" in text
    assert "records.md" not in text


def test_summary_counts_what_is_declared(bench: Folders) -> None:
    connector = load(bench.connectors / "acme.yaml")
    bare = Connector.model_validate({**dict(connector), "syncs": {}, "webhooks": None, "actions": {}})
    assert summary(bare) == "Makes records of the kinds `project`; has as yet no syncs, webhooks or actions."
    assert f"has {len(connector.syncs)} sync" in summary(connector)
