"""What the operator's page shows works: commands run in order, options exist, YAML loads, the body is what is sent."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import orjson
import pytest
import yaml

from runner.connector.config import Config
from runner.engine.pushes.notify import PAUSES, body_of
from runner.model.integration import Reason, State
from runner.model.lifecycle import CAUSES, Change
from runner.testing.clock import START
from tests.cli.test_operate import KEY, type_in
from tests.partners import ROOT
from tests.test_readme import COMMANDS

PAGE = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^\$ runner ([^#\n]+)", PAGE, re.MULTILINE) + re.findall(r"`runner ([a-z][^`]*)`", PAGE)
RUN = [line for block in re.findall(r"```console run\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", sorted(set(SHOWN)))
def test_what_is_shown_exists_with_its_options(line: str) -> None:
    words = shlex.split(line)
    assert words[0] in COMMANDS
    assert {word for word in words if word.startswith("--")} <= COMMANDS[words[0]]


def test_what_needs_no_company_runs_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "runner.yaml").write_text("{}\n", encoding="utf-8")
    environ = {
        "RUNNER_DATABASE_URL": f"sqlite:///{tmp_path / 'runner.db'}",
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_CONFIG": str(tmp_path / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
    }
    assert len(RUN) >= 4
    told = {line: type_in(environ, *shlex.split(line.removeprefix("$ runner "))) for line in RUN}
    assert {line: result.exit_code for line, result in told.items()} == dict.fromkeys(told, 0)


def test_the_yaml_is_taken() -> None:
    taken = [
        Config.model_validate(yaml.safe_load(block)) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    ]
    (notify,) = [one.notify for one in taken if one.notify]
    assert notify.events == ["error", "disabled", "active"]


def test_the_body_has_the_keys_that_are_sent() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    shown, reason = orjson.loads(block), Reason("credential-refused", "...", "Connect Jobber again")
    change = Change(17, "5b0c...", "acme", "jobber", "production", "refused", State.ACTIVE, State.ERROR, reason, START)
    sent = orjson.loads(body_of(change))
    assert sent == shown


def test_the_reasons_and_the_pauses_are_those_of_the_code() -> None:
    assert set(re.findall(r"`((?:partner|credential|refresh)-[a-z]+)`", PAGE)) <= CAUSES.keys()
    hours = [pause.total_seconds() / 3600 for pause in PAUSES[3:]]
    assert "2, 5, 10, 14, 20 and 24 hours" in PAGE
    assert hours == [2, 5, 10, 14, 20, 24]
