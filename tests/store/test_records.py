"""The upsert against a model that applies one record after the other."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from runner.model.record import Record
from runner.store import feed, records
from runner.store.records import Upserted
from tests.store.conftest import NOW, later, open_engine, statements


def project(external_id: str = "1", name: str = "Roof", version: int | None = 1, **more: object) -> Record:
    told = None if version is None else f"2026-05-04T15:20:{version:02d}.000000Z"
    return Record("project", external_id, {"name": name}, told, processor="job", **more)  # type: ignore[arg-type]  # test data


def upsert(connection: Connection, *found: Record, at: int = 0) -> Upserted:
    return records.upsert(connection, "i1", found, later(at))


def name(connection: Connection, external_id: str = "1") -> str:
    return str(feed.get(connection, "i1", "project", external_id).record.fields["name"])


def test_a_new_record_is_created_and_read_back_as_it_was(connection: Connection) -> None:
    record = project(parent="p9", inactive=True)
    assert upsert(connection, record) == Upserted(created=[("project", "1")])
    stored = feed.get(connection, "i1", "project", "1")
    assert stored.record == record
    assert (stored.created_at, stored.changed_at, stored.deleted_at) == (NOW, NOW, None)


def test_a_newer_one_changes_it_and_keeps_its_birth(connection: Connection) -> None:
    upsert(connection, project())
    assert upsert(connection, project(name="Porch", version=2), at=5).changed == [("project", "1")]
    stored = feed.get(connection, "i1", "project", "1")
    assert (stored.record.fields["name"], stored.created_at, stored.changed_at) == ("Porch", NOW, later(5))


def test_an_older_one_is_stale(connection: Connection) -> None:
    upsert(connection, project(name="new", version=2))
    assert upsert(connection, project(name="old", version=1)) == Upserted(stale=1)
    assert name(connection) == "new"


def test_one_without_a_version_counts_as_newer_but_does_not_open_the_door_to_older_ones(connection: Connection) -> None:
    upsert(connection, project(name="first", version=2))
    upsert(connection, project(name="thin", version=None))
    assert name(connection) == "thin"
    assert upsert(connection, project(name="old", version=1)).stale == 1


def test_the_same_content_under_a_newer_version_moves_only_the_version(connection: Connection) -> None:
    upsert(connection, project(version=1))
    before = feed.get(connection, "i1", "project", "1").sequence
    assert upsert(connection, project(version=3)) == Upserted(unchanged=1)
    assert upsert(connection, project(name="old", version=2)) == Upserted(stale=1)
    assert feed.get(connection, "i1", "project", "1").sequence == before


def test_what_is_unchanged_costs_no_write(connection: Connection) -> None:
    upsert(connection, project("1"), project("2"))
    with statements(connection) as ran:
        assert upsert(connection, project("1"), project("2")).unchanged == 2
    assert {text.split()[0] for text in ran} == {"SELECT"}


def test_a_change_of_activity_or_parent_is_a_change(connection: Connection) -> None:
    upsert(connection, project())
    assert upsert(connection, project(inactive=True)).changed
    assert upsert(connection, project(inactive=True, parent="p1")).changed


def test_of_one_id_twice_in_a_list_the_newest_wins(connection: Connection) -> None:
    outcome = upsert(connection, project(name="new", version=2), project(name="old", version=1))
    assert (outcome.created, outcome.stale) == ([("project", "1")], 1)
    assert name(connection) == "new"


def test_the_same_id_of_another_kind_or_integration_is_another_record(connection: Connection) -> None:
    upsert(connection, project(), Record("contact", "1", {"name": "Ann"}))
    records.upsert(connection, "i2", [project(name="theirs")], NOW)
    assert name(connection) == "Roof"
    assert feed.counts(connection, "i1").keys() == {"contact", "project"}


def test_more_records_than_one_statement_asks_for(connection: Connection) -> None:
    many = [project(str(number)) for number in range(2500)]
    assert len(upsert(connection, *many).created) == 2500
    assert upsert(connection, *many).unchanged == 2500


def test_a_deleted_record_is_marked_and_not_counted_as_there(connection: Connection) -> None:
    upsert(connection, project("1"), project("2"))
    gone = records.mark_deleted(connection, "i1", "project", ["1", "1", "unknown"], later(5))
    assert gone == [("project", "1")]
    assert feed.ids(connection, "i1", "project") == {"2"}
    assert feed.get(connection, "i1", "project", "1").deleted_at == later(5)
    assert records.mark_deleted(connection, "i1", "project", ["1"], later(6)) == []


def test_a_deletion_older_than_the_record_is_left_out(connection: Connection) -> None:
    upsert(connection, project(version=5))
    assert not records.mark_deleted(connection, "i1", "project", ["1"], NOW, "2026-05-04T15:20:04.000000Z")


def test_a_deleted_record_is_revived_by_a_newer_one_only(connection: Connection) -> None:
    upsert(connection, project(version=1))
    records.mark_deleted(connection, "i1", "project", ["1"], NOW, "2026-05-04T15:20:05.000000Z")
    assert upsert(connection, project(version=4)).stale == 1
    assert upsert(connection, project(version=6)).changed == [("project", "1")]
    assert feed.get(connection, "i1", "project", "1").deleted_at is None


@dataclass
class Model:
    name: str
    version: int | None


ARRIVALS = st.lists(
    st.lists(st.tuples(st.sampled_from("12"), st.sampled_from("AB"), st.none() | st.integers(1, 4)), max_size=4),
    max_size=6,
)


@given(pages=ARRIVALS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_order_no_record_goes_back(
    database_url: str, pages: list[list[tuple[str, str, int | None]]]
) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        connection.execute(text("DELETE FROM records"))
        model: dict[str, Model] = {}
        for page in pages:
            outcome = upsert(connection, *(project(external_id, name, told) for external_id, name, told in page))
            total = len(outcome.created) + len(outcome.changed) + outcome.unchanged + outcome.stale
            assert total == len(page)
            for external_id, told_name, told in page:
                known = model.get(external_id)
                if known and known.version and told and told < known.version:
                    continue
                model[external_id] = Model(told_name, told or (known.version if known else None))
        for external_id, expected in model.items():
            stored = feed.get(connection, "i1", "project", external_id).record
            assert stored.fields["name"] == expected.name
            assert stored.version == project(version=expected.version).version
        connection.rollback()
    engine.dispose()
