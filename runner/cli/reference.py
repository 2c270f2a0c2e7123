"""All pages of docs/reference; here those that come out of the commands and the operator's variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.authoring.folders import Folders
from runner.authoring.reference import pages as language
from runner.authoring.reference.index import INDEX, index, partner_pages
from runner.authoring.reference.markdown import fenced, page, table
from runner.connector.library import Connectors
from runner.connector.scope import variable_of
from runner.service.settings import VARIABLES

_WIDTH = 100


def pages(group: Any, folders: Folders) -> dict[str, str]:
    """Every page of the reference by its file's name, the index too. `group` holds all commands."""
    connectors = Connectors(folders.connectors)
    made = {**language.pages(), "commands.md": commands(group), "settings.md": settings(connectors)}
    made |= partner_pages(connectors.all(), folders)
    return {INDEX: index(made, connectors.all()), **made}


def commands(group: Any) -> str:
    """Every command with its help, as it prints it."""
    intro = "Every command of `runner`, with its own `--help`. Exit codes: 0 fine, 1 findings or failure, 2 misuse."
    return page("Commands", intro, _commands(group))


_SETTINGS = """\
What the operator sets in the environment; `runner.yaml` holds the rest.

A value of a connector's app may be another one in one environment: `RUNNER_QUICKBOOKS_SANDBOX_CLIENT_ID` beside
`RUNNER_QUICKBOOKS_CLIENT_ID`. An environment that has a value of its own takes over no secret of the others, so it
needs all of its secrets; what is no secret is as everywhere where it is not set.

The secret that a partner signs webhooks with can change without an event being lost: set its variable to the new one,
and the same with `_PREVIOUS` after it (`RUNNER_JOBBER_CLIENT_SECRET_PREVIOUS`) to the old one. Webhooks signed with
either are taken, nothing else is done with the old one; remove it once the partner signs with the new one.

A destination of runner.yaml has a variable of its own, with its name in capitals: `RUNNER_DESTINATION_HOST_SECRET`
signs what is posted to the webhook `host` (as RUNNER_NOTIFY_SECRET does for notices; two with a comma between while the
receiver changes over), `RUNNER_DESTINATION_WAREHOUSE_URL` says where the table `warehouse` is."""


def settings(connectors: Connectors) -> str:
    """Every environment variable of the operator."""
    rows = [(f"`{one.name}`", one.meaning, _code(one.default), _code(one.example)) for one in VARIABLES]
    parts = [table(("variable", "meaning", "when not set", "example"), rows)]
    parts += [_of_connector(connectors, name) for name in connectors.names() if connectors.get(name).app]
    return page("Settings", _SETTINGS, parts)


def _of_connector(connectors: Connectors, name: str) -> str:
    connector = connectors.get(name)
    rows = [
        (f"`{variable_of(connector, key)}`", field.title, _code(field.default), field.help or "")
        for key, field in connector.app.items()
    ]
    return f"## {connector.title}\n\n{table(('variable', 'meaning', 'when not set', 'where to find it'), rows)}"


def _commands(group: Any) -> Iterator[str]:
    outer = group.make_context("runner", [], resilient_parsing=True, terminal_width=_WIDTH, max_content_width=_WIDTH)
    for name in group.list_commands(outer):
        command = group.get_command(outer, name)
        yield f"## {name}\n\n{_help(command, name, outer)}"
        inner: dict[str, Any] = getattr(command, "commands", {})
        for word in sorted(inner):
            yield f"### {name} {word}\n\n{_help(inner[word], f'{name} {word}', outer)}"


def _help(command: Any, name: str, outer: Any) -> str:
    context = command.make_context(
        name, [], parent=outer, resilient_parsing=True, terminal_width=_WIDTH, max_content_width=_WIDTH
    )
    return fenced(command.get_help(context), "text")


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""
