"""The operator's commands as they are typed: in a process of this one, on a database of a temporary folder."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runner.cli import demo, output
from runner.cli.main import MODULES, app
from runner.errors import RunnerError
from tests.partners import ROOT

KEY = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
COMMANDS = ("serve", "worker", "connect", "integrations", "sync", "act", "records", "deliveries", "status", "replay")
COMMANDS += ("simulate", "demo", "migrate", "doctor", "pause", "resume")
Type = Callable[..., Result]


def type_in(environ: dict[str, str], *words: str, given: bytes | None = None) -> Result:
    """Type a command, with something on standard input; errors become what `main` makes of them."""
    kept = {name: None for name in os.environ if name.startswith("RUNNER_")}
    result = CliRunner().invoke(app, list(words), given, env={**kept, **environ}, catch_exceptions=True)
    if isinstance(result.exception, RunnerError):
        result.exit_code = output.told(result.exception)
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was played, once for all processes of a run: a database with a bit of everything."""
    own = tmp_path_factory.getbasetemp()
    base = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (base / "played.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / "played").exists():
            assert demo.run(base / "playing", 12) == 0
            (base / "playing").rename(base / "played")
    return base / "played"


@pytest.fixture
def folder(played: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(played, tmp_path / "demo"))


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    return {
        "RUNNER_DATABASE_URL": f"sqlite:///{folder / 'runner.db'}",
        "RUNNER_CONFIG": str(folder / "runner.yaml"),
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_ENCRYPTION_KEYS": (folder / "key").read_text(encoding="utf-8"),
        "RUNNER_DESTINATION_OFFICE_SECRET": "whsec_" + "A" * 43 + "=",
        "RUNNER_SERVICETITAN_APP_KEY": "app-key-of-the-operator",
        "RUNNER_SERVICETITAN_WEBHOOK_KEY": "webhook-key-of-the-operator",
        "RUNNER_JOBBER_CLIENT_ID": "jobber-app",
        "RUNNER_JOBBER_CLIENT_SECRET": "jobber-secret",
        "RUNNER_DROPBOX_CLIENT_ID": "dropbox-app",
        "RUNNER_DROPBOX_CLIENT_SECRET": "dropbox-secret",
    }


@pytest.fixture
def typed(environ: dict[str, str]) -> Type:
    return lambda *words: type_in(environ, *words)


@pytest.fixture
def fresh(tmp_path: Path) -> Type:
    environ = {
        "RUNNER_DATABASE_URL": f"sqlite:///{tmp_path / 'runner.db'}",
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_CONFIG": str(tmp_path / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
    }
    return lambda *words: type_in(environ, *words)


@pytest.mark.parametrize("command", [*COMMANDS, "keys new", "keys rotate", "keys forget"])
def test_help_holds_an_example(command: str) -> None:
    told = type_in({}, *command.split(), "--help").output
    assert re.search(rf"Example:\s+runner {command}", told), told


def test_status_is_one_screen(typed: Type) -> None:
    told = typed("status").output
    assert "Sample Plumbing/servicetitan" in told
    assert "Turned away: 3 requests for jobber (bad-signature)" in told
    assert "What wants a person:" in told
    assert "link it: `runner links set " in told


def test_status_as_json_holds_the_figures(typed: Type) -> None:
    found = json.loads(typed("status", "--json").output)
    assert {one["connector"] for one in found["integrations"]} == {"servicetitan", "jobber", "companycam", "dropbox"}
    assert found["rejections"][0]["count"] == 3


def test_integrations_are_listed_and_chosen(typed: Type) -> None:
    found = json.loads(typed("integrations", "--connector", "jobber", "--json").output)
    assert [(one["company"], one["state"]) for one in found] == [("Sample Plumbing", "active")]


def test_an_unknown_state_is_misuse(typed: Type) -> None:
    assert typed("integrations", "--state", "happy").exit_code == output.MISUSE


def test_one_is_switched_off_and_on_again(typed: Type) -> None:
    which = "Sample Plumbing/companycam"
    assert "disabled" in typed("integrations", "--disable", which).output
    assert "disabled" not in typed("integrations", "--enable", which).output


def test_only_the_one_that_was_switched_is_shown(typed: Type) -> None:
    found = json.loads(typed("integrations", "--disable", "Sample Plumbing/companycam", "--json").output)
    assert (found["connector"], found["state"]) == ("companycam", "disabled")


def test_the_remedy_stands_under_the_row(typed: Type) -> None:
    _, row, reason, remedy = typed("integrations", "--disable", "Sample Plumbing/companycam").output.splitlines()
    assert row.split()[-4:][0] == "disabled"
    assert reason == "  An operator switched it off"
    assert remedy.startswith("  -> runner integrations --enable ")


def test_one_is_shown_with_every_move_that_it_made(typed: Type) -> None:
    which = "Sample Plumbing/companycam"
    typed("integrations", "--disable", which)
    told = typed("integrations", which).output
    assert "disabled since" in told
    assert "An operator switched it off (switched-off)" in told
    events = [line.split()[3] for line in told.splitlines() if re.match(r"\d+ +\d{4}-", line)]
    assert events == ["begun", "connected", "switched-off"]
    moves = json.loads(typed("integrations", which, "--json").output)["changes"]
    assert [(one["before"], one["state"]) for one in moves] == [
        (None, "pending"), ("pending", "active"), ("active", "disabled"),
    ]  # fmt: skip


def test_one_that_was_disconnected_is_not_just_switched_on(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    which = "Sample Plumbing/servicetitan"
    assert "disabled" in typed("integrations", "--disconnect", which).output
    assert typed("integrations", "--enable", which).exit_code == output.MISUSE
    assert "was disconnected" in capsys.readouterr().err


def test_the_host_is_told_again_of_a_change(typed: Type) -> None:
    moves = json.loads(typed("integrations", "Sample Plumbing/companycam", "--json").output)["changes"]
    first = str(moves[0]["id"])
    assert typed("replay", "notices", first).output == "1 notice is replayed\n"
    again = json.loads(typed("integrations", "Sample Plumbing/companycam", "--json").output)["changes"]
    assert again[0]["telling"] == "pending"
    assert typed("replay", "notices", "99999").exit_code == output.MISUSE
    assert typed("replay", "notices", "--failed").exit_code == output.FOUND


def test_one_is_removed_when_meant(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    which = "Sample Plumbing/servicetitan"
    assert typed("integrations", "--remove", which).exit_code == output.MISUSE
    assert "servicetitan is removed" in typed("integrations", "--remove", which, "--yes").output
    assert "servicetitan" not in typed("integrations").output


def test_a_pending_one_changes_its_environment(typed: Type) -> None:
    typed("connect", "jobber", "Other")
    made = json.loads(typed("connect", "jobber", "Other", "--environment", "simulated", "--json").output)
    assert (made["environment"], made["state"]) == ("simulated", "pending")


def test_what_nobody_consented_to_is_not_switched_on(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    typed("connect", "jobber", "Other", "--environment", "simulated")
    assert typed("integrations", "--enable", "Other/jobber").exit_code == output.MISUSE
    assert "nobody gave consent" in capsys.readouterr().err


def test_on_and_off_together_are_misuse(typed: Type) -> None:
    assert typed("integrations", "--disable", "a", "--enable", "b").exit_code == output.MISUSE


def test_records_are_json_lines(typed: Type) -> None:
    lines = typed("records", "--kind", "user", "--integration", "Sample Plumbing/companycam").output.splitlines()
    found = [json.loads(line) for line in lines]
    assert len(found) == 6
    assert {one["kind"] for one in found} == {"user"}


def test_records_after_the_last_are_none(typed: Type) -> None:
    assert typed("records", "--after", "1000000").output == ""


def test_deliveries_show_events_and_pushes(typed: Type) -> None:
    found = json.loads(typed("deliveries", "--json").output)
    assert {one["connector"] for one in found["events"]} == {"servicetitan", "jobber", "companycam"}
    assert "done" in {one["state"] for one in found["pushes"]}


def test_nothing_that_failed_to_replay_is_exit_1(typed: Type) -> None:
    result = typed("replay", "events", "--failed")
    assert (result.exit_code, result.output) == (output.FOUND, "0 events are replayed\n")


def test_an_event_is_replayed_by_its_id(typed: Type, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "runner.db")) as database:
        chosen = database.execute("SELECT id FROM events WHERE state = 'done'").fetchone()[0]
    assert typed("replay", "events", chosen).output == "1 event is replayed\n"


@pytest.mark.parametrize("words", [("replay", "records"), ("replay", "events"), ("replay", "pushes", "999999")])
def test_replay_without_a_thing_to_replay_is_misuse(typed: Type, words: tuple[str, ...]) -> None:
    assert typed(*words).exit_code == output.MISUSE


@pytest.mark.parametrize("words", [("sync", "nobody"), ("sync", "Sample Plumbing/jobber", "nothing")])
def test_what_is_not_there_is_misuse(typed: Type, words: tuple[str, ...]) -> None:
    assert typed(*words).exit_code == output.MISUSE


@pytest.mark.parametrize("given", ["{", "[]", "3"])
def test_an_input_that_is_no_object_is_misuse(typed: Type, given: str) -> None:
    assert typed("act", "Sample Plumbing/companycam", "create_project", "--input", given).exit_code == output.MISUSE


def test_an_action_with_a_wrong_input_is_told(typed: Type) -> None:
    result = typed("act", "Sample Plumbing/companycam", "create_project", "--input", '{"nam": "x"}')
    assert result.exit_code == output.FOUND


def test_a_link_is_set_listed_and_removed(typed: Type) -> None:
    source = "Sample Plumbing/servicetitan"
    key = json.loads(typed("records", "--kind", "user", "--integration", source).output.splitlines()[0])["external_id"]
    assert typed("links", "set", source, "user", key, "42").exit_code == output.FINE
    found = json.loads(typed("links", "list", "--integration", source, "--kind", "user", "--json").output)
    assert ("42", "manual") in [(one["host_id"], one["how"]) for one in found if one["external_id"] == key]
    assert typed("links", "remove", source, "user", key).exit_code == output.FINE
    assert typed("links", "remove", source, "user", key).exit_code == output.MISUSE


def test_who_is_missing_is_listed(typed: Type) -> None:
    found = json.loads(typed("links", "unmatched", "--json").output)
    assert all(one["kind"] == "user" and one["first_at"] and "candidates" in one for one in found)
    told = typed("links", "unmatched", "--kind", "user").output
    assert "HOST ID" not in told
    assert ("CANDIDATES" in told) == bool(found)


def test_only_what_waits_is_listed(typed: Type) -> None:
    found = json.loads(typed("deliveries", "--waiting", "--json").output)
    assert {one["state"] for one in found["events"]} <= {"accepted", "failed"}
    assert {one["state"] for one in found["pushes"]} <= {"waiting"}
    assert typed("deliveries", "--waiting", "--failed").exit_code == output.MISUSE


def test_keys_are_rotated(typed: Type) -> None:
    assert "all are sealed with key demo" in typed("keys", "rotate").output


def test_a_key_that_is_in_use_is_not_forgotten(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("keys", "forget", "demo", "--yes").exit_code == output.MISUSE
    assert "it opens what it sealed" in capsys.readouterr().err


@pytest.mark.parametrize("more", [["--set", "nope=1"], ["--environment", "sandbox"], ["--way", "key"], ["jobber"]])
def test_a_link_anew_takes_nothing_that_it_would_leave_out(typed: Type, more: list[str]) -> None:
    assert typed("connect", "--again", "acme/jobber", *more).exit_code == output.MISUSE


def test_doctor_is_content(typed: Type) -> None:
    result = typed("doctor", "--json")
    told = json.loads(result.output)
    assert [one for one in told if not one["fine"]] == []
    assert {"what": "acts", "fine": True, "told": "0 of unknown outcome"}.items() <= next(
        one for one in told if one["what"] == "acts"
    ).items()
    assert result.exit_code == output.FINE


def test_doctor_says_what_to_set(fresh: Type) -> None:
    result = fresh("doctor")
    assert result.exit_code == output.FOUND
    assert "no company has it; set RUNNER_JOBBER_CLIENT_ID, RUNNER_JOBBER_CLIENT_SECRET before" in result.output
    assert "`runner migrate`" in result.output


def test_what_a_used_connector_lacks_is_a_failure(folder: Path, environ: dict[str, str]) -> None:
    del environ["RUNNER_JOBBER_CLIENT_ID"]
    told = {one["what"]: one for one in json.loads(type_in(environ, "doctor", "--json").output)}
    assert told["jobber"]["fine"] is False
    assert "set RUNNER_JOBBER_CLIENT_ID: companies have it" in told["jobber"]["told"]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("RUNNER_CONNECTORS", "/nowhere", "there is no folder /nowhere"),
        ("RUNNER_CONFIG", "/nowhere.yaml", "there is no file /nowhere.yaml"),
        ("RUNNER_LOG", "loud", "RUNNER_LOG: 'loud' is not known"),
        ("RUNNER_ENCRYPTION_KEYS", "k1", "encryption key 1 has no id"),
        ("RUNNER_DATABASE_URL", "sqlite:////nowhere/runner.db", "there is no database at /nowhere/runner.db"),
        ("RUNNER_JOBBER_CLIENT", "x", "did you mean RUNNER_JOBBER_CLIENT_ID?"),
    ],
)
def test_doctor_tells_one_wrong_setting_among_all_rows(
    environ: dict[str, str], variable: str, value: str, words: str
) -> None:
    result = type_in({**environ, variable: value}, "doctor", "--json")
    found = json.loads(result.output)
    assert any(words in one["told"] for one in found if not one["fine"])
    assert {"runner.yaml", "database", "connectors"} <= {one["what"] for one in found}
    assert result.exit_code == output.FOUND


@pytest.mark.parametrize(
    "command", ["status", "integrations", "records", "deliveries", "doctor", "sync a/b", "links list"]
)
def test_looking_makes_no_database(fresh: Type, tmp_path: Path, command: str) -> None:
    assert fresh(*command.split()).exit_code != output.FINE
    assert not (tmp_path / "runner.db").exists()


def test_a_database_that_is_not_there_is_misuse_with_the_remedy(
    fresh: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fresh("status").exit_code == output.MISUSE
    told = capsys.readouterr().err
    assert f"there is no database at {tmp_path / 'runner.db'}" in told
    assert "`runner migrate`" in told


def test_migrating_twice_changes_nothing(fresh: Type) -> None:
    assert fresh("migrate").output.endswith("is up to date\n")
    assert fresh("migrate").output.endswith("was up to date already\n")


def test_a_house_without_integrations_says_what_to_do(fresh: Type) -> None:
    fresh("migrate")
    assert "no integrations; `runner connect` makes one" in fresh("status").output


def test_a_new_key_is_one_that_the_settings_take(fresh: Type) -> None:
    made = fresh("keys", "new", "k7").output.strip()
    assert type_in({"RUNNER_ENCRYPTION_KEYS": made}, "keys", "new").exit_code == output.FINE
    assert re.fullmatch(r"k7:[A-Za-z0-9+/]{43}=", made)


def test_a_key_with_a_wrong_id_is_misuse(fresh: Type) -> None:
    assert fresh("keys", "new", "a:b").exit_code == output.MISUSE


def test_what_is_missing_is_left_to_the_link(fresh: Type) -> None:
    made = json.loads(fresh("connect", "companycam", "acme", "--json").output)
    assert made["state"] == "pending"
    assert made["authorize_url"].startswith("http://127.0.0.1:8080/oauth/companycam/authorize?ticket=")


def test_connecting_where_consent_is_needed_prints_the_link(typed: Type) -> None:
    result = typed("connect", "jobber", "Other Company", "--environment", "simulated")
    assert result.exit_code == output.FINE, result.output
    assert "http://127.0.0.1:8080/oauth/jobber/authorize?ticket=" in result.output


def test_a_hostile_place_to_go_back_to_makes_nothing(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("connect", "jobber", "Tricked", "--redirect-to", "//evil.example")
    assert typed(*words).exit_code == output.MISUSE
    assert "redirect_to" in capsys.readouterr().err
    assert "Tricked" not in typed("integrations").output


def test_another_link_is_made_for_one_that_works(typed: Type) -> None:
    result = typed("connect", "--again", "Sample Plumbing/jobber")
    assert result.exit_code == output.FINE, result.output
    assert "/oauth/jobber/authorize?ticket=" in result.output


@pytest.mark.parametrize("words", [(), ("jobber",), ("jobber", "acme", "--again", "acme/jobber")])
def test_connect_says_what_it_wants(typed: Type, words: tuple[str, ...]) -> None:
    assert typed("connect", *words).exit_code == output.MISUSE


def test_a_setting_may_stand_in_a_file(fresh: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "token").write_text("not e-mail\n", encoding="utf-8")
    given = ("--set", f"act_as=@{tmp_path / 'token'}", "--set", "access_token=x")
    assert fresh("connect", "companycam", "acme", *given).exit_code == output.MISUSE
    told = capsys.readouterr().err
    assert "Act as" in told
    assert "not e-mail" not in told


@pytest.mark.parametrize("pair", ["access_token", "=x", "access_token=@/nowhere"])
def test_a_setting_that_is_none_is_misuse(fresh: Type, pair: str) -> None:
    assert fresh("connect", "companycam", "acme", "--set", pair).exit_code == output.MISUSE


def test_no_secret_is_ever_shown(typed: Type) -> None:
    told = "".join(
        typed(*words).output
        for words in (("status", "--json"), ("integrations", "--json"), ("deliveries", "--json"), ("doctor", "--json"))
    )
    assert not any(secret in told for secret in ("companycam-token", "servicetitan-secret", "jobber-secret"))


def test_a_simulator_that_nobody_made_is_misuse(fresh: Type) -> None:
    assert fresh("simulate", "nobody").exit_code == output.MISUSE


def test_both_modules_are_registered() -> None:
    assert "runner.cli.operate" in MODULES


def test_a_schedule_stands_still_until_it_is_resumed(typed: Type) -> None:
    assert typed("pause", "Sample Plumbing/jobber", "clients").output == "Sample Plumbing/jobber: paused: clients\n"
    assert re.search(r"jobber +clients +\w+( ran)?, paused", typed("status").output)
    assert typed("resume", "Sample Plumbing/jobber").output == "Sample Plumbing/jobber: no schedule is paused\n"
    assert not re.search(r"jobber +\w+ +\w+( ran)?, paused", typed("status").output)


def test_a_sync_that_is_not_there_cannot_be_paused(typed: Type) -> None:
    told = typed("pause", "Sample Plumbing/jobber", "dreams")
    assert told.exit_code == 2
