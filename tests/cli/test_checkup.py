"""What `runner doctor` looks into besides the settings: each finding says what is wrong, where, and how to mend it."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from runner.cli.check import Check
from runner.cli.check_database import look_into, working
from runner.cli.check_server import LEAST_ROOM, connections, readable, room, skew, version
from runner.cli.checkup import address
from runner.connector.config import Config
from runner.model.process import Process
from runner.service.attendance import Attendance
from runner.service.settings import Settings
from runner.store.backlog import Backlog
from runner.store.database import Database
from runner.testing.clock import START
from tests.cli.test_pushing import Type
from tests.cli.test_pushing import typed as typed

HERE = Path("/srv/runner.db")
ALL = Process("a:1:x", "a", 1, frozenset({"web", "worker", "scheduler"}), "1.0", "0023", START, START)


def answering(status: int) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status))


def refused(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def crew(**more: object) -> Check:
    (found,) = working(Attendance(**{"processes": (ALL,), "backlog": Backlog(), "now": START, **more}), timedelta(0))  # type: ignore[arg-type]  # test data
    return found


@pytest.mark.parametrize(
    ("found", "fine", "told"),
    [
        (room(HERE.parent, LEAST_ROOM - 1), False, "200 MB are free at /srv; what is not stored is refused: make room"),
        (room(HERE.parent, LEAST_ROOM), True, "0.2 GB are free at /srv"),
        (readable(HERE, 0o100644), False, "others may open /srv/runner.db (644); take it away: chmod 600"),
        (readable(HERE, 0o100600), True, "/srv/runner.db is its owner's alone"),
        (version(140012), False, "PostgreSQL 14.12 is too old: move the data to 15 or newer"),
        (version(150004), True, "PostgreSQL 15.4"),
        (skew(timedelta(seconds=9)), False, "the database's clock is 9 s ahead of this machine's; set both by NTP"),
        (skew(timedelta(seconds=-9)), False, "the database's clock is 9 s behind this machine's"),
        (skew(timedelta(seconds=5)), True, "5.0 s from this machine's"),
        (connections(97, 20, 4), True, "20 of 97 are used; 4 processes and one more may want 60"),
        (connections(97, 20, 8), False, "8 processes and one more may want 108: raise max_connections, or run fewer"),
        (connections(97, 90, 1), False, "90 of 97 are used"),
        (address("http://127.0.0.1:8080"), True, "is this machine alone: no partner's webhook or consent reaches it"),
        (
            address("http://runner.example.com"),
            False,
            "is not encrypted; partners and browsers want https",
        ),
        (address("https://r.example.com", answering(200)), True, "https://r.example.com answers 200"),
        (address("https://r.example.com", answering(502)), False, "answers 502: the proxy finds no `runner serve`"),
        (
            address("https://r.example.com", httpx.MockTransport(refused)),
            False,
            "does not answer this machine (Connect",
        ),
        (crew(), True, "1 web, 1 worker, 1 scheduler; 0 wake-ups are due"),
        (crew(processes=(), backlog=Backlog(3, due=3)), False, "nobody-works: Nobody works: 3 wake-ups wait. Start"),
    ],
)
def test_each_finding_says_what_where_and_the_remedy(found: Check, fine: bool, told: str) -> None:
    assert (found.fine, told in found.told) == (fine, True), found.told


def looked(url: str) -> list[Check]:
    return look_into(Settings.read({"RUNNER_DATABASE_URL": url}), Config())[0]


def test_a_server_that_does_not_answer_is_told_with_its_address_and_without_the_password() -> None:
    (found,) = looked("postgresql://someone:hunter2@127.0.0.1:1/runner")
    assert not found.fine
    assert "someone:***@127.0.0.1:1/runner cannot be reached" in found.told
    assert "start it, or mend RUNNER_DATABASE_URL" in found.told
    assert "hunter2" not in found.told


def test_a_database_of_a_later_version_is_told(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    (found,) = looked(f"sqlite:///{path}")
    assert not found.fine
    assert "is of revision 9999" in found.told
    assert "start that one, or restore the backup" in found.told


async def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate()
    modes = {stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in os.listdir(tmp_path)}
    await database.close()
    assert modes == {0o600}


@pytest.mark.sqlite_only
def test_the_disk_of_the_database_is_looked_at(typed: Type, path: Path) -> None:
    told = {one["what"]: one["told"] for one in json.loads(typed("doctor", "--json").stdout)}
    assert told["disk"].endswith(f"at {path.parent}")
    assert told["given up"].startswith("0 events, 1 pushes: see `runner deliveries --failed`")


@pytest.mark.each_database
def test_a_database_in_order_is_found_so(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).chmod(0o600)
    found = looked(database_url)
    names = {one.what for one in found}
    assert [one for one in found if not one.fine and one.what != "credentials"] == []
    sort = {"file rights", "disk"} if database_url.startswith("sqlite") else {"server", "server clock", "connections"}
    assert names == sort | {"database", "credentials", "subscriptions", "acts", "given up", "clock", "processes"}
