"""The drafts of further partners need what `docs/drafts/README.md` lists, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.authoring.folders import Source, folders
from runner.authoring.validation import validate
from runner.components.auth.base import Auth
from runner.components.block import Block, Choice, read_duration
from runner.components.catalog import AUTH, INCREMENTALS, KINDS, PAGINATORS, RATE_LIMITS, VERIFIERS
from runner.components.incrementals.base import Incremental
from runner.components.paginators.base import Paginator
from runner.components.ratelimits.base import RateLimit
from runner.components.verifiers.base import Verifier
from runner.connector.document import Document, read
from runner.connector.loader import check
from runner.connector.messages import keys_of, value_at
from runner.errors import Finding, Place
from runner.mapping.expression import mistakes
from runner.mapping.template import Template, Tree

ROOT = Path(__file__).parent.parent.parent
DRAFTS = sorted((ROOT / "docs" / "drafts").glob("*.yaml"))
README = ROOT / "docs" / "drafts" / "README.md"
At = tuple[Any, ...]


@dataclass(frozen=True)
class Row:
    """One row of a table: `name` is a type or the path of a key, `kind` is empty for keys."""

    name: str
    kind: str
    value: Any
    gives: tuple[str, ...]
    users: frozenset[str]


@dataclass(frozen=True)
class Use:
    """A row at work in a draft."""

    row: Row
    path: At
    value: Any


# Where the blocks of a kind stand, and what they all take beside their own options.
PLACES: dict[str, tuple[Choice | None, type[Block] | None, tuple[str, ...]]] = {
    "auth": (AUTH, Auth, ("auth", "other_auth.*")),
    "paginator": (PAGINATORS, Paginator, ("endpoints.*.paginate",)),
    "incremental": (INCREMENTALS, Incremental, ("syncs.*.incremental",)),
    "rate_limit": (RATE_LIMITS, RateLimit, ("http.rate_limits.*", "calls.*.rate_limits.*")),
    "verifier": (VERIFIERS, Verifier, ("webhooks.verify",)),
    "handshake": (None, None, ()),
    "upload": (None, None, ()),
}
# A vector that the stand-in of an unknown verifier takes: HMAC-SHA256 of `body` with the key `key`.
SIGNED = {
    "secret": "key",
    "headers": {"X-Signature": "515aae133b435d4000956731f68ae5cf5eb85d4f0dc6a546d2bfcd3595ec1ae1"},
    "body": "body",
}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<=\s)\|(?=\s)", line.strip()[1:-1])]


def words(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def table(heading: str) -> Iterator[list[str]]:
    section = README.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    yield from (cells(line) for line in lines[2:])


def form(cell: str) -> Any:
    return yaml.safe_load(re.sub(r"(\w+\?):", r'"\1":', cell.strip("`")))


@cache
def rows() -> list[Row]:
    found = []
    for name, kind, value, gives, _, users in table("Types"):
        found.append(Row(name.strip("`"), kind, form(value), words(gives), frozenset(users.split(", "))))
    for name, value, gives, _, users in table("Keys"):
        found.append(Row(name.strip("`"), "", form(value), words(gives), frozenset(users.split(", "))))
    return found


def types(kind: str) -> dict[str, Row]:
    return {row.name: row for row in rows() if row.kind == kind}


def paths(data: Any, pattern: str) -> Iterator[At]:
    """Every path of plain data that a dotted pattern means; `*` is any key or index."""
    if pattern.startswith("calls."):
        yield from paths(data, pattern.replace("calls", "endpoints", 1))
        yield from paths(data, pattern.replace("calls", "actions", 1))
        return
    head, _, rest = pattern.partition(".")
    if isinstance(data, dict):
        keys = list(data) if head == "*" else [head] if head in data else []
    else:
        keys = list(range(len(data))) if head == "*" and isinstance(data, list) else []
    for key in keys:
        yield from ((key, *inner) for inner in paths(data[key], rest)) if rest else iter([(key,)])


def uses(data: Any) -> list[Use]:
    """What a draft needs: types first, then keys that do not stand inside a block of such a type."""
    found: list[Use] = []
    for kind, (_, _, patterns) in PLACES.items():
        for pattern in patterns:
            for path in paths(data, pattern):
                block = value_at(data, path)
                if block["type"] in types(kind):
                    found.append(Use(types(kind)[block["type"]], path, block))
    within = {use.path for use in found}
    for row in rows():
        here = [] if row.kind else [path for path in paths(data, row.name) if not _is_within(path, within)]
        found.extend(Use(row, path, value_at(data, path)) for path in here)
    return found


def _is_within(path: At, outer: set[At]) -> bool:
    return any(path[: len(one)] == one for one in outer)


@cache
def document(path: Path) -> Document:
    return read(path.read_text(encoding="utf-8"), str(path))


def expected(found: Use, draft: Document) -> tuple[str, Place]:
    if found.row.kind:
        return "unknown-type", draft.place((*found.path, "type"))
    return "unknown-field", draft.key_place(found.path)


def stand_in(found: Use) -> Any:
    """A block that exists, in place of one whose type does not."""
    if found.row.kind == "auth":
        kept = {"identify": found.value["identify"]} if "identify" in found.value else {}
        return {"type": "bearer", "token": "-", **kept}
    return {
        "paginator": {"type": "single_page"},
        "incremental": {"type": "window"},
        "rate_limit": {"type": "concurrency", "at_once": 1},
        "verifier": {"type": "hmac", "header": "X-Signature", "secret": found.value.get("secret")},
    }[found.row.kind]


def pruned(draft: Document) -> dict[str, Any]:
    """The draft without what does not exist yet."""
    data: dict[str, Any] = json.loads(json.dumps(draft.data))
    data.pop("unverified", None)
    for found in reversed(uses(draft.data)):
        holder = value_at(data, found.path[:-1])
        if found.row.kind:
            holder[found.path[-1]] = stand_in(found)
        else:
            del holder[found.path[-1]]
        if found.row.kind == "verifier":
            data["webhooks"]["vector"] = SIGNED
    return data


def given(found: Use) -> Iterator[str]:
    """The names that a use gives: `page.{as}` is filled from the options, `account.*` from the keys."""
    for name in found.row.gives:
        if name.endswith(".*"):
            yield from (f"{name[:-2]}.{key}" for key in found.value)
        elif "{" not in name or re.search(r"\{(\w+)\}", name)[1] in found.value:  # type: ignore[index]  # has a brace
            yield name.format(**found.value)


def is_given(finding: Finding, names: set[str]) -> bool:
    if finding.code not in ("unknown-name", "unknown-secret"):
        return False
    name = re.findall(r"`([^`]*)`", finding.message)[0]
    return any(name == known or name.startswith(f"{known}.") for known in names)


def names_of(draft: Document) -> set[str]:
    own = {name for found in uses(draft.data) for name in given(found)}
    inner = [row for found in uses(draft.data) if isinstance(found.value, dict) for row in _typed(found)]
    return own | {name for row in inner for name in row.gives}


def _typed(found: Use) -> list[Row]:
    kind = found.row.value if isinstance(found.row.value, str) else ""
    return [types(kind)[found.value["type"]]] if kind in ("handshake", "upload") else []


# --- what a value of a row must look like


def misfits(value: Any, wanted: Any, data: Any, where: str) -> Iterator[str]:
    """Where a value does not have the form that the README gives."""
    if isinstance(wanted, list):
        for index, item in enumerate(value):
            yield from misfits(item, wanted[0], data, f"{where}.{index}")
    elif isinstance(wanted, dict):
        yield from _misfit_keys(value, wanted, data, where)
    elif wanted in PLACES:
        yield from _misfit_block(value, wanted, data, where)
    elif not FORMS[wanted](value, data):
        yield f"{where}: `{value}` is no {wanted}"


def _misfit_keys(value: Any, wanted: dict[str, Any], data: Any, where: str) -> Iterator[str]:
    known = {name.rstrip("?"): inner for name, inner in wanted.items()}
    for name in wanted:
        if name != "*" and not name.endswith("?") and name not in value:
            yield f"{where} needs `{name}`"
    for name, item in value.items():
        if name not in known and "*" not in known:
            yield f"{where} takes no `{name}`"
        else:
            yield from misfits(item, known.get(name, known.get("*")), data, f"{where}.{name}")


def _misfit_block(value: Any, kind: str, data: Any, where: str) -> Iterator[str]:
    choice, base, _ = PLACES[kind]
    row = types(kind).get(value["type"])
    if row is None:
        assert choice is not None, f"{where}: there is no {kind} `{value['type']}`"
        choice.choices()[value["type"]].model_validate(value)
        return
    shared = {"type", *(keys_of(base) if base else [])}
    yield from misfits({key: item for key, item in value.items() if key not in shared}, row.value, data, where)


def _is_template(value: Any, data: Any) -> bool:
    Template.compile(value)
    return True


def _is_json(value: Any, data: Any) -> bool:
    return Tree(value).value is not None


def _is_secret(value: Any, data: Any) -> bool:
    where, _, name = str(value).partition(".")
    return where == "subscription" or bool(data.get(where, {}).get(name, {}).get("secret"))


FORMS: dict[str, Callable[[Any, Any], bool]] = {
    "template": _is_template,
    "json": _is_json,
    "secret": _is_secret,
    "expression": lambda value, data: isinstance(value, str) and not list(mistakes(value)),
    "text": lambda value, data: isinstance(value, str),
    "number": lambda value, data: isinstance(value, int) and not isinstance(value, bool),
    "flag": lambda value, data: isinstance(value, bool),
    "duration": lambda value, data: read_duration(value).total_seconds() > 0,
    "endpoint": lambda value, data: value in data["endpoints"],
    "action": lambda value, data: value in data["actions"],
}


# --- the tests


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_a_draft_needs_nothing_that_the_tables_do_not_list(path: Path) -> None:
    draft = document(path)
    _, findings = check(path.read_text(encoding="utf-8"), str(path))
    needed = {expected(found, draft) for found in uses(draft.data)}
    assert {(finding.code, finding.place) for finding in findings} == needed, "\n".join(map(str, findings))


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_without_it_a_draft_is_a_valid_connector(path: Path) -> None:
    draft = document(path)
    data = pruned(draft)
    given_source = Source(f"{data['connector']}.yaml", json.dumps(data, ensure_ascii=False))
    findings = validate([given_source], folders({}, ROOT))
    left = [str(finding) for finding in findings if not is_given(finding, names_of(draft))]
    assert not left


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_what_a_draft_needs_has_the_form_that_the_tables_give(path: Path) -> None:
    data = document(path).data
    for found in uses(data):
        where = ".".join(map(str, found.path))
        wanted = found.row.kind or found.row.value
        assert not list(misfits(found.value, wanted, data, where))


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_unverified_facts_point_at_keys(path: Path) -> None:
    draft = document(path)
    missing = [
        fact["where"]
        for fact in draft.data.get("unverified", [])
        if value_at(draft.data, tuple(fact["where"].split("."))) is None
    ]
    assert not missing


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.kind}:{row.name}" if row.kind else row.name)
def test_the_tables_name_who_needs_a_row(row: Row) -> None:
    users = set()
    for path in DRAFTS:
        found = uses(document(path).data)
        inner = [one for use in found if isinstance(use.value, dict) for one in _typed(use)]
        if row in [use.row for use in found] or row in inner:
            users.add(path.stem)
    assert row.users == users


@pytest.mark.parametrize("row", [row for row in rows() if row.kind], ids=lambda row: f"{row.kind}:{row.name}")
def test_a_type_that_exists_is_not_listed(row: Row) -> None:
    kinds = {"paginator": "paginators", "incremental": "incrementals", "rate_limit": "ratelimits"}
    kinds |= {"auth": "auth", "verifier": "verifiers"}
    known = KINDS[kinds[row.kind]].choices() if row.kind in kinds else {}
    assert row.name not in known


def test_every_partner_has_a_file() -> None:
    drafted = {path.stem for path in DRAFTS}
    shipped = {path.stem for path in (ROOT / "connectors").glob("*.yaml")}
    partners = {"quickbooks", "dropbox", "teamup", "housecallpro", "hover", "hubspot", "pipedrive", "googlecalendar"}
    assert partners <= drafted | shipped
