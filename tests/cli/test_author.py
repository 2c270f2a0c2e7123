"""The analyst's commands, run in a folder of their own."""

from __future__ import annotations

import hmac
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_group

from runner.cli import author
from runner.cli.main import main

REPOSITORY = Path(__file__).parents[2]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a new folder; its exit code and output. `given` is standard input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNNER_CONNECTORS", raising=False)

    def command(*arguments: str, given: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        shown = capsys.readouterr()
        return int(end.value.code or 0), shown.out + shown.err

    return command


@pytest.fixture
def acme(run: Run, tmp_path: Path) -> Path:
    """The connector that `runner new acme` writes."""
    assert run("new", "acme")[0] == 0
    return tmp_path / "connectors" / "acme.yaml"


def test_new_connector_passes_everything(run: Run, acme: Path) -> None:
    assert [run(command)[0] for command in ("validate", "lint")] == [0, 0]
    assert run("fmt", "--check") == (0, "1 file, none to lay out\n")


def test_new_says_what_is_next(run: Run) -> None:
    assert run("new", "best")[1].splitlines()[-1] == (
        "next: runner validate connectors/best.yaml, then runner test best --update, then runner docs"
    )


def test_validate_says_when_records_are_not_checked(run: Run, acme: Path) -> None:
    code, said = run("validate")
    assert (code, said) == (
        0,
        "1 file, no findings; no schemas/records, so kinds and fields of records are not checked\n",
    )


def test_validate_prints_findings_and_ends_with_1(run: Run, acme: Path) -> None:
    acme.write_text(acme.read_text().replace("cursor:", "curser:"))
    code, said = run("validate", str(acme))
    assert code == 1
    assert said.splitlines()[:4] == [
        f"{acme}:39:5: unknown-field: `curser` is not a key of `processors.job`",
        "    did you mean `cursor`?",
        "   39 |     curser: updated_at",
        "            ^",
    ]


def test_validate_for_github(run: Run, acme: Path) -> None:
    acme.write_text(acme.read_text().replace("cursor:", "curser:"))
    _, said = run("validate", "connectors/acme.yaml", "--format", "github")
    assert said.startswith("::error file=connectors/acme.yaml,line=39,col=5,title=unknown-field::`curser` is not a key")


def test_validate_reads_standard_input(run: Run, acme: Path) -> None:
    code, said = run("validate", "-", "--format", "json", given="connector: acme\n")
    assert code == 1
    assert json.loads(said)[0]["file"] == "<stdin>"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["validate", "acme.yml"], "runner: there is no file acme.yml (check the path)\n"),
        (["validate", "--format", "xml"], "runner: there is no format `xml` (there are: pretty, json, github)\n"),
        (["map", "acme", "jb", "-"], "runner: acme has no processor `jb` (did you mean `job`?)\n"),
        (["map", "acme", "job", "no"], "runner: there is no file no (check the path, or give - for standard input)\n"),
        (["test", "acm"], "runner: there is no connector `acm` in connectors (did you mean `acme`?)\n"),
        (["new", "A"], "runner: `A` cannot be a connector's name (small letters, digits and _: acme_crm)\n"),
    ],
)
def test_misuse_is_one_line(arguments: list[str], said: str, run: Run, acme: Path) -> None:
    assert run(*arguments) == (2, said)


def test_folder_means_the_connectors_in_it(run: Run, acme: Path) -> None:
    assert run("fmt", "connectors", "--check") == (0, "1 file, none to lay out\n")


def test_validate_without_connectors_is_misuse(run: Run) -> None:
    code, said = run("validate")
    assert (code, said) == (2, "runner: there are no connectors in connectors (set RUNNER_CONNECTORS, or name files)\n")


def test_map_prints_the_record(run: Run, acme: Path) -> None:
    code, said = run("map", "acme", "job", given='{"id": 7, "name": " Boiler ", "status": "archived"}')
    assert code == 0
    assert json.loads(said)["record"] == {
        "kind": "project",
        "id": "7",
        "version": None,
        "inactive": True,
        "fields": {"number": None, "name": "Boiler", "updated_at": None},
    }


def test_map_of_a_list_gives_a_list(run: Run, acme: Path) -> None:
    code, said = run("map", "acme", "job", given='[{"id": 7}, {"id": 8}]')
    assert (code, [one["record"]["id"] for one in json.loads(said)]) == (0, ["7", "8"])


def test_map_of_lines_gives_lines(run: Run, acme: Path) -> None:
    code, said = run("map", "acme", "job", "--ndjson", given='{"id": 7}\n\n{"id": 8}\n')
    assert (code, [json.loads(line)["outcome"] for line in said.splitlines()]) == (0, ["record", "record"])


def test_map_of_lines_takes_a_list_apart(run: Run, acme: Path) -> None:
    code, said = run("map", "acme", "job", "--ndjson", given='\n [{"id": 7},\n {"id": 8}]')
    assert (code, [json.loads(line)["record"]["id"] for line in said.splitlines()]) == (0, ["7", "8"])


def test_map_of_lines_says_what_went_well_before_a_line_that_is_no_json(run: Run, acme: Path) -> None:
    code, said = run("map", "acme", "job", "--ndjson", given='\n{"id": 7}\n{"id"')
    assert code == 2
    assert said.splitlines()[0].startswith('{"outcome":"record"')
    assert "runner: -:3:6: not JSON:" in said


def test_map_ends_with_1_when_quarantined(run: Run, acme: Path) -> None:
    code, said = run("map", "acme", "job", given="{}")
    assert code == 1
    assert json.loads(said)["flaws"][0]["place"] == "connectors/acme.yaml:38:9"


def test_map_explains_in_a_table_through_a_pipe_too(run: Run, acme: Path) -> None:
    _, said = run("map", "acme", "job", "--explain", given='{"id": 7}')
    assert said.startswith("outcome: record\n")


def test_a_connector_is_taken_by_its_name(run: Run, acme: Path) -> None:
    assert run("fmt", "acme", "--check") == (0, "1 file, none to lay out\n")
    code, said = run("lint", "acme")
    assert (code, "few-examples" in said) == (0, True)


def test_a_name_that_is_none_is_told(run: Run, acme: Path) -> None:
    code, said = run("fmt", "acmee")
    assert code == 2
    assert "there is no connector `acmee`" in said
    assert "did you mean `acme`?" in said


def test_map_explains_nulls(run: Run, acme: Path) -> None:
    _, said = run("map", "acme", "job", "--explain", "--json", given='{"id": 7}')
    why = {one["part"]: one["why"] for one in json.loads(said)["explained"]}
    assert why["fields.name"] == "the payload has no key `name`"


@pytest.mark.parametrize(("given", "where"), [("{", "-:1:2"), ('{"id": 7}\n{"id": 8}', "-:2:1")])
def test_map_of_what_is_no_json_is_misuse(given: str, where: str, run: Run, acme: Path) -> None:
    code, said = run("map", "acme", "job", given=given)
    assert code == 2
    assert said.startswith(f"runner: {where}: not JSON:")


def test_fmt_writes_shows_and_checks(run: Run, acme: Path) -> None:
    wanted = acme.read_text()
    acme.write_text(wanted.replace("connector: acme\ntitle: Acme\n", "title: Acme\nconnector: acme\n"))
    assert run("fmt", "--check")[0] == 1
    code, said = run("fmt", "--diff")
    assert (code, said.count("\n-"), said.count("\n+")) == (0, 1, 2)
    assert run("fmt") == (0, "laid out connectors/acme.yaml\n1 file, 1 changed\n")
    assert acme.read_text() == wanted


def test_fmt_of_standard_input_prints_it(run: Run) -> None:
    assert run("fmt", "-", given="title:   A\nconnector: a\n") == (0, "connector: a\ntitle: A\n")


def test_fmt_leaves_what_it_cannot_read(run: Run, acme: Path) -> None:
    acme.write_text("? a\n: b\n")
    code, said = run("fmt")
    assert code == 1
    assert "unformatted: the file stays as it is" in said
    assert acme.read_text() == "? a\n: b\n"


def test_schema_is_written_and_drift_is_named(run: Run) -> None:
    assert run("schema", "--check")[0] == 1
    assert run("schema")[0] == 0
    assert run("schema", "--check") == (0, "2 files are up to date\n")
    Path("schemas/connector.schema.json").write_text("{}")
    code, said = run("schema", "--check")
    assert (code, said) == (
        1,
        "schemas/connector.schema.json is not what the code says (run `runner schema` and commit it)\n",
    )


def test_review_is_a_page_or_json(run: Run, acme: Path) -> None:
    assert run("review", "acme")[1].startswith("Acme (acme)  https://developer.example.com\nauth: bearer\n")
    assert json.loads(run("review", "acme", "--json")[1])["title"] == "Acme"


def shell(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from runner.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True)


def test_cases_are_pinned_then_compared(run: Run, acme: Path, tmp_path: Path) -> None:
    assert shell(tmp_path, "test").returncode == 1
    first = shell(tmp_path, "test", "acme", "--update")
    assert first.returncode == 0, first.stdout
    assert '+  "outcome": "record",' in first.stdout
    assert (tmp_path / "tests/snapshots/acme/job.typical.json").exists()
    assert shell(tmp_path, "test").returncode == 0
    acme.write_text(acme.read_text().replace("trim(name)", "upper(name)"))
    changed = shell(tmp_path, "test")
    assert changed.returncode == 1
    assert '+      "name": "WATER HEATER",' in changed.stdout


def test_connector_with_findings_is_told_before_its_cases(run: Run, acme: Path) -> None:
    acme.write_text(acme.read_text().replace("cursor:", "curser:"))
    code, said = run("test")
    assert (code, said.partition(": `")[0]) == (1, "connectors/acme.yaml:39:5: unknown-field")


def test_snapshot_without_example_fails_and_update_removes_it(run: Run, acme: Path, tmp_path: Path) -> None:
    left = tmp_path / "tests/snapshots/acme/job.gone.json"
    left.parent.mkdir(parents=True)
    left.write_text("{}")
    assert shell(tmp_path, "test", "--update").returncode == 0
    assert not left.exists()


def test_a_project_s_own_conftest_is_none_of_its_business(acme: Path, tmp_path: Path) -> None:
    assert acme.exists()
    (tmp_path / "tests").mkdir(exist_ok=True)
    (tmp_path / "tests/conftest.py").write_text("import no_such_module\n")
    assert shell(tmp_path, "test", "--update").returncode == 0


def examples() -> list[str]:
    """Every line below `Example:` in the help of an analyst's command."""
    commands = get_group(author.app).commands.values()
    lines = [
        line.strip() for command in commands for line in (command.help or "").partition("Example:")[2].splitlines()
    ]
    return [line for line in lines if line]


def test_every_command_has_an_example() -> None:
    assert {line.split()[1] for line in examples()} == set(get_group(author.app).commands)


@pytest.mark.parametrize("line", examples())
def test_example_runs(line: str, run: Run, tmp_path: Path) -> None:
    for name in ("connectors", "schemas", "docs/reference", "tests/snapshots"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    shutil.copy(REPOSITORY / "runner.yaml", tmp_path)
    words = line.split()[1:]
    if words[1:] == ["--check"] and words[0] in ("schema", "docs"):
        assert run(words[0])[0] == 0
    if words[0] == "test":  # is a run of pytest, which wants a process of its own
        ran = shell(tmp_path, *words)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    else:
        code, said = run(*words)
        assert code == 0, said


HOOKS = """webhooks:
  verify: {type: hmac, header: X-Acme, secret: settings.api_key}
  events: {split: '@', id: id, type: type}
  on: {'*': {do: drop, because: none}}
"""
VECTOR = "  vector: {secret: s, headers: {X-Acme: x}, body: b}\n"


@pytest.mark.parametrize("hooks", [f"{HOOKS}{VECTOR}\nsyncs:", f"{HOOKS}\nsyncs:"], ids=["another", "the-first"])
def test_a_body_is_signed_for_the_connector(run: Run, acme: Path, tmp_path: Path, hooks: str) -> None:
    acme.write_text(acme.read_text().replace("syncs:", hooks))
    (tmp_path / "body.json").write_bytes(b'{"id": 1}')
    code, said = run("sign", "acme", "--body", str(tmp_path / "body.json"), "--secret", "s")
    digest = hmac.new(b"s", b'{"id": 1}', "sha256").hexdigest()
    assert (code, said) == (
        0,
        f"  vector:\n    secret: s\n    headers:\n      X-Acme: {digest}\n    body: '{{\"id\": 1}}'\n",
    )


def test_what_is_wrong_beside_the_signature_is_told_before_it_is_signed(run: Run, acme: Path, tmp_path: Path) -> None:
    acme.write_text(acme.read_text().replace("syncs:", f"{HOOKS.replace('events', 'evnts')}\nsyncs:"))
    (tmp_path / "body.json").write_bytes(b"{}")
    code, said = run("sign", "acme", "--body", str(tmp_path / "body.json"))
    assert code == 1
    assert "did you mean `events`" in said
    assert "vector" not in said


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--body", "nowhere.json"), "nowhere.json cannot be read"),
        (("--body", "body.json", "--header", "X"), "`X` is no header"),
        (("--body", "body.json", "--at", "soon"), "`soon` is no time"),
    ],
)
def test_what_cannot_be_signed_is_misuse(run: Run, acme: Path, tmp_path: Path, more: tuple[str, ...], why: str) -> None:
    (tmp_path / "body.json").write_bytes(b"{}")
    given = [str(tmp_path / one) if one == "body.json" else one for one in more]
    code, said = run("sign", "acme", *given)
    assert code == 2
    assert why in said
