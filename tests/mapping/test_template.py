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
        ("{{ a ~ b }}", {"a": 1, "b": True}, "1true"),
        ("{{ a.items }}", {"a": {"items": 3}}, 3),
        ("{{ a | json }}", {"a": {"b": "é"}}, '{"b":"é"}'),
        ("{{ a | unix }}", {"a": "2026-05-04T15:20:10.500000-06:00"}, 1777929610),
        ("{{ a | unix }}", {"a": None}, None),
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


WIDE = {"text": "z" * 1000, "list": list(range(1000)), "app": {"key": Secret("s3cr3t")}, "none": None, "yes": True}


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 9999999999 }}",
        "{{ list * 9999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ text | replace('z', text) | replace('z', text) }}",
        "{{ text | replace('', text) }}",
        "{{ text | list | join(text) }}",
        "{{ text | center(9999999999) }}",
        "{{ 1.5 | round(method='ceil') }}",
        "{{ text" + " | json" * 30 + " }}",
        "{{ text" + " | json" * 300 + " }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ 1e999 }}",
        "{% if yes %}" * 150 + "x" + "{% endif %}" * 150,
        "{% for a in list %}{% for b in list %}{{ text }}{% endfor %}{% endfor %}",
        "{% for a in list %}{% for b in list %}{% for c in list %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in list recursive %}x{% endfor %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{% set a = text ~ text %}{{ a }}",
        "x" * 20_001 + "{{ none }}",
    ],
    ids=lambda text: text[:40],
)
def test_nothing_grows_without_bound(text: str) -> None:
    with pytest.raises((MappingError, TemplateSyntaxError)):
        Template.compile(text).render(WIDE)


@pytest.mark.parametrize(
    "text",
    [
        "{{ {}[app.key] }}",
        "x{{ {}[app.key] }}",
        "{{ {}[app.key | upper] }}",
        "{{ {}[key] }}",
        "{{ app[app.key] }}",
        "{{ app.key | int }}",
        "{{ app.key.x.y }}",
        "{{ app.key + 1 }}",
        "{{ app }}",
        "{{ [app] }}",
        "{{ app | json }}",
        "{% for name in app %}{{ {}[app[name]] }}{% endfor %}",
    ],
)
def test_an_error_never_repeats_a_secret(text: str) -> None:
    with pytest.raises(MappingError) as caught:
        Template.compile(text).render({**WIDE, "key": Secret("s3cr3t")})

    assert "s3cr3t" not in str(caught.value).lower()


@pytest.mark.parametrize("text", ["{{ app.key ~ ':' }}", "{{ key ~ ':' }}", "{{ key | trim }}:", "{{ [key] | join }}:"])
def test_a_secret_is_never_written_as_dots(text: str) -> None:
    assert Template.compile(text).render({**WIDE, "key": Secret("s3cr3t")}) == "s3cr3t:"


@pytest.mark.parametrize(
    "text", ["{{ none ~ 'x' }}", "{{ none | lower }}", "{{ [none] | join(',') }}", "x{{ list }}", "x{{ app }}"]
)
def test_nothing_is_written_as_python_has_it(text: str) -> None:
    with pytest.raises(MappingError, match="a value inside a text is"):
        Template.compile(text).render(WIDE)


@pytest.mark.parametrize("text", ["{{ [missing] }}", "{{ {1: 2} }}", "{{ self }}", "{{ 'x' | int }}", "{{ [app] }}"])
def test_a_value_is_data_or_an_error(text: str) -> None:
    with pytest.raises(MappingError):
        Template.compile(text).render(WIDE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{# a remark #}{{ a }}", 7),
        ("{{- a -}}", 7),
        ("{{ '}}' }}", "}}"),
        ("{{ [1, 2] | map('string') }}", ["1", "2"]),
        ("{% if a %}a={{ a }}{% endif %}", "a=7"),
        ("a\n  {%- if a %} b{% endif %}", "a b"),
        ("{% raw %}{{ a }}{% endraw %}", "{{ a }}"),
        ("{{ a }}\n{{ a }}\n", "7\n7\n"),
    ],
)
def test_remarks_and_white_space_are_as_jinja_has_them(text: str, value: object) -> None:
    assert Template.compile(text).render({"a": 7}) == value


def test_names_are_known_before_anything_is_rendered() -> None:
    template = Template.compile("{% for part in input.parts %}{{ part.id }}{{ app['key'] }}{% endfor %}")

    assert template.names == {("input", "parts"), ("app", "key")}


def test_a_path_encodes_its_values() -> None:
    assert PathTemplate.compile("/jobs/{{ id }}/notes").render({"id": "a/b=="}) == "/jobs/a%2Fb%3D%3D/notes"


def test_a_tree_leaves_out_what_is_null_and_sends_a_written_null() -> None:
    tree = Tree.read({"a": "{{ a }}", "b": None, "c": ["{{ a }}", 1, None], "d": {"e": "{{ d }}"}})

    assert tree.render({"a": None, "d": 5}) == {"b": None, "c": [1, None], "d": {"e": 5}}
