"""One integration in words: how it stands, and every move that it made."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from sqlalchemy import Connection

from runner.cli.output import print_json, table
from runner.cli.workshop import chosen, look
from runner.model.integration import Integration
from runner.service.shapes import ChangeShape, IntegrationShape, SubscriptionShape
from runner.store import changes, subscriptions

MOST = 1000
_COLUMNS = ("change", "at", "event", "state", "reason", "host", "note")


def show(text: str, as_json: bool) -> None:
    """Print the integration that a person means."""
    found, moves, hooks = look(lambda connection: _read(connection, text))
    if as_json:
        told = [one.model_dump(mode="json") for one in moves]
        asked = [one.model_dump(mode="json") for one in hooks]
        print_json({**IntegrationShape.of(found).model_dump(mode="json"), "subscriptions": asked, "changes": told})
        return
    for line in lines(found, moves, hooks):
        typer.echo(line)


def lines(found: Integration, moves: list[ChangeShape], hooks: list[SubscriptionShape]) -> Iterator[str]:
    """The screen: who it is, how it stands and since when, why and what mends it, the webhooks that were asked for,
    then the moves."""
    yield f"{found.id}  {found.company}/{found.connector}  {found.environment}"
    account = found.account_name or found.account_id
    yield f"{found.state.value} since {found.since:%Y-%m-%d %H:%M}" + (f", account {account}" if account else "")
    if found.reason:
        yield f"{found.reason.message} ({found.reason.code})"
        yield f"-> {found.reason.remedy}" if found.reason.remedy else ""
    for one in hooks:
        ends = f", until {one.expires_at:%Y-%m-%d %H:%M}" if one.expires_at else ""
        yield f"webhooks {one.state} since {one.made_at:%Y-%m-%d %H:%M}{ends}" + (f": {one.note}" if one.note else "")
    yield ""
    yield from table([_row(one) for one in moves], _COLUMNS)


def _read(connection: Connection, text: str) -> tuple[Integration, list[ChangeShape], list[SubscriptionShape]]:
    found = chosen(connection, text)
    moves = [ChangeShape.of(one) for one in changes.find(connection, found.id, limit=MOST)]
    return found, moves, [SubscriptionShape.of(one) for one in subscriptions.of(connection, found.id)]


def _row(one: ChangeShape) -> dict[str, object]:
    return {
        "change": one.id,
        "at": f"{one.at:%Y-%m-%d %H:%M:%S}",
        "event": one.event,
        "state": one.state,
        "reason": one.reason.code if one.reason else None,
        "host": one.telling,
        "note": one.note,
    }
