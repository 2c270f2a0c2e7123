"""The operator's command that changes something at a partner: what it can do, doing it, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from runner.engine.actions.once import Done
    from runner.engine.house import House
    from runner.service.act_shapes import ActionShape

ACTIONS = ("action", "does", "input", "result", "repeat")
PAST = ("at", "action", "state", "made_id", "key", "note")


@example(
    """runner act acme/companycam create_project --input '{"name": "Oak Street 12"}'""",
    """runner act acme/dropbox upload_file --file roof.jpg --input '{"path": "/Jobs/7001/roof.jpg"}'""",
    "runner act acme/companycam",
    "runner act acme/companycam --past",
)
def act(
    integration: str = typer.Argument(help="The integration: its id, the beginning of it, or company/connector."),
    action: str = typer.Argument(None, help="An action of the connector; without one they are listed."),
    given: str = typer.Option("{}", "--input", help="Its input as JSON; - reads standard input."),
    file: list[str] = typer.Option(
        [], "--file", metavar="[NAME=]PATH", help="A file of this machine for an input that is one."
    ),
    key: str = typer.Option(None, "--key", help="The act's own key: the same one is done once, and told again."),
    past: bool = typer.Option(False, "--past", help="List earlier acts and what came of them."),
    as_json: bool = AsJson,
) -> None:
    """Do one action at a partner and print what is kept of the answer, as JSON; or list what can be done, or was."""
    if past and action:
        refuse("give an ACTION, or --past")
    if past:
        _list_past(integration, as_json)
    elif not action:
        _list_actions(integration, as_json)
    else:
        done = _do(integration, action, _values(given), file, key)
        told = {"action": action, "key": done.key, "repeated": done.repeated, "result": done.result}
        output.print_json(told if as_json else done.result)


def _do(integration: str, action: str, values: dict[str, Any], files: Sequence[str], key: str | None) -> Done:
    from runner.cli.progress import sending
    from runner.cli.workshop import chosen, in_house
    from runner.engine.actions.act import find_action
    from runner.engine.actions.once import once

    async def work(house: House) -> Done:
        found = await house.store.database.read(lambda c: chosen(c, integration))
        wanted = find_action(house.connectors.get(found.connector), action).files
        with sending(action) as hear:
            return await once(house, found, action, {**values, **_chosen(files, wanted)}, key, hear)

    return in_house(work)


def _chosen(files: Sequence[str], wanted: Sequence[str]) -> dict[str, Path]:
    """Paths by the inputs that they are for; the name may be left out where only one takes a file."""
    from runner.model.words import suggest

    found = {}
    for text in files:
        name, is_named, path = text.partition("=")
        if is_named and name not in wanted and not Path(text).exists():
            refuse(f"--file {text}: `{name}` is no input that takes a file ({suggest(name, wanted) or 'none does'})")
        if not is_named or name not in wanted:
            if not wanted:
                refuse(f"--file {text}: no input of the action takes a file; leave it out")
            if len(wanted) > 1:
                refuse(f"--file {text}: say for which input: {', '.join(f'{one}=PATH' for one in wanted)}")
            name, path = wanted[0], text
        found[name] = Path(path)
    return found


def _values(given: str) -> dict[str, Any]:
    import json

    try:
        values = json.loads(sys.stdin.read() if given == "-" else given)
    except ValueError:
        refuse("--input is not JSON")
    if not isinstance(values, dict):
        refuse("--input is a JSON object, one value for each input of the action")
    return values


def _list_actions(integration: str, as_json: bool) -> None:
    from runner.cli.workshop import chosen, in_house
    from runner.service.act_shapes import shown

    async def work(house: House) -> list[ActionShape]:
        found = await house.store.database.read(lambda c: chosen(c, integration))
        return [*shown(house.connectors.get(found.connector))]

    rows = [one.model_dump(mode="json") if as_json else _row(one) for one in in_house(work)]
    output.listing(rows, ACTIONS, as_json, "the connector has no actions")


def _row(one: ActionShape) -> dict[str, Any]:
    given = " ".join(name if name in one.input["required"] else f"[{name}]" for name in one.input["properties"])
    return {"action": one.name, "does": one.title, "input": given, "result": " ".join(one.result), "repeat": one.repeat}


def _list_past(integration: str, as_json: bool) -> None:
    from runner.cli.workshop import chosen, look
    from runner.service.act_shapes import ActShape
    from runner.store import acts

    def work(connection: Connection) -> list[dict[str, Any]]:
        found = acts.find(connection, chosen(connection, integration).id)
        return [ActShape.of(one).model_dump(mode="json") for one in found]

    output.listing(look(work), PAST, as_json, "nothing was asked for yet")
