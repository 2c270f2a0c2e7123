"""Each rule: one change that breaks it, and all that is then said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.authoring.cases import Case
from runner.authoring.folders import folders
from runner.authoring.rules.catalog import RULES
from runner.authoring.rules.rule import Rule, Subject
from runner.authoring.scaffold import scaffold
from runner.connector.document import read
from runner.connector.loader import check

HOOKS = """webhooks:
  verify: {type: hmac, header: X-S, secret: settings.api_key}
  vector: {secret: s, headers: {X-S: x}, body: b}
  answer: {within: 200ms}
  events: {split: '@', id: id, type: type, account: account}
  on: {'*': {do: disconnect}}

syncs:"""
ACTION = "actions:\n  make:\n    post: /jobs\n"

BROKEN = {
    "create-without-find": (
        "syncs:",
        ACTION + "\nsyncs:",
        "48:3: the action `make` can do its work twice when an answer gets lost",
    ),
    "cut-text": ("timeout: 30s", "timeout: 30s #not 60s", "20:16: YAML ends the text before `#not 60s`"),
    "few-examples": (
        "processors:\n",
        "processors:\n  thin: {record: user, id: id, fields: {}}\n",
        "35:3: one example shows what `thin` makes",
    ),
    "gone-undone": (
        "syncs:",
        HOOKS.replace(
            "{do: disconnect}",
            "{do: fetch, endpoint: jobs, processor: job, gone: {do: delete, record: project, id: id}}",
        ),
        "52:8: `gone` of `*` is never done: no answer of `jobs` is a `skip_record`",
    ),
    "incremental-unread": (
        'updated_since: "{{ checkpoint }}"',
        "",
        "48:3: the endpoint `jobs` of the sync `jobs` never reads `checkpoint`",
    ),
    "missing-rate-limit": (
        "  rate_limits:\n    - {type: window, requests: 60, per: 1m, scope: account}\n",
        "",
        "18:1: nothing limits how often the partner is called",
    ),
    "newest-first-unsorted": (
        "{type: since, overlap: 2m}",
        "{type: newest_first}",
        "48:3: the sync `jobs` stops at what is known, and `jobs` does not ask for the newest first",
    ),
    "plain-http": ("https://api", "http://api", "8:21: `http://api.example.com/v1` is not encrypted"),
    "processor-without-error-example": (
        "    fields:\n",
        "    errors: {when: error}\n    fields:\n",
        "42:5: no example shows an error answer in place of `job`",
    ),
    "processor-without-example": (
        "processors:\n",
        "processors:\n  spare: {record: user, id: id, fields: {}}\n",
        "35:3: no example shows what `spare` makes",
    ),
    "quoted-field": (
        "processors:\n",
        "processors:\n  spare: {record: user, id: id, fields: {name: 'trim(city) || \"Lincoln\"'}}\n",
        '35:63: `"Lincoln"` is read as a field named Lincoln',
    ),
    "refused-too-early": (
        "  timeout: 30s\n",
        "  timeout: 30s\n  errors: [{status: [429], do: retry}, {when: error, do: fail}]\n",
        "21:40: `error` may hold for answers of status 401 and status 5xx too, which then fail at once",
    ),
    "secret-not-marked": (
        "secret: true, ",
        "",
        "11:3: `settings.api_key` is named like a secret, and not marked as one",
    ),
    "short-answer": ("syncs:", HOOKS, "50:20: the partner waits less than storing an event can take (500 ms)"),
    "since-without-full": (", full: {every: 24h}", "", "48:3: the sync `jobs` never makes a full pass"),
    "sync-without-paginator": (
        "    paginate: {type: page_number, param: page, size_param: per_page, size: 100}\n",
        "",
        "47:20: the sync `jobs` reads only the first page of `jobs`",
    ),
    "unproved-effect": (
        "syncs:",
        HOOKS.replace(
            "type: hmac, header: X-S, secret: settings.api_key", "type: none, because: only hints to fetch things"
        ).replace("within: 200ms", "within: 5s"),
        "52:8: anybody can have `disconnect` done by sending `*`, since nothing proves it",
    ),
    "unused-endpoint": (
        "endpoints:\n",
        "endpoints:\n  spare: {get: /spare, records: '@'}\n",
        "25:3: nothing calls the endpoint `spare`",
    ),
    "unused-processor": (
        "processors:\n",
        "processors:\n  spare: {record: user, id: id, fields: {}}\n",
        "35:3: nothing uses the processor `spare`",
    ),
    "vector-without-event": (
        "syncs:",
        HOOKS.replace("body: b}", """body: '{"id": 1, "type": "x"}'}"""),
        "49:3: the example does not show what an event says: it has no account (`account`)",
    ),
    "unused-value": ("settings:\n", "settings:\n  spare: {title: Spare}\n", "11:3: nothing reads `settings.spare`"),
}


@pytest.fixture
def doubts(tmp_path: Path) -> Callable[..., list[str]]:
    """What one rule says of the scaffold after an edit."""
    scaffold("acme", folders({}, tmp_path))
    text = (tmp_path / "connectors" / "acme.yaml").read_text()

    def said(code: str, old: str = "", new: str = "") -> list[str]:
        assert old in text
        edited = text.replace(old, new, 1)
        connector, findings = check(edited, "acme.yaml")
        assert connector is not None, findings
        shown = tuple(Case("acme", "job", name, tmp_path) for name in ("typical", "minimal", "canceled"))
        shown = (*shown, Case("acme", "thin", "typical", tmp_path))
        subject = Subject(connector, read(edited, "acme.yaml"), shown)
        (rule,) = [rule for rule in RULES if rule.code == code]
        return [f"{one.place.line}:{one.place.column}: {one.message}" for one in rule.findings(subject)]

    return said


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_rule_says_where_and_what(code: str, doubts: Callable[..., list[str]]) -> None:
    old, new, said = BROKEN[code]
    assert doubts(code, old, new) == [said]


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_rule_is_silent_about_the_scaffold(code: str, doubts: Callable[..., list[str]]) -> None:
    assert doubts(code) == []


def test_nothing_is_unused_while_nothing_is_fetched_yet(doubts: Callable[..., list[str]]) -> None:
    sync = "syncs:\n  jobs: {endpoint: jobs, processor: job, every: 15m, incremental: {type: since, overlap: 2m}, "
    assert doubts("unused-processor", sync + "full: {every: 24h}}\n") == []


@pytest.mark.parametrize(
    "above",
    [
        '{status: [401], do: refresh_token}, {status: [429, "5xx"], do: retry}, {when: error, do: fail}',
        "{status: [200], when: error, do: fail}",
        "{when: error.code == 'closed', do: fail}",
        "{when: error, do: retry}",
        "{when: error, header: {x-final: 'yes'}, do: fail}",
    ],
)
def test_a_refusal_that_leaves_the_rest_to_others_is_in_time(above: str, doubts: Callable[..., list[str]]) -> None:
    assert doubts("refused-too-early", "  timeout: 30s\n", f"  timeout: 30s\n  errors: [{above}]\n") == []


def test_every_rule_is_broken_once_here() -> None:
    assert {rule.code for rule in RULES} == set(BROKEN)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule_has_its_three_words(rule: Rule) -> None:
    for word in ("Avoid:", "Prefer:", "Why:"):
        assert word in rule.docs


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ('a || "North side"', 1),
        ('"Status" == a', 1),
        ('a != "gone"', 1),
        ('a || "first-name"', 0),
        ('a || b."Name"', 0),
        ('a || "Name".first', 0),
        ('a | "Name" == b', 0),
        ("a || 'Lincoln'", 0),
    ],
)
def test_only_names_that_look_like_texts_are_doubted(
    expression: str, number: int, doubts: Callable[..., list[str]]
) -> None:
    new = f"processors:\n  spare:\n    record: user\n    id: id\n    fields:\n      name: |-\n        {expression}\n"
    assert len(doubts("quoted-field", "processors:\n", new)) == number
