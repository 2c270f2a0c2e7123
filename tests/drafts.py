"""The drafts and the two tables of their README: what each draft needs, and what is left of it without that.

A draft is the rest of a connector that is shipped in part: it is read over `connectors/<connector>.yaml`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from runner.components.auth.base import Auth
from runner.components.block import Block, Choice
from runner.components.catalog import AUTH, HANDSHAKES, INCREMENTALS, PAGINATORS, RATE_LIMITS, VERIFIERS
from runner.components.handshakes.base import Handshake
from runner.components.incrementals.base import Incremental
from runner.components.paginators.base import Paginator
from runner.components.ratelimits.base import RateLimit
from runner.components.verifiers.base import Verifier
from runner.connector.connector import Connector
from runner.connector.document import Document, read
from runner.connector.loader import check, examine
from runner.connector.messages import value_at
from runner.errors import Finding, Place

ROOT = Path(__file__).parent.parent
DRAFTS = sorted((ROOT / "docs" / "drafts").glob("*.yaml"))
SHIPPED = ROOT / "connectors"
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
    "handshake": (HANDSHAKES, Handshake, ("webhooks.handshake",)),
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
        here = [path for path in here if value_at(data, path) is not None]  # a null takes away
        found.extend(Use(row, path, value_at(data, path)) for path in here)
    return found


def _is_within(path: At, outer: set[At]) -> bool:
    return any(path[: len(one)] == one for one in outer)


@cache
def document(path: Path) -> Document:
    """A draft over what is shipped of its connector. Places are those of the file that has the key."""
    draft = read(path.read_text(encoding="utf-8"), str(path))
    shipped = SHIPPED / f"{draft.data['connector']}.yaml"
    return joined(read(shipped.read_text(encoding="utf-8"), str(shipped)), draft) if shipped.exists() else draft


def joined(shipped: Document, draft: Document) -> Document:
    """Two files as one: mappings are merged name by name, a null takes a name away, blocks of another `type` and all
    else replace; unverified facts are those of both."""
    kept = len(shipped.data.get("unverified", []))
    made = Document(draft.file, over(shipped.data, draft.data), dict(shipped.keys), dict(shipped.values))
    made.data["unverified"] = [*shipped.data.get("unverified", []), *draft.data.get("unverified", [])]
    made.keys |= {moved(path, kept): place for path, place in draft.keys.items()}
    made.values |= {moved(path, kept): place for path, place in draft.values.items()}
    return made


def moved(path: At, by: int) -> At:
    return ("unverified", path[1] + by, *path[2:]) if path[:1] == ("unverified",) and path[1:] else path


def over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    if "type" in own and own["type"] != base.get("type"):
        return own
    made = dict(base)
    for name, value in own.items():
        known = base.get(name)
        if value is None and name in base:
            del made[name]
        else:
            made[name] = over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return made


def copied(draft: Document) -> Document:
    """A copy to unfold: groups and bases are put into the places of their names in the data itself."""
    return Document(draft.file, dict(draft.data), draft.keys, draft.values)


def judge(draft: Document) -> list[Finding]:
    """What the loader finds in a draft."""
    return examine(copied(draft))[1]


def expected(found: Use, draft: Document) -> tuple[str, Place]:
    """The code and place of the finding that a use leads to while it is not built."""
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


def is_excused(finding: Finding, draft: Document) -> bool:
    """Whether a finding speaks of what was pruned: a name that it gives, or an input that it reads."""
    if finding.code == "unused-input":
        calls = {".".join(found.path[:2]) for found in uses(draft.data)}
        return re.findall(r"`([^`]*)`", finding.message)[0] in calls
    return is_given(finding, names_of(draft))


def is_given(finding: Finding, names: set[str]) -> bool:
    if finding.code not in ("unknown-name", "unknown-secret"):
        return False
    name = re.findall(r"`([^`]*)`", finding.message)[0]
    return any(name == known or name.startswith(f"{known}.") for known in names)


def names_of(draft: Document) -> set[str]:
    """Every name that templates of a draft may read because of what it needs."""
    own = {name for found in uses(draft.data) for name in given(found)}
    inner = [row for found in uses(draft.data) if isinstance(found.value, dict) for row in typed(found)]
    return own | {name for row in inner for name in row.gives}


def typed(found: Use) -> list[Row]:
    kind = found.row.value if isinstance(found.row.value, str) else ""
    return [types(kind)[found.value["type"]]] if kind == "upload" else []


@cache
def trimmed(name: str) -> Connector:
    """The connector that is left of a draft."""
    data = pruned(document(ROOT / "docs" / "drafts" / f"{name}.yaml"))
    made, findings = check(json.dumps(data, ensure_ascii=False), f"{data['connector']}.yaml")
    assert made is not None, findings
    return made
