"""The drafts of further partners need what `docs/drafts/README.md` lists, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.authoring.folders import Source, folders
from runner.authoring.validation import validate
from runner.components.catalog import KINDS
from runner.connector.inherit import unfold
from runner.connector.messages import value_at
from tests.draft_forms import misfits
from tests.drafts import DRAFTS, ROOT, Row, copied, document, expected, is_excused, judge, pruned, rows, typed, uses


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_a_draft_needs_nothing_that_the_tables_do_not_list(path: Path) -> None:
    draft = document(path)
    findings = [finding for finding in judge(draft) if not is_excused(finding, draft)]
    needed = {expected(found, draft) for found in uses(draft.data)}
    assert {(finding.code, finding.place) for finding in findings} == needed, "\n".join(map(str, findings))


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_without_it_a_draft_is_a_valid_connector(path: Path) -> None:
    draft = document(path)
    data = pruned(draft)
    given_source = Source(f"{data['connector']}.yaml", json.dumps(data, ensure_ascii=False))
    findings = validate([given_source], folders({}, ROOT))
    left = [str(finding) for finding in findings if not is_excused(finding, draft)]
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
    draft = copied(document(path))
    unfold(draft)
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
        inner = [one for use in found if isinstance(use.value, dict) for one in typed(use)]
        if row in [use.row for use in found] or row in inner:
            users.add(path.stem)
    assert row.users == users


@pytest.mark.parametrize("row", [row for row in rows() if row.kind], ids=lambda row: f"{row.kind}:{row.name}")
def test_a_type_that_exists_is_not_listed(row: Row) -> None:
    kinds = {"paginator": "paginators", "incremental": "incrementals", "rate_limit": "ratelimits"}
    kinds |= {"auth": "auth", "verifier": "verifiers", "handshake": "handshakes"}
    known = KINDS[kinds[row.kind]].choices() if row.kind in kinds else {}
    assert row.name not in known


def test_every_partner_has_a_file() -> None:
    drafted = {path.stem for path in DRAFTS}
    shipped = {path.stem for path in (ROOT / "connectors").glob("*.yaml")}
    partners = {"quickbooks", "dropbox", "teamup", "housecallpro", "hover", "hubspot", "pipedrive", "googlecalendar"}
    assert partners <= drafted | shipped
