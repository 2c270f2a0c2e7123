from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runner.connector.schedule import Schedule
from runner.service.agenda import Agenda, Plan

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def plan(sync: str, every: timedelta = HOUR) -> Plan:
    return Plan("i1", sync, Schedule(every=every))


def test_nothing_is_due_before_its_slot_and_each_is_due_once() -> None:
    agenda, jobs = Agenda(), plan("jobs")
    agenda.add([jobs], NOW)
    slot = jobs.next_slot(NOW)
    assert agenda.due(slot - timedelta(microseconds=1)) == []
    assert agenda.due(slot) == [(jobs, slot)]
    assert agenda.due(slot) == []


def test_of_slots_that_were_missed_the_last_one_counts() -> None:
    agenda, jobs = Agenda(), plan("jobs")
    agenda.add([jobs], NOW)
    assert agenda.due(NOW + 5 * HOUR) == [(jobs, jobs.last_slot(NOW + 5 * HOUR))]


def test_what_is_not_wanted_any_more_is_not_due() -> None:
    agenda, jobs, crew = Agenda(), plan("jobs"), plan("crew")
    agenda.add([jobs, crew], NOW)
    assert agenda.missing([crew]) == []
    assert [due.sync for due, _ in agenda.due(NOW + HOUR)] == ["crew"]


def test_a_plan_that_changes_is_due_at_its_new_slots_only() -> None:
    agenda, old, new = Agenda(), plan("jobs"), plan("jobs", 3 * HOUR)
    agenda.add([old], NOW)
    assert agenda.missing([new]) == [new]
    agenda.add([new], NOW)
    assert agenda.due(new.next_slot(NOW) - timedelta(microseconds=1)) == []
    assert agenda.due(new.next_slot(NOW)) == [(new, new.next_slot(NOW))]
