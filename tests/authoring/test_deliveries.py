from __future__ import annotations

import pytest

from runner.authoring.folders import Folders, Source
from runner.authoring.validation import validate

ACTION = """
actions:
  make:
    input: {name: {title: Name}, note: {required: false}}
    post: /jobs
    json: {name: "{{ input.name }}"}
  change:
    input: {id: {}, name: {}}
    put: "/jobs/{{ input.id }}"
    json: {name: "{{ input.name }}"}
"""
RULE = """deliver:
  jobs:
    record: project
    from: [acme]
    to: host
    include: {location: {record: project, field: location}}
    links: {other: {record: project, id: location, match: name}}
    input: {name: name, note: description}
    create: make
    update: change
"""


WAYS = """deliver:
  jobs:
    record: project
    from: [acme]
    to: host
    input: {name: name, note: description}
    theirs: {name: name, note: description}
    on_conflict: {name: newest_wins, note: host_wins}
    create: make
    update: change
    back: {update: alter, input: {title: name}}
"""
ALTER = """
actions:
  alter:
    input: {id: {}, title: {}}
    put: "/jobs/{{ input.id }}"
    json: {title: "{{ input.title }}"}
"""


@pytest.fixture
def two(bench: Folders) -> Folders:
    """A second connector that takes what the first makes."""
    text = (bench.connectors / "acme.yaml").read_text()
    (bench.connectors / "host.yaml").write_text(text.replace("connector: acme", "connector: host") + ACTION)
    return bench


def test_rule_without_findings(two: Folders) -> None:
    assert validate([Source("runner.yaml", RULE)], two) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("from: [acme]", "from: [acm]", "4:12: unknown-connector: there is no connector `acm` (did you mean `acme`?)"),
        ("to: host", "to: hots", "5:9: unknown-connector: there is no connector `hots` (did you mean `host`?)"),
        ("create: make", "create: mak", "9:13: unknown-action: there is no action `mak` (did you mean `make`?)"),
        (
            "note: description",
            "nte: description",
            "8:25: unknown-input: no action of this rule takes `nte` (did you mean `note`?)",
        ),
        (
            "input: {name: name, note: description}",
            "input: {note: description}",
            "9:13: missing-input: the action `make` needs `name` (add `name: <expression>` to `input`)",
        ),
        (
            "record: project\n",
            "record: user\n",
            "3:13: unknown-record: no processor of acme makes records of kind user (there is: project)",
        ),
        (
            "record: project, field",
            "record: usr, field",
            "6:34: unknown-record: there is no kind of record `usr` (did you mean `user`?)",
        ),
        (
            "field: location",
            "field: locaton",
            "6:50: unknown-record-field: a record of kind project has no field `locaton` (did you mean `location`?)",
        ),
        (
            "match: name",
            "match: nam",
            "7:59: unknown-record-field: a record of kind project has no field `nam` (did you mean `name`?)",
        ),
    ],
)
def test_name_that_leads_nowhere(old: str, new: str, said: str, two: Folders) -> None:
    assert old in RULE
    found = [str(finding) for finding in validate([Source("runner.yaml", RULE.replace(old, new, 1))], two)]
    assert f"runner.yaml:{said}" in found


def test_environment_with_other_keys(two: Folders) -> None:
    text = "environments: {host: {simulated: {ap: http://127.0.0.1}}, nobody: {}}\n"
    found = [f"{finding.code}: {finding.message}" for finding in validate([Source("runner.yaml", text)], two)]
    assert found == [
        "uneven-environments: the environment `simulated` has `ap`, unlike those of host",
        "uneven-environments: the environment `simulated` lacks `api`, unlike those of host",
        "unknown-connector: there is no connector `nobody`",
    ]


def test_connector_with_findings_of_its_own_adds_none_here(two: Folders) -> None:
    (two.connectors / "host.yaml").write_text("connector: host\n")
    assert validate([Source("runner.yaml", RULE)], two) == []


OUTLET = """deliver:
  projects:
    record: project
    from: [acme]
    to: archive
  sites:
    record: project
    from: [acme]
    to: archive
    after: {projects: location}
destinations:
  archive: {type: jsonl, path: out.jsonl}
"""


def test_a_rule_to_a_destination_needs_no_actions(two: Folders) -> None:
    assert validate([Source("runner.yaml", OUTLET)], two) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "to: archive\n  sites",
            "to: archiv\n  sites",
            "unknown-connector: there is no connector or destination `archiv`",
        ),
        ("to: archive\n  sites", "to: archive\n    create: make\n  sites", "6:5: not-for-destination: `archive` is no"),
        ("to: archive\n  sites", "to: host\n  sites", "2:3: missing-field: the rule brings records to the connector"),
        ("after: {projects", "after: {project", "10:13: wrong-order: no rule `project` comes before this one (did you"),
        ("after: {projects", "after: {sites", "10:13: wrong-order: no rule `sites` comes before this one (write that"),
        ("  archive: {", "  host: {type: jsonl, path: x}\n  archive: {", "12:3: taken-name: `host` is a connector"),
        (
            "  archive: {",
            "  hots: {type: connector}\n  archive: {",
            "12:3: unknown-connector: there is no connector `hots`",
        ),
    ],
)
def test_what_does_not_fit_a_destination_is_found(two: Folders, old: str, new: str, said: str) -> None:
    assert OUTLET.count(old) == 1
    found = [str(one) for one in validate([Source("runner.yaml", OUTLET.replace(old, new))], two)]
    assert any(said in one for one in found), found


def test_nobody_waits_for_a_rule_to_another_destination(two: Folders) -> None:
    text = OUTLET.replace("to: archive\n  sites", "to: other\n  sites") + "  other: {type: table}\n"
    (found,) = validate([Source("runner.yaml", text)], two)
    assert "wrong-order: the rule `projects` brings its records elsewhere: to `other`" in str(found)


class TestTwoWay:
    @pytest.fixture
    def ways(self, two: Folders) -> Folders:
        """The first connector has an action of its own."""
        file = two.connectors / "acme.yaml"
        file.write_text(file.read_text() + ALTER)
        return two

    def test_rule_without_findings(self, ways: Folders) -> None:
        assert validate([Source("runner.yaml", WAYS)], ways) == []

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("{name: newest_wins,", "{nam: newest_wins,", "unknown-input: `nam` is no input of this rule"),
            ("theirs: {name: name,", "theirs: {name: name, x: name,", "unknown-input: `x` is no input of this rule"),
            ("theirs: {name: name,", "theirs: {name: nmae,", "a record of kind project has no field `nmae`"),
            (
                "theirs: {name: name, note: description}",
                "theirs: {name: name}",
                "no-theirs: `host_wins` needs to know what host has (add `theirs: {note: <expression>}`)",
            ),
            ("update: alter", "update: altr", "unknown-action: acme has no action `altr` (did you mean `alter`?)"),
            ("{title: name}", "{titel: name}", "unknown-input: the action `alter` of acme takes no `titel`"),
            ("{title: name}", "{}", "missing-input: the action `alter` of acme needs `title`"),
            ("{title: name}", "{title: description}", "unknown-input: `back` reads `description`, which is no input"),
            ("    from: [acme]\n", "", "half-way-back: `back` needs `from`"),
            ("newest_wins", "newest", "on_conflict.name"),
        ],
    )
    def test_what_leads_nowhere_is_told(self, ways: Folders, old: str, new: str, said: str) -> None:
        assert WAYS.count(old) >= 1
        found = "\n".join(str(one) for one in validate([Source("runner.yaml", WAYS.replace(old, new))], ways))
        assert said in found, found

    def test_the_newest_of_what_has_no_time_is_told(self, ways: Folders) -> None:
        file = ways.connectors / "host.yaml"
        lines = [line for line in file.read_text().splitlines() if "cursor:" not in line and "updated_at" not in line]
        file.write_text("\n".join(lines) + "\n")
        found = "\n".join(str(one) for one in validate([Source("runner.yaml", WAYS)], ways))
        assert "no-time: records of kind project of host do not say when they were changed" in found

    def test_two_rules_to_and_fro_of_which_none_sees_the_other_are_told(self, ways: Folders) -> None:
        alone = WAYS.partition("    theirs:")[0] + "    create: make\n    update: change\n"
        back = "  back:\n    record: project\n    from: [host]\n    to: acme\n"
        back += "    input: {title: name}\n    create: alter\n"
        found = "\n".join(str(one) for one in validate([Source("runner.yaml", alone + back)], ways))
        assert "to-and-fro: `jobs` and `back` go to and fro, and neither knows what the other wrote" in found
        seeing = alone.replace("    create: make", "    theirs: {name: name}\n    create: make")
        found = "\n".join(str(one) for one in validate([Source("runner.yaml", seeing + back)], ways))
        assert "to-and-fro" not in found
