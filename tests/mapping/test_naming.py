from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import MappingError
from runner.mapping.naming import LONGEST, safe_name
from runner.mapping.template import FilePath

PATH = FilePath.compile("/{{ project.name }}/{{ captured_at | date }}/{{ id }}.jpg")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Oak Street 12", "Oak Street 12"),
        ("12/4 Main: <rear>", "12_4 Main_ _rear_"),
        ("..", "_"),
        ("  . ", "_"),
        ("", "_"),
        (None, "_"),
        ("Roof. ", "Roof"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("desktop.ini", "_desktop.ini"),
        ("a\x00b\nc\u202e", "a_b_c_"),
        ("\ud800", "_"),
        (7, "7"),
    ],
)
def test_a_value_as_a_part_of_a_path(value: object, name: str) -> None:
    assert safe_name(value) == name


def test_long_names_that_differ_at_their_end_still_differ() -> None:
    one, other = safe_name("é" * 300 + "1"), safe_name("é" * 300 + "2")
    assert one != other
    assert len(one.encode()) <= LONGEST


@given(value=st.text())
def test_whatever_it_is_it_stays_one_part(value: str) -> None:
    name = safe_name(value)
    assert name
    assert not set(name) & set('/\\<>:"|?*')
    assert name == name.strip()
    assert not name.endswith(".")
    assert len(name.encode()) <= LONGEST
    assert safe_name(name) == name


@given(name=st.text(), key=st.text() | st.integers())
def test_a_path_has_the_parts_that_were_written(name: str, key: object) -> None:
    path = PATH.render({"project": {"name": name}, "captured_at": "2026-05-04T23:20:10Z", "id": key})
    assert path.count("/") == 3
    assert path.split("/")[2] == "2026-05-04"


def test_what_is_not_there_makes_no_path() -> None:
    for scope in ({"project": None}, {"project": {"name": "x"}, "captured_at": None, "id": 1}):
        with pytest.raises(MappingError):
            PATH.render({"captured_at": None, "id": 1, **scope})


@pytest.mark.parametrize(
    "text", ["{{ id }}", "/{{ id }}/", "/a//{{ id }}", "/../{{ id }}", "/{{ id }}.", "/" + "{{ id }}" * 4]
)
def test_a_template_that_gives_no_path_is_told(text: str) -> None:
    with pytest.raises(MappingError, match="does not give a path"):
        FilePath.compile(text).render({"id": "x" * 90})


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("/{{ at | date }}", "/2026-05-05"),
        ("/{{ at | date('%Y-%m', 'America/Denver') }}", "/2026-05"),
        ("/{{ at | date('%d %B', 'America/Denver') }}", "/04 May"),
        ("/{{ at | date('%Y/%m') }}", "/2026_05"),
    ],
)
def test_a_date_is_that_of_a_zone(template: str, written: str) -> None:
    assert FilePath.compile(template).render({"at": "2026-05-05T03:20:10.000000Z"}) == written


@pytest.mark.parametrize("form", ["%99999999Y", "%", "%Q", "x" * 101])
def test_a_form_of_a_time_is_bounded(form: str) -> None:
    with pytest.raises(MappingError, match="no form of a time"):
        FilePath.compile("/{{ at | date(form) }}").render({"at": "2026-05-05T03:20:10Z", "form": form})


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_that_is_none_is_told(zone: str) -> None:
    with pytest.raises(MappingError, match="no time zone"):
        FilePath.compile("/{{ at | date('%Y', zone) }}").render({"at": "2026-05-05T03:20:10Z", "zone": zone})
