"""What generated code promises beyond the right values."""

import json
import warnings
from typing import Any

import pytest
from jmespath import exceptions, parser

from runner.errors import MappingError, SettingsError
from runner.mapping.compiler.code import Block, Code
from runner.mapping.compiler.compile import compile_fields, compile_one
from runner.mapping.compiler.runtime import Mismatch
from runner.mapping.engine import CompiledEngine, ReferenceEngine, choose
from runner.mapping.expression import Expression, compile_expression
from runner.mapping.fields import Fields
from runner.mapping.functions import LIBRARY
from runner.mapping.mistakes import mistakes

HOSTILE = ["'); import os; os.abort() #", '"""', "\\", "\n", "\x00", "\ud800", "__import__('os')", "p", "v1", "K0", "E"]


def never(payload: Any) -> Any:
    raise AssertionError(f"left to the reference: {payload}")


def direct(text: str) -> Any:
    """The generated function of an expression, which must not need the reference."""
    return compile_one(parser.Parser().parse(text), LIBRARY, never)


def together(**texts: str) -> Any:
    return compile_fields({name: parser.Parser().parse(text) for name, text in texts.items()}, LIBRARY)


@pytest.mark.parametrize("literal", ["`[]`", "`{}`", '`{"a": [1, {"b": []}]}`', "`[[[[[[[[1]]]]]]]]`"])
@pytest.mark.parametrize("engine", [CompiledEngine(LIBRARY), ReferenceEngine(LIBRARY)])
def test_a_literal_is_a_new_value_for_every_record(literal: str, engine: Any) -> None:
    function = engine.expression(parser.Parser().parse(f"a || {literal}"))
    written = json.dumps(function({}))

    first = function({})
    first.clear()

    assert json.dumps(function({})) == written


@pytest.mark.parametrize("text", ["sum(a) | 'x'", "[sum(a)] | 'x'", "sum(a) | `1` == `1`", "not_null('x', sum(a))"])
def test_a_part_whose_value_is_dropped_still_fails(text: str) -> None:
    with pytest.raises(MappingError, match="sum"):
        compile_expression(text).search({"a": None})


@pytest.mark.parametrize("text", ["'a' || sum(a)", "`false` && sum(a)", "b[*].sum(@)", "b[?sum(@)]"])
def test_a_part_that_is_not_reached_does_not_fail(text: str) -> None:
    direct(text)({"a": None, "b": []})


@pytest.mark.parametrize("key", HOSTILE)
def test_keys_and_texts_never_become_source(key: str) -> None:
    name, value = json.dumps(key), json.dumps(key)
    payload = {key: {key: key}}

    assert direct(f"{name}.{name}")(payload) == key
    assert direct(f"{{{name}: {name}.{name} == `{value}`}}")(payload) == {key: True}
    assert together(field=f"{name}.{name}")(payload) == {"field": key}


def test_a_name_of_a_field_never_becomes_source() -> None:
    name = "'); import os #"

    assert together(**{name: "a"})({"a": 1}) == {name: 1}


def test_generated_code_reaches_no_builtins() -> None:
    code = Code()
    body = Block()
    body.add("return open(p)")

    with pytest.raises(NameError):
        code.function(body)("x")


def test_a_comparison_that_python_refuses_is_told_in_an_analysts_words() -> None:
    with pytest.raises(MappingError, match="cannot handle this data"):
        compile_expression("'a' < `1`").search({})


@pytest.mark.parametrize(
    "text", ["'a' == `null`", "'a' != `1`", "'a' && 'b'", "!'a'", "'a'[0]", "'a'.b", "`true` == `1`"]
)
def test_generated_code_gives_no_warning(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        direct(text)({})


def test_equal_paths_are_read_once() -> None:
    class Counting(dict[str, Any]):
        reads = 0

        def get(self, key: str, default: Any = None) -> Any:
            self.reads += 1
            return super().get(key, default)

    payload = Counting(customer={"name": "x", "city": "y"})

    made = together(a="customer.name", b="customer.city", c="customer.name || customer.city")(payload)

    assert (made, payload.reads) == ({"a": "x", "b": "y", "c": "x"}, 1)


def test_many_searches_of_one_list_walk_it_once() -> None:
    texts = {name: f"rows[?key=='{name}'].value | [0]" for name in ("one", "two", "three", "four")}
    rows = [{"key": "two", "value": None}, {"key": "two", "value": 2}, {"key": "one", "value": 1}, {"key": "two"}]

    assert together(**texts)({"rows": rows}) == {"one": 1, "two": 2, "three": None, "four": None}


@pytest.mark.parametrize("payload", [None, 1, "text", [], {"a": "text"}, {"a": 1}, {"a": [1]}])
def test_fields_fail_together_rather_than_give_a_wrong_value(payload: Any) -> None:
    with pytest.raises((Mismatch, AttributeError)):
        together(x="a.b.c", y="a.b.d")(payload)


def test_one_field_that_fails_does_not_take_the_others_with_it() -> None:
    parts = {"good": compile_expression("a"), "bad": compile_expression("sum(a)"), "also": compile_expression("b.c")}
    failures: list[tuple[str, str]] = []

    made = Fields(parts).map({"a": "x"}, lambda name, rule, error: failures.append((name, rule.text)))

    assert made == {"good": "x", "bad": None, "also": None}
    assert failures == [("bad", "sum(a)")]


def test_a_failing_field_inside_an_object_is_told_by_its_whole_name() -> None:
    failures: list[str] = []
    inner = Fields({"bad": compile_expression("sum(a)"), "good": compile_expression("a")})

    made = Fields({"inner": inner}).map({"a": "x"}, lambda name, rule, error: failures.append(name))

    assert (made, failures) == ({"inner": {"bad": None, "good": "x"}}, ["inner.bad"])


@pytest.mark.parametrize(("payload", "inner"), [({}, None), ({"a": 1}, {"x": 1, "y": None})])
def test_an_object_of_nulls_is_null(payload: dict[str, Any], inner: Any) -> None:
    parts: dict[str, Expression | Fields] = {"x": compile_expression("a"), "y": compile_expression("b")}

    assert Fields({"inner": Fields(parts)}).map(payload, lambda *_: None) == {"inner": inner}


@pytest.mark.parametrize(("signature", "text"), [("lower", "lower(a)"), ("text", "text(a)"), ("split", "split(b, a)")])
def test_our_functions_check_their_arguments_in_generated_code(signature: str, text: str) -> None:
    with pytest.raises(MappingError, match=signature):
        compile_expression(text).search({"a": [], "b": "x"})


def test_an_expression_that_python_cannot_nest_is_left_to_jmespath() -> None:
    text = "@" + "[*]" + ".a[*]" * 24
    payload: Any = 1
    for _ in range(24):
        payload = [{"a": payload}]

    engine = CompiledEngine(LIBRARY).expression(parser.Parser().parse(text))

    assert engine(payload) == ReferenceEngine(LIBRARY).expression(parser.Parser().parse(text))(payload)


@pytest.mark.parametrize(
    "text", ["(" * 1_500 + "a", "[@,@]" + "|[@,@]" * 40, "map(&[@,@,@,@], [@,@,@,@])" + "|[@,@]" * 12]
)
def test_an_expression_that_would_grow_without_end_is_refused(text: str) -> None:
    assert [mistake.code for mistake in mistakes(text)] == ["bad-expression"]


def test_the_environment_chooses_the_engine() -> None:
    assert isinstance(choose({}), CompiledEngine)
    assert isinstance(choose({"RUNNER_MAPPING": "reference"}), ReferenceEngine)
    with pytest.raises(SettingsError, match="RUNNER_MAPPING"):
        choose({"RUNNER_MAPPING": "fast"})


def test_errors_keep_the_class_that_jmespath_gives_them() -> None:
    function = CompiledEngine(LIBRARY).expression(parser.Parser().parse("length(a)"))

    with pytest.raises(exceptions.JMESPathTypeError):
        function({})


@pytest.mark.parametrize("name", ["sum([{}])", "lookup({{a: 'x'}}, 'b', {})", "not_null({}, `1`)", "{} || `1`"])
def test_the_code_of_nested_calls_does_not_multiply(name: str) -> None:
    text = "a"
    for _ in range(25):
        text = name.format(text)

    assert direct(text)({"a": 7}) == 7


def test_a_field_that_python_cannot_nest_leaves_the_others_compiled() -> None:
    deep = "@" + "[*]" + ".a[*]" * 24
    fields = Fields({"deep": compile_expression(deep), "a": compile_expression("a")})

    assert fields.map({"a": 1}, lambda *_: None) == {"deep": None, "a": 1}
