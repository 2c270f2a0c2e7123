"""Templates write requests: typed, strict about names, sandboxed, and silent about secrets."""

from __future__ import annotations

import pytest
from jinja2 import TemplateSyntaxError

from runner.errors import MappingError
from runner.mapping.template import PathTemplate, Template, Tree
from runner.model.secret import Secret


@pytest.mark.parametrize(
    ("text", "scope", "value"),
    [
        ("{{ a }}", {"a": 7}, 7),
        ("{{ a }}", {"a": None}, None),
        ("{{ a }}", {"a": [1]}, [1]),
        (" {{ a }} ", {"a": 7}, 7),
        ("{{ a }}{{ b }}", {"a": 1, "b": 2}, "12"),
        ("x{{ a }}", {"a": 7}, "x7"),
        ("07102", {}, "07102"),
        ("{{ a or 'none' }}", {"a": None}, "none"),
        ("on={{ a }}", {"a": True}, "on=true"),
        ("{{ a.items }}", {"a": {"items": 3}}, 3),
        ("{{ a | json }}", {"a": {"b": "é"}}, '{"b":"é"}'),
        ("{{ a | ascii_json }}", {"a": {"path": "/Mü"}}, '{"path": "/M\\u00fc"}'),
    ],
)
def test_values_keep_their_type(text: str, scope: dict[str, object], value: object) -> None:
    assert Template.compile(text).render(scope) == value


def test_a_secret_is_revealed_only_where_it_is_written() -> None:
    template = Template.compile("Bearer {{ token }}")

    assert template.render({"token": Secret("s3cr3t")}) == "Bearer s3cr3t"
    assert "s3cr3t" not in repr(template)


@pytest.mark.parametrize("text", ["{{ missing }}", "x{{ missing }}", "{{ a.missing }}", "x{{ a.b.missing }}"])
def test_a_name_without_a_value_is_an_error(text: str) -> None:
    with pytest.raises(MappingError):
        Template.compile(text).render({"a": {}})


def test_null_inside_a_text_is_an_error_with_the_way_out() -> None:
    with pytest.raises(MappingError, match=r"write `\{\{ x or '' \}\}`"):
        Template.compile("/x/{{ a }}").render({"a": None})


@pytest.mark.parametrize(
    "text",
    [
        "{{ a.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ a['__init__'] }}",
        "{{ (a | attr('__class__')) }}",
        "{{ range(10) }}",
        "{{ cycler }}",
        "{% include 'x' %}",
    ],
)
def test_nothing_reaches_python(text: str) -> None:
    with pytest.raises((MappingError, TemplateSyntaxError)):
        Template.compile(text).render({"a": {}})


def test_names_are_known_before_anything_is_rendered() -> None:
    template = Template.compile("{% for part in input.parts %}{{ part.id }}{{ app['key'] }}{% endfor %}")

    assert template.names == {("input", "parts"), ("app", "key")}


def test_a_path_encodes_its_values() -> None:
    assert PathTemplate.compile("/jobs/{{ id }}/notes").render({"id": "a/b=="}) == "/jobs/a%2Fb%3D%3D/notes"


def test_a_tree_leaves_out_what_is_null_and_sends_a_written_null() -> None:
    tree = Tree.read({"a": "{{ a }}", "b": None, "c": ["{{ a }}", 1, None], "d": {"e": "{{ d }}"}})

    assert tree.render({"a": None, "d": 5}) == {"b": None, "c": [1, None], "d": {"e": 5}}
