"""What the README shows exists: commands with their options, files behind links, YAML that loads."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from runner import __version__
from runner.authoring.reference.markdown import is_generated
from runner.cli.main import app
from runner.connector.document import read

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [*ROOT.glob("*.md"), *ROOT.glob(".github/*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]
SHOWN = sorted({found.strip("`") for found in re.findall(r"(?:^\$ |`)(runner [a-z][^`\n#;]*)", README, re.MULTILINE)})


def commands() -> dict[str, set[str]]:
    """Every command with its options, as typer makes them."""
    group = typer.main.get_command(app)
    with typer.Context(group) as context:
        names = group.list_commands(context)  # type: ignore[attr-defined]  # a group
        made = {name: group.get_command(context, name) for name in names}  # type: ignore[attr-defined]
    found: dict[str, set[str]] = {}
    for name, command in made.items():
        inner = getattr(command, "commands", {name: command})
        found[name] = {
            option for one in inner.values() for part in one.params for option in part.opts + part.secondary_opts
        }
    return found


COMMANDS = commands()


@pytest.mark.parametrize("line", SHOWN)
def test_a_shown_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.replace("[", " ").replace("]", " ").replace("...", ""))

    assert words[1] in COMMANDS
    assert {word for word in words if word.startswith("--")} <= COMMANDS[words[1]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
def test_yaml_is_yaml(block: str) -> None:
    assert read(block, "README.md").data


def test_the_house_is_drawn_as_it_stands() -> None:
    drawn = set(re.findall(r"^\| `(\w+)/`", README, re.MULTILINE))

    assert drawn == {path.parent.name for path in (ROOT / "runner").glob("*/__init__.py")}


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^\$ |`)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_the_changelog_has_a_place_for_what_comes() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert "## [Unreleased]" in changelog or f"## [{__version__}]" in changelog


def test_generated_pages_say_so() -> None:
    assert all(is_generated(path.read_text()) for path in (ROOT / "docs" / "reference").rglob("*.md"))
