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
PAGES = pages(get_group(app), HERE)
COMMANDS = {**get_group(author.app).commands, **get_group(operate.app).commands}
FORMED = re.compile(r"[a-z]+(-[a-z]+)+|unformatted")
SAYERS = ("Finding", "PydanticCustomError", "Mistake", "_known")
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
    """Every code that a call in the code gives to a finding."""
    for folder in SAYS_FINDINGS:
        for path in Path(folder).rglob("*.py"):
            if "simulate" not in path.parts:
                yield from _codes(ast.parse(path.read_text(encoding="utf-8")))


def _codes(tree: ast.AST) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in SAYERS:
            texts = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
            yield from (text for text in texts if isinstance(text, str) and FORMED.fullmatch(text))


def test_every_code_of_a_finding_is_known() -> None:
    assert set(said()) <= set(CODES)


def test_every_known_code_can_be_said() -> None:
    assert set(CODES) <= {*said(), *BUILT}
