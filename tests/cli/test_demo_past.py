"""What one demo leaves to the next in the same folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.authoring.simulate.companycam import CompanyCam, companycam
from runner.cli.demo_past import DemoClock, PartnersClock, Past
from runner.errors import SettingsError

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def host() -> CompanyCam:
    return companycam(now=lambda: NOON, size=0)


def test_the_host_has_again_what_it_held(tmp_path: Path) -> None:
    before, after, past = host(), host(), Past(tmp_path)
    key = before.add("projects", name="Oak Street 12")
    before.hooks.subscribe("http://127.0.0.1:4001/webhooks/companycam/x", ["*"], "token")
    past.keep(before, DemoClock(timedelta(seconds=75)))

    past.recall(after, "http://127.0.0.1:4002")

    assert after.table("projects").row(key) == before.table("projects").row(key) == past.projects[0]
    (hook,) = after.table("webhooks")
    assert (hook["url"], hook["token"]) == ("http://127.0.0.1:4002/webhooks/companycam/x", "token")
    assert past.ahead() == timedelta(seconds=75)


def test_a_folder_that_saw_no_demo_holds_nothing(tmp_path: Path) -> None:
    past, one = Past(tmp_path), host()
    past.recall(one, "http://127.0.0.1:4002")
    assert (past.projects, len(one.table("projects")), past.ahead()) == ([], 0, timedelta())


def test_the_first_demo_of_a_folder_is_remembered(tmp_path: Path) -> None:
    past = Past(tmp_path)
    assert past.first(NOON) == NOON
    past.keep(host(), DemoClock(timedelta()))
    assert past.first(NOON + timedelta(days=1)) == NOON


def test_a_demo_that_was_broken_off_is_not_gone_on_with(tmp_path: Path) -> None:
    Past(tmp_path).first(NOON)
    (tmp_path / "runner.db").touch()
    with pytest.raises(SettingsError, match=r"was broken off.*--dir"):
        Past(tmp_path).first(NOON)


def test_the_partners_clock_stands_while_they_make_up_data() -> None:
    clock = DemoClock(timedelta())
    theirs = PartnersClock(clock, NOON)
    assert theirs.now() == NOON
    theirs.stands = False
    before = theirs.now()
    clock.put_forward(timedelta(hours=1))
    assert theirs.now() - before >= timedelta(hours=1)
