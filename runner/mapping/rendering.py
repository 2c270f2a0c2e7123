"""From a parsed template to what renders it, and what of the result is data that can be sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import Template as Compiled
from jinja2 import Undefined, UndefinedError, nodes

from runner.errors import MappingError
from runner.mapping.sandbox import Sandbox
from runner.model.file import File
from runner.model.secret import Secret

MOST_TEXT = 10_000_000
Render = Callable[[Mapping[str, Any]], Any]


def text_of(sandbox: Sandbox, tree: nodes.Template) -> Render:
    """What writes the text for a scope."""
    compiled = _compiled(sandbox, tree)

    def render(scope: Mapping[str, Any]) -> str:
        pieces, size = [], 0
        for piece in compiled.generate(_revealed(scope)):
            size += len(piece)
            if size > MOST_TEXT:
                raise MappingError(f"the text has more than {MOST_TEXT} characters")
            pieces.append(piece)
        return "".join(pieces)

    return render


def value_of(sandbox: Sandbox, expression: nodes.Expr) -> Render:
    """What gives the value for a scope: as jinja2's `compile_expression`, of what is parsed already."""
    body = [nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)]
    compiled = _compiled(sandbox, nodes.Template(body, lineno=1))

    def render(scope: Mapping[str, Any]) -> Any:
        context = compiled.new_context(_revealed(scope))
        for _ in compiled.root_render_func(context):
            pass
        return _plain(context.vars["result"])

    return render


def _revealed(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The names as templates read them; what lies deeper is revealed where it is read."""
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in scope.items()}


def _compiled(sandbox: Sandbox, tree: nodes.Template) -> Compiled:
    return Compiled.from_code(sandbox, sandbox.compile(tree), {})


def _plain(value: Any, depth: int = 0) -> Any:
    """The value, when it is nothing but data; the secret that is the whole of it is revealed."""
    if isinstance(value, Secret) and not depth:
        return value.reveal()
    if isinstance(value, File) and not depth:
        return value
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise MappingError("the keys of a mapping must be texts")
        return {key: _plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, depth + 1) for part in value]
    if isinstance(value, Undefined):
        raise UndefinedError(value._undefined_message)
    if isinstance(value, float) and not math.isfinite(value):
        raise MappingError("a number without end cannot be written")
    if value is None or isinstance(value, str | int | float):
        return value
    raise MappingError(
        "it holds secrets (name each where it goes)"
        if isinstance(value, Secret)
        else f"{type(value).__name__} is no data"
    )


def holds_secret(value: Any, name: Iterable[str] = ()) -> bool:
    """Whether there is a secret at a dotted name of a value, or anywhere inside it."""
    for part in name:
        value = value.get(part) if isinstance(value, Mapping) else value
    if isinstance(value, Mapping):
        return any(holds_secret(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(map(holds_secret, value))
    return isinstance(value, Secret)


def one_value(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a text that is exactly one `{{ ... }}`."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    parts = [
        part for part in tree.body[0].nodes if not (isinstance(part, nodes.TemplateData) and not part.data.strip())
    ]
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData) else None


def names(tree: nodes.Node) -> Iterator[tuple[str, ...]]:
    """The dotted names that a template reads, but for those that it makes itself."""
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
    for dotted in _dotted(tree):
        if dotted[0] not in own:
            yield dotted


def _dotted(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    chain = _chain(node)
    if chain:
        yield chain
        return
    for child in node.iter_child_nodes():
        yield from _dotted(child)


def _chain(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Name) and node.ctx == "load":
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        head = _chain(node.node)
        return (*head, node.attr) if head else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        head = _chain(node.node)
        return (*head, str(node.arg.value)) if head else ()
    return ()
