"""Run one action of a connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.engine import tally
from runner.engine.house import House
from runner.errors import MappingError, NotFound, PushError, UnexpectedResponse
from runner.model.http import Response
from runner.model.integration import Integration


async def act(house: House, integration: Integration, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Change something at a partner; returns what the action keeps of the answer.

    PushError names every field of the input that is wrong. Raises the PartnerError family.
    """
    connector = house.connectors.get(integration.connector)
    try:
        return await perform(house, connector, integration, name, given)
    finally:
        made = house.tally.take(integration.id)
        await house.store.database.write(lambda connection: tally.save(connection, integration.id, made))


async def perform(
    house: House, connector: Connector, integration: Integration, name: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """`act` for callers that count calls themselves."""
    action = find_action(connector, name)
    flaws = action.flaws(dict(given))
    if flaws:
        raise PushError(f"{connector.title} `{name}`: {'; '.join(flaws)}", retry=False)
    response = await house.caller.call(connector, action, integration, input=action.complete(dict(given)))
    return kept(action, name, response)


def find_action(connector: Connector, name: str) -> Action:
    """The action of that name; NotFound lists those there are."""
    if name not in connector.actions:
        there = ", ".join(connector.actions) or "none"
        raise NotFound(f"{connector.connector} has no action `{name}` (there are: {there})")
    return connector.actions[name]


def kept(action: Action, name: str, response: Response) -> dict[str, Any]:
    """What an action keeps of an answer, or of one item of a search."""
    try:
        return {key: rule.search(response.json) for key, rule in action.result.items()}
    except MappingError as error:
        raise UnexpectedResponse(f"`{name}`: {error}", status=response.status) from None
