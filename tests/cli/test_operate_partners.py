"""The operator's commands that call partners: simulated ones, that listen in a thread beside the test."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from runner.authoring.simulate.server import Running, start
from runner.cli import output
from tests.cli.test_operate import KEY, Type, type_in
from tests.partners import APPS, ROOT, SETTINGS


@pytest.fixture(scope="module")
def partners() -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    options = {"servicetitan": {"size": 20}, "companycam": {"size": 0}, "housecallpro": {"size": 2}}
    opening = start(list(options), first_port=0, post=False, **options)
    running = asyncio.run_coroutine_threadsafe(opening, loop).result(20)
    yield running
    asyncio.run_coroutine_threadsafe(running.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def typed(partners: Running, tmp_path: Path) -> Type:
    titan, cam = partners.urls["servicetitan"], partners.urls["companycam"]
    config = {
        "environments": {
            "servicetitan": {"simulated": {"api": titan, "auth": titan}},
            "companycam": {"simulated": {"api": f"{cam}/v2"}},
            "housecallpro": {"simulated": dict.fromkeys(("app", "api"), partners.urls["housecallpro"])},
        },
        "allow_hosts": ["127.0.0.1"],
    }
    (tmp_path / "runner.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    environ = {
        "RUNNER_DATABASE_URL": f"sqlite:///{tmp_path / 'runner.db'}",
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_CONFIG": str(tmp_path / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
        "RUNNER_SERVICETITAN_APP_KEY": APPS["servicetitan"]["app_key"].reveal(),  # type: ignore[attr-defined]
        "RUNNER_SERVICETITAN_WEBHOOK_KEY": "a-key-that-signs-nothing-here-at-all",
    }
    return lambda *words: type_in(environ, *words)


def connect(typed: Type, connector: str, *more: str, **changed: str) -> int:
    """Connect company acme; the exit code."""
    settings = {**SETTINGS[connector], **changed}
    given = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    return typed("connect", connector, "acme", "--environment", "simulated", *given, *more).exit_code


def test_a_sync_is_run_and_its_figures_are_shown(typed: Type, partners: Running) -> None:
    assert connect(typed, "servicetitan") == output.FINE
    found = json.loads(typed("sync", "acme/servicetitan", "jobs", "--json").output)
    size = len(partners.partners["servicetitan"].table("jobs"))
    assert [(run["sync"], run["state"], run["created"]) for run in found] == [("jobs", "done", size)]


def test_a_full_sync_of_what_is_known_changes_nothing(typed: Type) -> None:
    connect(typed, "servicetitan")
    typed("sync", "acme/servicetitan", "technicians")
    found = json.loads(typed("sync", "acme/servicetitan", "technicians", "--full", "--json").output)
    assert (found[0]["created"], found[0]["changed"], found[0]["unchanged"] > 0) == (0, 0, True)


def test_a_log_gets_a_line_for_the_first_page(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    connect(typed, "servicetitan")
    result = typed("sync", "acme/servicetitan", "technicians")
    assert "technicians: " in result.output + capsys.readouterr().err


def test_an_action_prints_what_is_kept(typed: Type, partners: Running) -> None:
    assert connect(typed, "companycam") == output.FINE
    result = typed("act", "acme/companycam", "create_project", "--input", '{"name": "Oak Street 12"}')
    assert json.loads(result.output)["id"] in [row["id"] for row in partners.partners["companycam"].table("projects")]


def test_a_file_of_this_machine_is_sent(typed: Type, partners: Running, tmp_path: Path) -> None:
    given = ("--environment", "simulated", "--way", "key", "--set", "api_key=housecallpro-company-key")
    assert typed("connect", "housecallpro", "acme", *given).exit_code == output.FINE
    (path := tmp_path / "roof.png").write_bytes(b"x" * 100_000)
    job = next(iter(partners.partners["housecallpro"].table("jobs")))["id"]
    act = ("act", "acme/housecallpro", "attach_file", "--input", json.dumps({"job_id": job}), "--file")
    for text in (str(path), f"file={path}"):
        made = json.loads(typed(*act, text).output)
        held = partners.partners["housecallpro"].table("jobs").row(job)["attachments"][-1]
        assert (held["id"], held["file_name"], held["file_size"]) == (made["id"], "roof.png", 100_000)
    assert typed(*act, str(tmp_path / "none")).exit_code == output.FOUND
    assert "`fil` is no input that takes a file (did you mean `file`?)" in typed(*act, f"fil={path}").output
    refused = typed("act", "acme/housecallpro", "add_note", "--file", str(path))
    assert (refused.exit_code, "no input of the action takes a file" in refused.output) == (output.MISUSE, True)


def test_a_credential_that_the_partner_refuses_is_exit_1_with_the_reason(typed: Type) -> None:
    assert connect(typed, "companycam", access_token="wrong") == output.FOUND
    shown = json.loads(typed("integrations", "--json").output)
    assert (shown[0]["state"], bool(shown[0]["reason"]["remedy"])) == ("error", True)


def test_a_second_integration_of_a_company_is_refused(typed: Type) -> None:
    connect(typed, "companycam")
    assert connect(typed, "companycam") == output.FOUND


def test_a_sync_that_heals_an_integration_says_so(
    typed: Type, partners: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(typed, "servicetitan")
    partners.partners["servicetitan"].fail_next(1, 403, on="/jobs")
    assert typed("sync", "acme/servicetitan", "jobs").exit_code == output.FOUND
    result = typed("sync", "acme/servicetitan", "jobs")
    assert "acme/servicetitan was in error and is active again" in result.output + capsys.readouterr().err


def test_a_sync_of_one_that_is_switched_off_says_how_to_switch_it_on(
    typed: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(typed, "servicetitan")
    typed("integrations", "--disable", "acme/servicetitan")
    assert typed("sync", "acme/servicetitan", "jobs").exit_code == output.FOUND
    assert "`runner integrations --enable`" in capsys.readouterr().err


def test_simulating_on_a_port_that_is_taken_is_one_line(
    typed: Type, partners: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    port = partners.urls["companycam"].rpartition(":")[2]
    assert typed("simulate", "companycam", "--first-port", port).exit_code == output.MISUSE
    assert "cannot listen on 127.0.0.1:" in capsys.readouterr().err


def test_the_actions_of_a_connector_are_listed_with_their_input(typed: Type) -> None:
    connect(typed, "companycam")
    rows = typed("act", "acme/companycam").output.splitlines()
    assert any(line.startswith("create_project ") and " name [address]" in line for line in rows)
    found = {one["name"]: one for one in json.loads(typed("act", "acme/companycam", "--json").output)}
    assert found["archive_project"]["input"]["required"] == ["id"]


def test_the_same_key_does_an_action_once(typed: Type, partners: Running) -> None:
    connect(typed, "companycam")
    words = (
        "act",
        "acme/companycam",
        "create_project",
        "--input",
        '{"name": "Oak Street 12"}',
        "--key",
        "k1",
        "--json",
    )
    first, second = json.loads(typed(*words).output), json.loads(typed(*words).output)
    assert (first["result"], first["repeated"], second["repeated"]) == (second["result"], False, True)
    (past,) = json.loads(typed("act", "acme/companycam", "--past", "--json").output)
    assert (past["key"], past["state"], past["made_id"]) == ("k1", "done", first["result"]["id"])


def test_a_refusal_by_the_partner_is_exit_1_in_its_own_words(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    connect(typed, "companycam")
    result = typed("act", "acme/companycam", "archive_project", "--input", '{"id": "1"}')
    assert result.exit_code == output.FOUND
    assert "Record not found" in result.output + capsys.readouterr().err
