from __future__ import annotations

import json

import pytest
import yaml

from runner.authoring.simulate.guide import ENVIRONMENT, GUIDES, configuration, lines, variables
from runner.authoring.simulate.server import PARTNERS
from runner.connector.config import Config
from runner.connector.library import Connectors
from runner.connector.scope import app_values, missing_app_values
from runner.engine.integrations.filling import Filled, flaws
from tests.partners import ROOT

URLS = {name: f"http://127.0.0.1:{9101 + place}" for place, name in enumerate(PARTNERS)}


def test_every_simulated_partner_has_a_guide():
    assert list(GUIDES) == list(PARTNERS)


@pytest.mark.parametrize("name", PARTNERS)
def test_the_change_that_it_names_can_be_made(clock, name):
    order = json.loads(GUIDES[name]("http://127.0.0.1").change)
    partner = PARTNERS[name](now=clock, webhooks=None)
    partner.change(order["what"], order["id"], **order["fields"])
    assert order["fields"].items() <= partner.table(order["what"]).row(order["id"]).items()


@pytest.mark.parametrize("name", PARTNERS)
def test_the_values_are_those_that_the_connector_asks_for(name):
    connector = Connectors(ROOT / "connectors").get(name)
    guide = GUIDES[name]("http://127.0.0.1")
    assert missing_app_values(connector, app_values(connector, variables(URLS))) == []
    assert flaws(connector, Filled(ENVIRONMENT, None, guide.settings)) == {}
    assert guide.addresses.keys() == next(iter(connector.environments.values())).keys()


def test_the_printed_block_is_a_runner_yaml():
    printed = "\n".join(lines(URLS))
    block = printed.partition("# 1. In runner.yaml:\n")[2].partition("\n\n")[0]
    assert yaml.safe_load(block) == configuration(URLS)
    assert Config.model_validate(yaml.safe_load(block)).allow_hosts == ["127.0.0.1"]


def test_the_commands_are_printed():
    printed = list(lines(URLS))
    assert "export RUNNER_JOBBER_CLIENT_ID=jobber-app" in printed
    assert "runner connect companycam acme --environment simulated --set access_token=companycam-token" in printed
    assert any(line.startswith("curl http://127.0.0.1:9101/_control/change -d ") for line in printed)
