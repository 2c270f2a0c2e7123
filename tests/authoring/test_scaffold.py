from __future__ import annotations

import pytest

from runner.authoring.folders import Folders
from runner.authoring.scaffold import scaffold
from runner.errors import AlreadyExists, SettingsError


def test_files_are_named_after_the_partner(bench: Folders) -> None:
    spec, example = scaffold("best_crm", bench)
    assert spec.read_text().splitlines()[1:3] == ["connector: best_crm", "title: Best Crm"]
    assert example == bench.examples / "best_crm" / "job.typical.json"


def test_nothing_is_written_over(bench: Folders) -> None:
    with pytest.raises(AlreadyExists, match=r"acme\.yaml is there already"):
        scaffold("acme", bench)


@pytest.mark.parametrize("name", ["", "Acme", "../x", "a-b", "7up"])
def test_name_that_cannot_be_one(name: str, bench: Folders) -> None:
    with pytest.raises(SettingsError, match="cannot be a connector's name"):
        scaffold(name, bench)
