"""What two parts of a connector say of each other; the others are among the messages in tests/test_messages.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.connector.loader import check

TEXT = (Path(__file__).parent.parent.parent / "connectors" / "dropbox.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("endpoint: files_continue,", "endpoint: files_further,", "there is no endpoint `files_further`"),
        ("endpoint: files_continue, as: cursor", "endpoint: files_continue, as: after", "is given `after` and nothing"),
        (
            "endpoint: files_continue,",
            "endpoint: account,",
            "the endpoint `account` is given `cursor` and nothing else",
        ),
        ("with: {cursor: {", "with: {limit: {type: integer}, cursor: {", "is given `cursor` and nothing else"),
    ],
)
def test_further_pages_have_an_endpoint_that_takes_the_cursor_alone(old: str, new: str, wanted: str) -> None:
    assert old in TEXT
    (finding,) = check(TEXT.replace(old, new), "dropbox.yaml")[1]
    assert wanted in finding.message


def test_as_it_is_shipped_it_fits() -> None:
    assert check(TEXT, "dropbox.yaml")[1] == []


@pytest.mark.parametrize("new", ['"{{"', '{id: "{{"}'])
def test_a_variable_that_is_written_wrongly_is_one_mistake(new: str) -> None:
    text = (Path(__file__).parent.parent.parent / "connectors" / "jobber.yaml").read_text("utf-8")
    old = 'variables: {id: "{{ input.job_id }}"}'
    assert old in text
    assert [one.code for one in check(text.replace(old, f"variables: {new}"), "jobber.yaml")[1]] == ["bad-template"]
