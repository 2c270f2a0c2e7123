"""Everything that can be named stands in docs/reference, and docs/reference is what the code says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_group

from runner.authoring.codes import CODES
from runner.authoring.folders import folders
from runner.authoring.reference.options import heading
from runner.authoring.rules.catalog import RULES
from runner.cli import author, operate
from runner.cli.main import app
from runner.cli.reference import pages
from runner.components.catalog import KINDS
from runner.connector.library import Connectors
from runner.connector.scope import variable_of
from runner.mapping.functions import added
from runner.service.settings import VARIABLES

HERE = folders({})
CONNECTORS = Connectors(HERE.connectors)
PAGES = pages(get_group(app), CONNECTORS)
COMMANDS = {**get_group(author.app).commands, **get_group(operate.app).commands}
FORMED = re.compile(r"(bad|unknown|missing|wrong|uneven|open|duplicate|too|bare)-[a-z]+(-[a-z]+)*|unformatted")
BUILT = {"unknown-action", "unknown-connector"}
SAYS_FINDINGS = ("runner/connector", "runner/mapping", "runner/components", "runner/authoring")


@cache
def page(name: str) -> str:
    return (HERE.reference / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_is_what_the_code_says(name: str) -> None:
    assert page(name) == PAGES[name], "run `runner docs` and commit it"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_command_is_documented(name: str) -> None:
    assert f"\n## {name}\n" in page("commands.md")
    assert COMMANDS[name].help


@pytest.mark.parametrize("made", [made for choice in KINDS.values() for made in choice.classes], ids=heading)
def test_component_is_documented(made: type) -> None:
    assert f"\n## {heading(made)}\n" in page("language.md")
    assert made.__doc__


@pytest.mark.parametrize("name", sorted(added()))
def test_function_is_documented_with_an_example(name: str) -> None:
    text = page("functions.md").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert f"{name}(" in text
    assert " -> " in text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule_is_documented(rule: object) -> None:
    assert f"\n## {getattr(rule, 'code', '')}\n" in page("lint.md")


@pytest.mark.parametrize("name", [variable.name for variable in VARIABLES])
def test_variable_is_documented(name: str) -> None:
    assert f"\n| `{name}` |" in page("settings.md")


@pytest.mark.parametrize("name", CONNECTORS.names())
def test_app_value_is_documented(name: str) -> None:
    connector = CONNECTORS.get(name)
    for key in connector.app:
        assert f"\n| `{variable_of(connector, key)}` |" in page("settings.md")


@pytest.mark.parametrize("code", sorted(CODES))
def test_finding_is_documented(code: str) -> None:
    assert f"\n| `{code}` |" in page("findings.md")


def said() -> Iterator[str]:
    """Every text in the code that has the form of a finding's code."""
    for folder in SAYS_FINDINGS:
        for path in Path(folder).rglob("*.py"):
            if path.name != "codes.py" and "simulate" not in path.parts:
                tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                texts = [node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)]
                yield from (text for text in texts if FORMED.fullmatch(text))


def test_every_code_of_a_finding_is_known() -> None:
    rules = {rule.code for rule in RULES}
    assert set(said()) - rules <= set(CODES)


def test_every_known_code_can_be_said() -> None:
    assert set(CODES) <= {*said(), *BUILT}
