from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.authoring.folders import Folders, Source
from runner.authoring.kinds import read_kinds
from runner.authoring.validation import validate


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "name: trim(name)",
            "nme: trim(name)",
            "44:7: unknown-record-field: a record of kind project has no field `nme` (did you mean `name`?)",
        ),
        (
            "      name: trim(name)\n",
            "      address:\n        town: town\n",
            "45:9: unknown-record-field: a record of kind project has no field `address.town`",
        ),
        (
            "    fields:\n",
            "    relations:\n      site: {record: location, id: siteId}\n    fields:\n",
            "43:7: unknown-record-field: a record of kind project has no field `site`",
        ),
        (
            "    fields:\n",
            "    relations:\n      location: {record: locaton, id: siteId}\n    fields:\n",
            "43:26: unknown-record: there is no kind of record `locaton` (did you mean `location`?)",
        ),
    ],
)
def test_kind_or_field_that_does_not_exist(
    old: str, new: str, said: str, spec: Callable[..., Source], bench: Folders
) -> None:
    (finding,) = validate([spec((old, new))], bench)
    assert str(finding).removeprefix(f"{finding.place.file}:").startswith(said)


HOOKS = """webhooks:
  verify: {type: hmac, header: X-S, secret: settings.api_key}
  vector: {secret: s, headers: {X-S: x}, body: b}
  events: {split: '@', id: id, type: type, account: account}
  on:
    app.gone: REACTION

syncs:"""


@pytest.mark.parametrize(
    "reaction",
    [
        "{do: delete, record: projct, id: id}",
        "{do: fetch, endpoint: jobs, processor: job, gone: {do: delete, record: projct, id: id}}",
    ],
)
def test_what_is_gone_is_of_a_kind_that_there_is(reaction: str, spec: Callable[..., Source], bench: Folders) -> None:
    found = [str(one) for one in validate([spec(("syncs:", HOOKS.replace("REACTION", reaction)))], bench)]
    told = [one for one in found if "unknown-record" in one]
    assert len(told) == 1
    assert "there is no kind of record `projct` (did you mean `project`?)" in told[0]
    good = HOOKS.replace("REACTION", reaction.replace("projct", "project"))
    assert [one for one in validate([spec(("syncs:", good))], bench) if one.code == "unknown-record"] == []


def test_fields_inside_a_field_are_known(bench: Folders) -> None:
    kinds = read_kinds(bench.records)
    assert kinds.fields("location", ("coordinates",)) == {"latitude", "longitude"}
    assert kinds.fields("location", ("name",)) is None


def test_record_that_does_not_satisfy_its_schema_is_told(bench: Folders) -> None:
    flaws = list(read_kinds(bench.records).flaws("user", {"name": 7}))
    assert flaws[0].startswith("`name` does not satisfy user.schema.json: 7 is not")
