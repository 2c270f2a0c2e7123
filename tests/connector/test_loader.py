"""From a file to a connector, or to findings; and what that costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runner.connector.loader import load, load_config
from runner.errors import ConnectorError


def test_a_file_that_is_not_utf_8_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_bytes(b"title: Caf\xe9\n")

    with pytest.raises(ConnectorError, match=r"the file is not UTF-8.*save it as UTF-8"):
        load(tmp_path / "acme.yaml")


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match="the file cannot be read"):
        load(tmp_path / "acme.yaml")
    with pytest.raises(ConnectorError, match="the file cannot be read"):
        load_config(tmp_path)


def test_an_absent_runner_yaml_is_an_empty_one(tmp_path: Path) -> None:
    assert load_config(tmp_path / "runner.yaml").deliver == {}


def test_validating_needs_neither_client_nor_store_nor_oauth() -> None:
    code = "import sys, runner.connector.loader; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"httpx", "sqlalchemy", "authlib", "cryptography", "starlette"} & set(modules)
