"""What deploy/ says is true of this version: commands, options, variables, ports, paths, and files that are copied."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.connector.library import Connectors
from runner.connector.loader import load_config
from runner.connector.scope import app_fields, variable_of
from runner.service.settings import VARIABLES
from tests.partners import ROOT
from tests.test_readme import COMMANDS

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: found for name, found in SERVICES.items() if str(found.get("image", "")).startswith("runner:")}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
PORT = "8080"


def known_variables() -> set[str]:
    connectors = Connectors(ROOT / "connectors").all()
    apps = {variable_of(one, field, None) for one in connectors for field in app_fields(one)}
    return {one.name for one in VARIABLES} | apps


def is_a_command(words: list[str]) -> bool:
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    return words[0] in COMMANDS and options <= COMMANDS[words[0]]


def unit(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^([A-Za-z]+)=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_there_are_two_of_each() -> None:
    commands = sorted(found["command"][0] for found in OURS.values())
    assert commands == ["migrate", "serve", "serve", "worker", "worker"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_a_container_runs_is_a_command_of_ours(name: str) -> None:
    assert is_a_command(OURS[name]["command"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_container_of_ours_has_no_rights_to_lose(name: str) -> None:
    found = OURS[name]
    assert found["user"] == "10001:10001"
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in found["security_opt"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_container_is_made_of_is_there_and_named_exactly(name: str) -> None:
    found = SERVICES[name]
    assert re.fullmatch(r"[a-z]+:\d+\.\d+[\w.-]*", found["image"])
    assert all((DEPLOY / f"{one}.example").is_file() for one in found["env_file"])
    mounted = [one.split(":")[0] for one in found.get("volumes", [])]
    assert all((DEPLOY / one).is_file() if one.startswith("./") else one in COMPOSE["volumes"] for one in mounted)
    assert set(found["networks"]) <= COMPOSE["networks"].keys()
    assert found["depends_on"].keys() <= SERVICES.keys() if "depends_on" in found else True


def test_nothing_begins_before_the_database_is_migrated() -> None:
    for found in OURS.values():
        waits = {name: one["condition"] for name, one in found["depends_on"].items()}
        assert waits["postgres"] == "service_healthy"
        assert found["command"] == ["migrate"] or waits["migrate"] == "service_completed_successfully"


def test_the_database_is_on_no_network_that_leaves_the_machine() -> None:
    assert SERVICES["postgres"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_there_is_time_to_end_in_order() -> None:
    config = load_config(DEPLOY / "runner.yaml")
    seconds = config.serve.leave_after.total_seconds() + 2 * 10
    for found in OURS.values():
        assert int(found["stop_grace_period"].removesuffix("s")) >= seconds
    for path in UNITS[1:]:
        assert int(unit(path)["TimeoutStopSec"][0]) >= seconds


def test_the_proxy_knows_each_web_process_and_asks_whether_it_is_ready() -> None:
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    webs = [name for name, found in OURS.items() if found["command"][0] == "serve"]
    (upstreams,) = re.findall(r"reverse_proxy (.+) \{", caddy)
    assert upstreams.split() == [f"{name}:{PORT}" for name in webs]
    assert "health_uri /readyz" in caddy
    ports = [
        found["command"][found["command"].index("--port") + 1] for found in OURS.values() if "serve" in found["command"]
    ]
    assert set(ports) == {PORT}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_what_a_unit_runs_is_a_command_of_ours(path: Path) -> None:
    (line,) = unit(path)["ExecStart"]
    program, *words = shlex.split(line)
    assert program == "/opt/runner/bin/runner"
    assert is_a_command(words)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault(path: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze on this machine")
    for one in UNITS:
        text = one.read_text(encoding="utf-8").replace("/opt/runner/bin/runner", shutil.which("true") or "")
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    result = subprocess.run([program, "verify", tmp_path / path.name], capture_output=True, text=True, check=False)
    ours = [line for line in result.stderr.splitlines() if path.name in line]  # it tells of the machine's own units too
    assert [line for line in ours if "ignoring" in line or "Failed" in line] == []


def test_every_variable_is_one_that_the_runner_reads() -> None:
    texts = [DOCKERFILE, *(path.read_text(encoding="utf-8") for path in [*UNITS, *DEPLOY.glob("*.env.example")])]
    named = {name for text in texts for name in re.findall(r"\b(RUNNER_[A-Z_]+)=", text)}
    assert named >= {"RUNNER_DATABASE_URL", "RUNNER_ENCRYPTION_KEYS", "RUNNER_CONFIG"}
    assert named <= known_variables()


def test_an_example_holds_no_secret() -> None:
    text = (DEPLOY / "runner.env.example").read_text(encoding="utf-8")
    values = dict(re.findall(r"^(RUNNER_\w+)=(.*)$", text, re.MULTILINE))
    secret = {one.name for one in VARIABLES if one.secret} | {name for name in values if name.endswith("SECRET")}
    assert {name: values[name] for name in secret & values.keys()} == dict.fromkeys(secret & values.keys(), "")


def test_what_the_image_copies_is_there_and_not_left_out() -> None:
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]
    ]
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert len(copied) >= 6
    assert [name for name in copied if not (ROOT / name.removeprefix("./")).exists()] == []
    assert {f"!{name}" for name in copied} <= set(ignored)


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    (command,) = re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)
    assert is_a_command(yaml.safe_load(command))
    assert re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE) == [PORT]


def test_nginx_knows_the_ports_that_the_unit_names() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    first = (DEPLOY / "systemd/runner-web@.service").read_text(encoding="utf-8").partition("\n")[0]
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", nginx) == re.findall(r"runner-web@(\d+)", first)


NGINX = """
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def test_nginx_finds_no_fault(tmp_path: Path) -> None:
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("there is no nginx on this machine")
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    plain = re.sub(r"^\s*ssl_\w+ .*$", "", site.replace(" ssl;", ";"), flags=re.MULTILINE)  # there is no certificate
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, site=plain), encoding="utf-8")
    command = [program, "-t", "-q", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0
