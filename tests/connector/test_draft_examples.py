"""The processors of the drafts make of payloads what the schemas of records ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.authoring.kinds import read_kinds
from runner.model.record import Processed, Record
from tests.drafts import DRAFTS, ROOT, document, trimmed

EXAMPLES = sorted((ROOT / "docs" / "drafts" / "examples").glob("*/*.json"))
SHIPPED = sorted((ROOT / "connectors" / "examples").glob("*/*.json"))


def mapped(path: Path) -> Processed:
    processor, connector = path.name.split(".")[0], trimmed(path.parent.name)
    payload = json.loads(path.read_text(encoding="utf-8"))
    return connector.processor(processor).process(payload, processor, connector.processor)


def made_records(processed: Processed) -> Iterator[Record]:
    if processed.record:
        yield processed.record
    for inner in processed.nested:
        yield from made_records(inner)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_payload_becomes_what_the_draft_says(path: Path) -> None:
    made = mapped(path)
    assert not made.flaws
    assert (made.record is None) == (".error" in path.name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_records_of_a_payload_satisfy_their_schemas(path: Path) -> None:
    kinds = read_kinds(ROOT / "schemas" / "records")
    for record in made_records(mapped(path)):
        assert not list(kinds.flaws(record.kind, record.fields))


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_every_processor_that_stands_alone_has_a_payload(path: Path) -> None:
    data = document(path).data
    nested = {one["processor"] for made in data["processors"].values() for one in _nested(made)}
    folders = (path.stem, data["connector"])
    shown = {example.name.split(".")[0] for example in [*EXAMPLES, *SHIPPED] if example.parent.name in folders}
    processors = {name for name, made in data["processors"].items() if not made.get("abstract")}
    assert processors - nested <= shown


def _nested(processor: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in processor.get("relations", {}).values() if one and "processor" in one]
