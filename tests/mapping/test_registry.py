"""How functions come into the library; the packages that add some are real ones, in a process of their own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from runner.errors import SettingsError
from runner.mapping.functions import LIBRARY, added, load_plug_ins
from runner.mapping.registry import function, wrong_type, wrong_value

PLUG_IN = """
from runner.mapping.registry import function

@function("string|null", "number", optional=1)
def shout(text, times=1):
    return None if text is None else text.upper() + "!" * times
"""
CALL = "from runner.mapping.expression import compile_expression as read; print(read({!r}).search({{'a': 'hi'}}))"


def package(folder: Path, code: str) -> None:
    (folder / "loud.py").write_text(code)
    described = folder / "loud-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[runner.functions]\nloud = loud\n")


def run(folder: Path, expression: str) -> subprocess.CompletedProcess[str]:
    """The expression's value (or failure), printed by a process in which the package is installed."""
    path = {"PYTHONPATH": f"{folder}:{Path.cwd()}"}
    return subprocess.run([sys.executable, "-c", CALL.format(expression)], env=path, capture_output=True, text=True)


def test_a_package_adds_a_function(tmp_path: Path) -> None:
    package(tmp_path, PLUG_IN)

    assert run(tmp_path, "shout(a, `2`)").stdout == "HI!!\n"


def test_a_package_replaces_no_function(tmp_path: Path) -> None:
    package(tmp_path, PLUG_IN.replace("shout", "lower"))

    assert "SettingsError: there is a function lower() already (rename the one in loud)" in run(tmp_path, "a").stderr


def test_a_package_that_is_broken_is_named() -> None:
    with pytest.raises(SettingsError, match=r"the functions of 'no\.such\.module' cannot be loaded"):
        load_plug_ins([EntryPoint("broken", "no.such.module", "runner.functions")])


def test_a_standard_name_is_taken() -> None:
    def length(text: str) -> int:
        return len(text)

    with pytest.raises(SettingsError, match=r"there is a function length\(\) already"):
        function("string")(length)


@pytest.mark.parametrize(
    ("name", "position", "value", "words"),
    [
        ("lower", 0, 5, "`lower` needs string or null there, not number"),
        ("iso8601", 1, None, "`iso8601` needs string there, not null"),
        ("sum", 0, "a", "`sum` needs array there, not string"),
        ("lower", 0, "a", None),
        ("text", 0, 5, None),
        ("coalesce", 7, [], None),
        ("hash", 0, {}, None),
    ],
)
def test_wrong_type(name: str, position: int, value: object, words: str | None) -> None:
    assert wrong_type(name, position, value) == words


@pytest.mark.parametrize(
    ("name", "position", "value", "words"),
    [
        ("iso8601", 1, "minutes", "there is no unit 'minutes' (use 's', 'ms', 'us' or 'ns')"),
        ("from_zone", 1, "Chicago", "there is no time zone 'Chicago' (use an IANA name, as 'America/Chicago')"),
        ("e164", 1, "USA", "there is no region 'USA' (use the two letters of ISO 3166, as 'US')"),
        ("divide", 1, 0, "divide() by 0 has no result"),
        ("split", 1, "", "the text to look for is empty (write at least one character)"),
        ("from_zone", 1, None, None),
        ("iso8601", 1, "ms", None),
        ("join", 0, "", None),
    ],
)
def test_wrong_value(name: str, position: int, value: object, words: str | None) -> None:
    assert wrong_value(name, position, value) == words


def test_every_function_can_be_called() -> None:
    assert set(added()) < set(LIBRARY.FUNCTION_TABLE)
