"""The pages of docs/reference that come out of the language, the functions, the findings, the rules and the errors."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from jmespath.functions import Functions

from runner import errors
from runner.authoring.codes import CODES
from runner.authoring.language import blocks
from runner.authoring.reference.markdown import fenced, page, prose, table
from runner.authoring.reference.options import heading, option_table
from runner.authoring.reference.states import states_page
from runner.authoring.rules.catalog import RULES
from runner.authoring.rules.rule import Rule
from runner.components.block import Block
from runner.components.catalog import KINDS
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.mapping.functions import added


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    return {
        "language.md": language(),
        "functions.md": functions(),
        "findings.md": findings(),
        "lint.md": lint(),
        "errors.md": error_tree(),
        "states.md": states_page(),
    }


def language() -> str:
    """Every block of a connector's file and of runner.yaml, and every component."""
    intro = (
        "Every block of `connectors/<partner>.yaml` and of `runner.yaml`, in the order of reading; the components, "
        "each picked by its `type`, follow. A Python package adds components by the entry-point group "
        "`runner.components.<kind>`. [Functions](functions.md) are what expressions may call.\n\n"
        "A *template* writes requests (Jinja, `{{ settings.tenant_id }}`); *JMESPath* reads data; a *duration* is "
        "`500ms`, `30s`, `15m`, `24h` or `90d`; a *rate* `500/s` or `30/m`; a *name* has small letters, digits and `_`."
    )
    return page("The language", intro, [*map(_block, _language_blocks()), *_components()])


def _components() -> Iterator[str]:
    """Every type of every kind of component, and the blocks inside it."""
    told: set[type[Block]] = set()
    for kind, choice in KINDS.items():
        yield f"# Components: {kind}"
        for made in choice.classes:
            for block in blocks(made):
                if block not in told:
                    told.add(block)
                    yield _block(block)


def functions() -> str:
    """Our JMESPath functions, each with examples that run as tests; the standard ones by name."""
    ours = added()
    standard = sorted(name for name in Functions.FUNCTION_TABLE if name not in ours)
    intro = (
        "What expressions may call, each with examples that are run as tests. Beside them there are the standard "
        "functions of [JMESPath](https://jmespath.org/specification.html#built-in-functions): "
        f"`{'`, `'.join(standard)}`."
    )
    return page("Functions", intro, (_function(name, made.__doc__ or "") for name, made in sorted(ours.items())))


def findings() -> str:
    """Every code of `runner validate`."""
    rows = [(f"`{code}`", meaning) for code, meaning in sorted(CODES.items())]
    intro = "The codes of `runner validate`; each finding has its place and what to do. [lint](lint.md) has its own."
    return page("Findings", intro, [table(("code", "meaning"), rows)])


def lint() -> str:
    """Every rule of `runner lint`."""
    intro = (
        "The rules of `runner lint`: what can be loaded, but is doubtful. A comment `# lint: ignore <code>` on the "
        "line of a finding, or alone on the line above it, silences it there."
    )
    return page("Lint rules", intro, (f"## {rule.code}\n\n{_rule(rule)}" for rule in RULES))


def error_tree() -> str:
    """The error tree, and each error's code and meaning."""
    intro = "What the runner raises on purpose. The code is stable, and stands in logs, the API and the console."
    tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")[2]
    rows = [(f"`{made.__name__}`", f"`{made.code}`", _sentence(made)) for made in _errors(errors.RunnerError)]
    return page("Errors", intro, [fenced(tree, "text"), table(("error", "code", "meaning"), rows)])


def _language_blocks() -> Iterator[type[Block]]:
    typed = {block for choice in KINDS.values() for made in choice.classes for block in blocks(made)}
    told: set[type[Block]] = set()
    for block in (*blocks(Connector), *blocks(Config)):
        if block not in typed and block not in told:
            told.add(block)
            yield block


def _block(block: type[Block]) -> str:
    parts = [f"## {heading(block)}", prose(block.__doc__)]
    if block.example:
        parts += ["Example:", fenced(block.example)]
    return "\n\n".join([*parts, option_table(block)]).rstrip()


def _function(name: str, docstring: str) -> str:
    lines = inspect.cleandoc(docstring).splitlines()
    text = [line for line in lines if " -> " not in line]
    examples = [line for line in lines if " -> " in line]
    return "\n\n".join([f"## {name}", "\n".join(text).strip(), fenced("\n".join(examples), "text")])


def _rule(rule: Rule) -> str:
    """The docstring of a rule, its three words in bold, and its severity."""
    text = re.sub(r"^(Avoid|Prefer|Why):", r"**\1:**", prose(rule.docs), flags=re.MULTILINE)
    return f"{text}\n\nSeverity: {rule.severity}."


def _errors(root: type[errors.RunnerError]) -> Iterator[type[errors.RunnerError]]:
    yield root
    for made in root.__subclasses__():
        if made.__module__ == errors.__name__:
            yield from _errors(made)


def _sentence(made: type[errors.RunnerError]) -> str:
    return inspect.cleandoc(made.__doc__ or "").replace("\n", " ")
