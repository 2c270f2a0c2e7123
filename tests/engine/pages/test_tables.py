"""Small tables of the account, beside every payload."""

from __future__ import annotations

import httpx
import pytest

from runner.connector.loader import check
from runner.engine.pages.tables import equipped
from runner.errors import PartnerUnavailable, UnexpectedResponse
from runner.store import quarantine
from tests.engine.depot import HEAD, Yard, yard

pytestmark = pytest.mark.each_database

SPEC = """
endpoints:
  contacts: {get: /numbered, records: rows, paginate: {type: page_number, size_param: size, size: 10, more: more}}
  fields: {get: /fields, records: fields, paginate: {type: cursor, next: next, param: cursor}}
tables:
  fields: {endpoint: fields, key: label, value: hash, every: 24h, pick: {job: "{{ settings.field }}"}}
processors:
  plain: {record: contact, id: id, cursor: updated, fields: {name: name}}
  contact:
    record: contact
    id: id
    cursor: updated
    fields:
      name: |-
        join(' ', [name, tables.fields."Job number", tables.fields.job][?@])
syncs:
  contacts: {endpoint: contacts, processor: contact, every: 1h}
"""
PAGES = {
    None: {"fields": [{"label": "Job number", "hash": "a1"}, {"label": None, "hash": "-"}], "next": "2"},
    "2": {"fields": [{"label": "Colour", "hash": "b2"}, {"label": "Job number", "hash": "twin"}]},
}


class Fields:
    """The partner's list of fields, in two pages."""

    def __init__(self, here: Yard) -> None:
        self.calls, self.fails = 0, 0
        here.depot.before = self.answer

    async def answer(self, request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/fields":
            return None
        self.calls += 1
        if self.fails:
            return httpx.Response(self.fails)
        return httpx.Response(200, json=PAGES[request.url.params.get("cursor")])


async def test_processors_read_the_keys_of_the_account(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=2, field="Colour") as here:
        Fields(here)
        await here.run()
        assert await here.names() == {"c000": "Contact 0 a1 b2", "c001": "Contact 1 a1 b2"}


async def test_what_is_not_filled_in_picks_nothing(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=1) as here:
        Fields(here)
        await here.run()
        assert await here.names() == {"c000": "Contact 0 a1"}


async def test_a_table_is_fetched_once_in_its_time(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=1) as here:
        fields = Fields(here)
        calls = []
        for hours in (0, 23, 2):
            here.clock.advance(hours * 3600)
            await here.run()
            calls.append(fields.calls)
        assert calls == [2, 2, 4]


async def test_an_old_table_is_better_than_none_while_the_partner_is_away(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=1) as here:
        fields = Fields(here)
        await here.run()
        fields.fails = 503
        here.clock.advance(48 * 3600)
        here.depot.put("c000", "Changed")
        await here.run()
        assert await here.names() == {"c000": "Changed a1"}
        assert "table-not-fetched" in here.log.events()


@pytest.mark.parametrize(("status", "error"), [(503, PartnerUnavailable), (400, UnexpectedResponse)])
async def test_without_any_table_nothing_is_mapped(database_url: str, status: int, error: type[Exception]) -> None:
    async with yard(database_url, SPEC, rows=1) as here:
        Fields(here).fails = status
        with pytest.raises(error):
            await here.run()
        assert await here.names() == {}


async def test_what_reads_no_table_needs_none(database_url: str) -> None:
    async with yard(database_url, SPEC.replace("processor: contact", "processor: plain"), rows=1) as here:
        fields = Fields(here)
        await here.run()
        assert (fields.calls, await here.names()) == (0, {"c000": "Contact 0"})


async def test_tables_can_be_taken_as_they_are_stored(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=1) as here:
        fields, connector = Fields(here), here.house.connectors.get("depot")
        bare = await equipped(here.house, connector, here.integration, ["contact"], fetch=False)
        await here.run()
        made = await equipped(here.house, connector, here.integration, ["contact"], fetch=False)
        names = [one.process("contact", {"id": 1, "name": "Ann"}).record for one in (bare, made)]
        assert [record.fields["name"] if record else None for record in names] == ["Ann", "Ann a1"]
        assert fields.calls == 2


async def test_the_payload_that_is_kept_in_quarantine_is_the_partners_own(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=1) as here:
        Fields(here)
        here.depot.rows["c000"]["id"] = None
        await here.run()
        bad = await here.house.store.database.read(lambda c: quarantine.find(c, here.integration.id))
        assert [sorted(one.payload) for one in bad] == [["id", "name", "updated"]]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("tables.fields.job", "tables.field.job", "unknown-table"),
        ("{endpoint: fields, key", "{endpoint: field, key", "unknown-endpoint"),
        ("settings.field", "settings.colour", "unknown-name"),
        ("records: fields, ", 'records: fields, params: {s: "{{ checkpoint }}"}, ', "unknown-name"),
    ],
)
def test_what_does_not_fit_is_found(old: str, new: str, code: str) -> None:
    assert not check(HEAD + SPEC, "depot.yaml")[1]
    assert old in SPEC
    assert code in [finding.code for finding in check(HEAD + SPEC.replace(old, new), "depot.yaml")[1]]
