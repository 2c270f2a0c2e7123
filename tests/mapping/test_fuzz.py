"""Generated code against jmespath.py, on invented expressions and payloads.

One integer is the seed of a small recursive generator; expressions and payloads draw from the same few keys, so that
they meet. RUNNER_FUZZ_EXAMPLES asks for another number of examples, then chosen afresh in every run.
"""

import copy
import json
import os
import random
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath import exceptions, parser

from runner.mapping.engine import CompiledEngine, ReferenceEngine
from runner.mapping.functions import LIBRARY

WANTED = os.environ.get("RUNNER_FUZZ_EXAMPLES")
BUDGET = settings(max_examples=int(WANTED or 500), derandomize=WANTED is None, deadline=None, database=None)
COMPILED, REFERENCE = CompiledEngine(LIBRARY), ReferenceEngine(LIBRARY)

KEYS = [*"abcabcabcabc", "name", "value", "null", "true", "p", "v1", "K0", "E", "__class__", "get"]
HOSTILE = ['"', "\\", "'); import os #", "\n", "\x00", "\ud800", "é", "f{x}", "", " ", "None", "\u2028"]
SCALARS: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    0.0,
    1.0,
    1.5,
    2**70,
    "",
    "a",
    "b",
    "x",
    "12",
    "1.5",
    " nan ",
    "é",
]
TIMES = ["2026-05-04T09:31:36Z", "2026-05-04", "soon"]
UNARY = ["abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "reverse", "sort", "sum"]
UNARY += ["to_array", "to_number", "to_string", "type", "values"]
OURS = ["e164", "iso8601", "html_to_text", "lower", "upper", "trim", "text", "number"]
BINARY = ["contains", "ends_with", "starts_with", "join", "split"]


class Inventor:
    """Expressions and payloads from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, *makers: Callable[[int], Any], depth: int) -> Any:
        return self.random.choice(makers)(depth - 1)

    def key(self) -> str:
        return self.random.choice(HOSTILE if self.random.random() < 0.06 else KEYS)

    def payload(self, depth: int) -> Any:
        if depth <= 0 or self.random.random() < 0.15:
            return self.random.choice(SCALARS if self.random.random() < 0.95 else TIMES)
        if self.random.random() < 0.45:
            if self.random.random() < 0.3:
                same = self.random.choice([[1, 2, 0], ["a", "b", ""], [1.5, 1, True]])
                return [self.random.choice(same) for _ in range(self.random.randrange(4))]
            return [self.payload(depth - 1) for _ in range(self.random.randrange(4))]
        return {self.key(): self.payload(depth - 1) for _ in range(self.random.randrange(8))}

    def record(self) -> dict[str, Any]:
        return {key: self.payload(3) for key in "abc"} | {self.key(): self.payload(2)}

    def field(self, _: int = 0) -> str:
        key = self.key()
        return key if key.isidentifier() and key.isascii() and self.random.random() < 0.8 else json.dumps(key)

    def literal(self, _: int = 0) -> str:
        value = self.random.choice([*SCALARS, [], {}, [0], [False], {"a": 1}, ["a", ["b"]], "x", "a", [[[[[[1]]]]]]])
        if isinstance(value, str) and value.isascii() and self.random.random() < 0.7:
            return f"'{value}'"
        return f"`{json.dumps(value)}`"

    def expression(self, depth: int) -> str:
        if depth <= 0:
            return self.random.choice([self.field, self.field, self.field, self.literal, lambda: "@"])()
        made: str = self.one(
            *(self.path, self.path, self.path, self.projection, self.projection, self.projection, self.logic),
            *(self.comparison, self.selection, self.call, self.call, self.search, self.keyed),
            depth=depth,
        )
        return f"({made})" if self.random.random() < 0.3 else made

    def path(self, depth: int) -> str:
        left = self.expression(depth)
        index = self.random.choice(["[0]", "[-1]", "[1]", "[-2]", "[5]"])
        right = self.random.choice([self.field, lambda: self.field() + index, lambda: self.selection(depth - 1)])
        return self.random.choice([f"{left}.{right()}", f"{left} | {self.expression(depth)}", left + index])

    def projection(self, depth: int) -> str:
        left = self.expression(depth)
        step = self.random.choice(["[*]", "[]", ".*", "[1:]", "[::-1]", "[:2]", "[?{}]", "[?{}]", "[?{}]", "[?@]"])
        step = step.replace("{}", self.expression(depth))
        tail = self.random.choice(
            ["", ".b", ".a", f".{self.field()}", " | [0]", ".value | [0]", "[0]", f".{self.selection(depth - 1)}", "[]"]
        )
        return left + step + tail

    def search(self, _: int) -> str:
        source, key, value = (
            self.random.choice(["a", "b", "@"]),
            self.random.choice("ab"),
            self.random.choice([".b", ""]),
        )
        text = self.random.choice(["a", "b", "x", "12"])
        return f"{source}[?{key}=='{text}']{value} | [0]"

    def logic(self, depth: int) -> str:
        left, right = self.expression(depth), self.expression(depth)
        return self.random.choice([f"{left} || {right}", f"{left} && {right}", f"!{left}", f"!({left} || {right})"])

    def comparison(self, depth: int) -> str:
        operator = self.random.choice(["==", "!=", "<", ">", "<=", ">=", "==", "=="])
        right = self.random.choice([self.literal, lambda: self.expression(depth)])()
        sides = [self.expression(depth), right]
        self.random.shuffle(sides)
        return f" {operator} ".join(sides)

    def selection(self, depth: int) -> str:
        parts = [self.expression(depth) for _ in range(self.random.randrange(1, 4))]
        if self.random.random() < 0.5:
            return f"[{', '.join(parts)}]"
        return "{" + ", ".join(f"{self.field()}: {part}" for part in parts) + "}"

    def call(self, depth: int) -> str:
        first, second, third = (self.expression(depth) for _ in range(3))
        text, numbers = f"to_string({first})", f"to_array({first})[?type(@) == 'number']"
        table = "{a: 'x', b: `1`, x: `null`}"
        return self.random.choice(
            [
                f"{self.random.choice(UNARY)}({first})",
                f"{self.random.choice(UNARY)}(not_null({first}, `[]`))",
                f"{self.random.choice(['abs', 'ceil', 'floor'])}(not_null(to_number({first}), `-1.5`))",
                f"{self.random.choice(['sum', 'max', 'min', 'avg', 'sort', 'length'])}({numbers})",
                f"{self.random.choice(OURS)}({text})",
                f"{self.random.choice(['ends_with', 'starts_with', 'contains'])}({text}, to_string({second}))",
                f"{self.random.choice(['ends_with', 'starts_with', 'split'])}({text}, 'a')",
                f"contains(to_array({first}), {second})",
                f"lookup({table}, {text}, {third})",
                f"{self.random.choice(OURS)}({first})",
                f"{self.random.choice(BINARY)}({first}, {second})",
                f"not_null({first}, {second}, {third})",
                f"merge({first} || `{{}}`, {second} || `{{}}`)",
                f"merge({table}, {second})",
                f"lookup({table}, {first})",
                f"lookup({table}, {first}, {second})",
                f"lookup({first}, {second})",
                f"join(',', [{first}, {second}][?@])",
                f"join('', {first}[*].to_string(@))",
            ]
        )

    def keyed(self, depth: int) -> str:
        source, key = self.expression(depth), self.expression(depth)
        source = self.random.choice([source, f"to_array({source})", "to_array(a)"])
        key = self.random.choice([key, f"to_string({key})", f"not_null(to_number({key}), `0`)"])
        name = self.random.choice(["sort_by", "sort_by", "max_by", "min_by"])
        end = self.random.choice(["", "[0]", "[-1]", "[*].a"])
        return self.random.choice([f"{name}({source}, &{key}){end}", f"map(&{key}, {source}){end}"])


def parsed(text: str) -> parser.ParsedResult | None:
    try:
        return parser.Parser().parse(text)
    except (exceptions.JMESPathError, RecursionError):
        return None


def outcome(function: Callable[[Any], Any], payload: Any) -> str:
    """The value as JSON text (which tells 1, 1.0 and true apart), or the class of the error."""
    before = copy.deepcopy(payload)
    try:
        made = json.dumps(function(payload), default=lambda _: "no JSON")
    except Exception as error:
        made = type(error).__name__ if isinstance(error, exceptions.JMESPathError) else f"raw {type(error).__name__}"
    assert repr(payload) == repr(before), "the payload was changed"
    return made


@BUDGET
@given(st.integers(0, 2**64))
def test_one_expression_gives_what_jmespath_gives(seed: int) -> None:
    inventor = Inventor(seed)
    text = inventor.expression(3)
    tree = parsed(text)
    if tree is None:
        return
    compiled, reference = COMPILED.expression(tree), REFERENCE.expression(tree)
    for payload in (inventor.record(), inventor.record(), inventor.payload(3)):
        assert outcome(compiled, payload) == outcome(reference, payload), (text, payload)


@BUDGET
@given(st.integers(0, 2**64))
def test_fields_together_give_what_jmespath_gives_or_leave_it_to_single_ones(seed: int) -> None:
    inventor = Inventor(seed)
    payload = inventor.record()
    texts = [inventor.expression(inventor.random.choice([1, 2, 2, 3])) for _ in range(4)]
    trees = {f"f{number}": tree for number, text in enumerate(texts) if (tree := parsed(text))}
    shape: dict[str, Any] = {name: tree for name, tree in trees.items() if agrees({name: tree}, payload)}
    for given_payload in (payload, inventor.record()):
        agrees({**shape, "inner": shape}, given_payload)


def agrees(shape: dict[str, Any], payload: Any) -> bool:
    """True when the fields' function gives what jmespath.py gives; false when it leaves the payload to single ones."""
    together = outcome(COMPILED.fields(shape), payload)
    if together.startswith("raw") or together.endswith("Error"):
        return False
    assert together == outcome(REFERENCE.fields(shape), payload), (shape, payload)
    return True
