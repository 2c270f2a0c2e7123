"""Connectors broken at random: whatever is in a file, the answer is findings with a place, a code and a remedy."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from runner.components.block import Block
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.document import read
from runner.connector.loader import build, check
from runner.connector.schema import generate
from runner.errors import ConnectorError, Finding

ROOT = Path(__file__).parents[2]
FILES: dict[str, type[Block]] = {
    "connectors/jobber.yaml": Connector,
    "connectors/servicetitan.yaml": Connector,
    "connectors/companycam.yaml": Connector,
    "runner.yaml": Config,
}
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 7, 1.5, 1e308, 10**30, 10**5000 // 10**4900, [], {}, "", "x", "none", "5xx", "0s"),
    *("{{", "{{ a }}", "{% x", "{{ 1/0 }}", "{{ " + "(" * 500, "]", "true", "`1`", "(((((", "!" * 3000 + "a", "a[::0]"),
    *("99999999999999d", "9/s", "^(", "é", "\x07", "x" * 5000, "Made at app.example; see / there"),
    *([None], [[]], ["x"], {"a": None}, {"": 1}, {"type": "x"}, {"type": None}, {"type": []}, {"do": "x"}, {"do": 7}),
    *({"type": "cursor"}, {"type": "hmac"}, {"a": {"b": {"c": [1, {"d": None}]}}}, {"__class__": 1}),
]
NAMES = ["", "with", "input", "json_", "as_", "hand_over", "model_config", "Upper", "a.b", "type", "do", "[key]"]
JARGON = re.compile(
    r"(?i)input should|should be|should have|should match|pydantic|discriminator|\bdict\b|\bstr\b|\bint\b|NoneType|"
    r"instance of|object at 0x|\bunion\b|extra inputs|traceback|constrained|function-plain|\[key\]`"
)
# what a JSON Schema cannot say: the grammar of expressions and templates, and keys that depend on each other
BEYOND_SCHEMA = {
    *("bad-expression", "bare-literal", "unknown-function", "wrong-arity", "bad-template"),
    *("wrong-call", "bad-relation", "wrong-value"),
}


class Dumper(yaml.SafeDumper):
    """Without aliases, so that one edit changes one place."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


GOOD = {file: plain(read((ROOT / file).read_text(), file).data) for file in FILES}
SCHEMAS = {block: jsonschema_rs.validator_for(json.loads(generate(block))) for block in (Connector, Config)}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from paths(part, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def mutate(data: Any, chance: random.Random) -> None:
    every = list(paths(data))
    path = chance.choice(every)
    holder, key = at(data, path[:-1]), path[-1]
    edit = chance.randrange(6)
    if edit == 0:
        del holder[key]
    elif edit == 1 and isinstance(holder, dict):
        renamed = chance.choice([*NAMES, f"{key}x", str(key)[:-1], str(key).upper()])
        items = [(renamed if name == key else name, part) for name, part in holder.items()]
        holder.clear()
        holder.update(items)
    elif edit == 2 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif edit == 3:
        holder[key] = copy.deepcopy(at(data, chance.choice(every)))
    elif edit == 4 and isinstance(holder, dict):
        name = chance.choice([str(step) for step in chance.choice(every)])
        holder[name] = copy.deepcopy(chance.choice(JUNK))
    else:
        holder[key] = copy.deepcopy(chance.choice(JUNK))


def judged(text: str, file: str, block: type[Block]) -> tuple[Block | None, list[Finding]]:
    if block is Connector:
        return check(text, file)
    try:
        return build(read(text, file), block)
    except ConnectorError as error:
        return None, error.findings


def flaws(finding: Finding, text: str, file: str) -> Iterator[str]:
    lines = text.split("\n")
    place = finding.place
    if place.file != file or not 0 < place.line <= len(lines) or not 0 < place.column <= len(lines[place.line - 1]) + 1:
        yield "a place that is not in the file"
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", finding.code):
        yield "a code that is not kebab-case"
    if JARGON.search(re.sub(r"`[^`]*`", "", finding.message)) or "function-plain" in finding.message:
        yield "jargon"
    if not finding.remedy:
        yield "no remedy"
    if len(finding.message) > 1000:
        yield "a message without end"


def disagreement(block: type[Block], data: Any, made: Block | None, findings: list[Finding]) -> str | None:
    """Where the loader and the JSON Schema do not say the same, but for what a schema cannot say."""
    accepted = SCHEMAS[block].is_valid(data)
    if made is not None and not accepted:
        return "the schema refuses what loads"
    if accepted and made is None and {finding.code for finding in findings} - BEYOND_SCHEMA:
        return "the schema takes what does not load"
    return None


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_in_a_file_is_told_in_plain_words_with_a_place(seed: int) -> None:
    chance = random.Random(seed)
    wrong = []
    for _ in range(12):
        path = chance.choice(list(FILES))
        data, file, block = copy.deepcopy(GOOD[path]), Path(path).name, FILES[path]
        for _ in range(chance.choice([1, 1, 1, 2, 4])):
            mutate(data, chance)
        text = yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10**6)

        made, findings = judged(text, file, block)

        assert made is not None or findings
        wrong += [f"{flaw}: {finding}" for finding in findings for flaw in flaws(finding, text, file)]
        if not any(finding.code == "bad-yaml" or "too large for JSON" in finding.message for finding in findings):
            odd = disagreement(block, plain(read(text, file).data), made, findings)
            wrong += [f"{odd}: {findings}"] if odd else []
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 200_000,
        "a: " + "{a: " * 200_000,
        "- " * 50_000,
        "title: " + "9" * 5000,
        "title: 1e999",
        "title: 'x",
        "\ufeffconnector: x",
        "connector: x\r\ntitle: 7\r\n",
        "connector: x\rtitle: 7\r",
        'title: "a\u2028b"\ndocs: 7',
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_text_is_findings_too(text: str) -> None:
    made, findings = check(text, "x.yaml")

    assert made is None
    assert findings
    assert all(finding.place.line > 0 for finding in findings)
