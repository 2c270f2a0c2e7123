"""What is wrong with the files that a connector says it sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.connector.loader import check

TEXT = (Path(__file__).parent.parent.parent / "connectors" / "dropbox.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("      file: file\n", "      file: path\n", "`path` is no input of `type: file` of this action"),
        ("start: start_upload", "start: start_uplod", "there is no action `start_uplod`"),
        ("start: start_upload", "start: share", "the action `share` keeps no `id`"),
        ("append: append_upload", "append: unshare", "the action `unshare` needs `url`, and an upload gives none"),
        ("result: checksum}", "result: hash}", "the action keeps no `hash`"),
        ('bytes: "{{ input.file }}"', 'bytes: "{{ input.path }}"', "`bytes` is a file, and `{{ input.path }}` is none"),
        ('bytes: "{{ input.file }}"', 'bytes: "x{{ input.file }}"', "does not fit into"),
        ("{'path': input.path, 'mode': 'add', 'client", "{'path': input.file, 'mode': 'add', 'client", "does not fit"),
        ("with: {cursor: {title: Cursor}}", "with: {cursor: {title: Cursor, type: file}}", "an endpoint sends no file"),
        ("chunk: 4194304", "chunk: 4194305", "a piece must hold whole blocks"),
        ('bytes: "{{ input.file }}"', 'bytes: "{{ input.file }}"\n    text: x', "a call has one body"),
    ],
)
def test_a_file_that_does_not_get_there_is_told(old: str, new: str, wanted: str) -> None:
    assert old in TEXT
    findings = check(TEXT.replace(old, new, 1), "dropbox.yaml")[1]
    assert any(wanted in finding.message for finding in findings), findings


def test_what_is_known_of_a_file_may_stand_anywhere() -> None:
    text = TEXT.replace("'mode': 'add', 'client", "'mode': 'add', 'mute': input.file.size == 0, 'client", 1)
    assert text != TEXT
    assert check(text, "dropbox.yaml")[1] == []


@pytest.mark.parametrize(
    ("inner", "key"),
    [
        ("{type: list, items: {type: file}}", "items: {type: file"),
        ("{type: object, fields: {roof: {type: file}}}", "roof: "),
        ("{type: list, items: {type: object, fields: {roof: {type: file}}}}", "roof: "),
    ],
)
def test_a_file_inside_of_another_input_is_told(inner: str, key: str) -> None:
    line = "\nactions:\n"
    assert line in TEXT
    spare = f"{line}  spare:\n    input:\n      it: {inner}\n    post: /x\n    json: {{it: '{{{{ input.it }}}}'}}\n"
    text = TEXT.replace(line, spare, 1)
    (finding,) = check(text, "dropbox.yaml")[1]
    assert finding.message.startswith("a file stands at the top of `input`")
    assert text.splitlines()[finding.place.line - 1][finding.place.column - 1 :].startswith(key)
