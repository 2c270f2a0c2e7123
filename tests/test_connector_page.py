"""docs/connector.md: its blocks are one connector that loads, and its payload becomes the record that it shows."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from runner.authoring.folders import Source, folders
from runner.authoring.validation import validate
from runner.cli.main import app
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.document import read
from runner.connector.loader import build, check
from runner.mapping.mistakes import mistakes

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "connector.md").read_text(encoding="utf-8")


def blocks(info: str) -> list[str]:
    return re.findall(rf"^```{re.escape(info)}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def connector_text() -> str:
    return "".join(blocks("yaml"))


@cache
def connector() -> Connector:
    made, findings = check(connector_text(), "acme.yaml")
    assert made is not None, findings
    return made


def commands() -> list[str]:
    lines = "".join(blocks("console")).splitlines()
    return [line.removeprefix("$ runner ").split("  #")[0].strip() for line in lines if line.startswith("$ runner ")]


def test_the_blocks_are_one_connector_without_findings() -> None:
    assert not validate([Source("acme.yaml", connector_text())], folders({}, ROOT))


def test_every_block_of_yaml_belongs_to_the_connector_or_to_runner_yaml() -> None:
    assert len(re.findall(r"^```yaml", PAGE, re.MULTILINE)) == len(blocks("yaml")) + len(blocks("yaml runner.yaml"))


def test_the_sections_follow_the_order_of_the_file() -> None:
    shown = list(read(connector_text(), "acme.yaml").data)
    declared = [key for key in Connector.model_fields if key in shown]
    assert shown == declared


def test_the_page_shows_every_section_but_the_rare_ones() -> None:
    assert set(Connector.model_fields) - set(read(connector_text(), "acme.yaml").data) == {"other_auth", "tables"}


@pytest.mark.parametrize("text", blocks("yaml runner.yaml"))
def test_the_delivery_rules_load(text: str) -> None:
    config, findings = build(read(text, "runner.yaml"), Config)
    assert config is not None, findings


@pytest.mark.parametrize("text", blocks("yaml runner.yaml"))
def test_the_delivery_rules_name_what_there_is(text: str) -> None:
    config, _ = build(read(text, "runner.yaml"), Config)
    assert config is not None
    host, _ = check((ROOT / "connectors" / "companycam.yaml").read_text(encoding="utf-8"), "companycam.yaml")
    assert host is not None
    rule = config.deliver["projects"]
    assert {rule.create, rule.update, rule.archive, rule.restore} - {None} <= set(host.actions)
    assert set(rule.input.parts) <= set(host.actions["create_project"].input)


def test_the_payload_becomes_the_record_that_is_shown() -> None:
    payload, fields = json.loads(blocks("json payload job")[0]), json.loads(blocks("json fields")[0])
    made = connector().processor("job").process(payload, "job", connector().processor)
    assert made.record is not None
    assert made.record.fields == fields


def test_the_payload_holds_the_records_that_the_relations_name() -> None:
    payload = json.loads(blocks("json payload job")[0])
    made = connector().processor("job").process(payload, "job", connector().processor)
    inner = [(one.record.kind, one.record.external_id) for one in made.nested if one.record]
    assert inner == [("user", "31"), ("assignment", "7001:31")]


def test_the_webhook_reads_as_one_event() -> None:
    webhooks = connector().webhooks
    assert webhooks is not None
    told = webhooks.events.read(json.loads(blocks("json")[0]), {}, {})
    assert [(one.type, one.key, one.account_id) for one in told] == [("job.updated", "e-1", "a-5")]


@pytest.mark.parametrize("line", commands())
def test_the_commands_are_understood(line: str) -> None:
    name, *arguments = shlex.split(line)
    assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0
    assert all((ROOT / argument).exists() for argument in arguments if "/" in argument)


def expressions() -> list[str]:
    """The first column of the table of JMESPath."""
    rows = re.findall(r"^\| (`.*?) \| [^|]*\|$", PAGE.split("| JMESPath |")[1].split("\n\n")[0], re.MULTILINE)
    cells = [found for row in rows[:-1] for found in re.findall(r"(`+) ?(.+?) ?\1(?!`)", row)]
    return [text.replace("\\|", "|") for _, text in cells]


@pytest.mark.parametrize("text", expressions())
def test_the_expressions_of_the_table_are_expressions(text: str) -> None:
    assert not list(mistakes(text))


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / "docs" / link).exists()


def test_what_must_be_quoted_is_a_finding_and_never_another_meaning() -> None:
    traps: list[Any] = ["`@`", "name: x", "[a", "{b", "*c"]
    for trap in traps:
        _, findings = check(connector_text().replace("name: trim(title)", f"name: {trap}"), "acme.yaml")
        assert findings, trap
