from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from runner.authoring.kinds import Kinds
from runner.authoring.rule_reads import unread
from runner.connector.config import Config
from runner.connector.document import read
from runner.connector.loader import build

KINDS = Kinds(
    {
        "project": {
            "properties": {
                "name": {"type": "string"},
                "location": {"type": "string"},
                "address": {"anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}]},
                "crew": {"type": "array"},
            },
            "$defs": {"address": {"properties": {"city": {"type": "string"}}}},
        },
        "location": {"properties": {"name": {"type": "string"}}},
    }
)
RULE: Mapping[str, object] = {
    "record": "project",
    "to": "host",
    "when": "name != 'Test' && !inactive && kind == 'project'",
    "include": {"site": {"record": "location", "field": "location"}},
    "links": {"other": {"record": "project", "id": "location"}},
    "after": {"earlier": "location"},
    "input": {
        "name": "site.name || name",
        "at": {"city": "address.city"},
        "to": "links.other",
        "who": "crew[?lead].name | [0]",
        "gone": "site.inactive",
    },
    "write": {"path": "/{{ site.name }}/{{ id }}.jpg"},
    "create": "make",
}


def said(rule: Mapping[str, object]) -> list[str]:
    document = read(json.dumps({"deliver": {"earlier": {**RULE, "after": {}}, "jobs": rule}}), "runner.yaml")
    config, findings = build(document, Config)
    assert config is not None, findings
    return [str(finding) for finding in unread(config.deliver["jobs"], ("deliver", "jobs"), document, KINDS)]


def test_a_rule_that_reads_what_there_is() -> None:
    assert said(RULE) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"when": "nam != 'Test'"}, "kind project has no field `nam` (did you mean `name`?)"),
        ({"input": {"name": "nme"}}, "kind project has no field `nme` (did you mean `name`?)"),
        ({"input": {"at": {"city": "address.cty"}}}, "no field `address.cty` (did you mean `city`?)"),
        ({"input": {"to": "link.other"}}, "kind project has no field `link` (did you mean `links`?)"),
        ({"input": {"to": "links.othr"}}, "this rule has no link `othr` (did you mean `other`?)"),
        ({"input": {"name": "site.nme"}}, "kind location has no field `nme` (did you mean `name`?)"),
        ({"input": {"name": "site.kind"}}, "kind location has no field `kind`"),
        ({"after": {"earlier": "locaton"}}, "kind project has no field `locaton` (did you mean `location`?)"),
        ({"links": {"other": {"record": "project", "id": "locaton"}}}, "has no field `locaton`"),
        ({"write": {"path": "/{{ sit.name }}.jpg"}}, "kind project has no field `sit` (did you mean `site`?)"),
    ],
)
def test_what_would_be_null_whatever_comes(changed: dict[str, object], words: str) -> None:
    found = said({**RULE, **changed})
    assert len(found) == 1
    assert words in found[0]
    assert "unknown-record-field" in found[0]


def test_the_place_is_that_of_the_expression() -> None:
    document = read("deliver:\n  jobs:\n    record: project\n    to: host\n    input: {name: nme}\n", "runner.yaml")
    config, _ = build(document, Config)
    assert config is not None
    (finding,) = unread(config.deliver["jobs"], ("deliver", "jobs"), document, KINDS)
    assert (finding.place.line, finding.place.column) == (5, 19)


def test_a_kind_without_a_schema_is_not_checked() -> None:
    assert said({**RULE, "record": "crate", "when": "anything"}) == []
