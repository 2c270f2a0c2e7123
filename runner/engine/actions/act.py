"""Run one action of a connector."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from runner.connector.action import Action, Before
from runner.connector.connector import Connector
from runner.engine import tally
from runner.engine.actions.upload import Hear, send_files
from runner.engine.house import House
from runner.engine.pages.payloads import one
from runner.errors import BadInput, MappingError, NotFound, RecordSkipped, UnexpectedResponse
from runner.model.http import Response
from runner.model.integration import Integration


async def act(
    house: House,
    integration: Integration,
    name: str,
    given: Mapping[str, Any],
    hear: Hear | None = None,
    origin: str | None = None,
) -> dict[str, Any]:
    """Change something at a partner; returns what the action keeps of the answer. `hear` is told how far a file is.

    BadInput names every value of the input that is wrong. Raises the PartnerError family.
    """
    connector = house.connectors.get(integration.connector)
    try:
        return await perform(house, connector, integration, name, given, origin, hear)
    finally:
        made = house.tally.take(integration.id)
        await house.store.database.write(lambda connection: tally.save(connection, integration.id, made))


async def perform(
    house: House,
    connector: Connector,
    integration: Integration,
    name: str,
    given: Mapping[str, Any],
    origin: str | None = None,
    hear: Hear | None = None,
) -> dict[str, Any]:
    """`act` for callers that count calls themselves. `origin` is the same text for all tries of the same thing, where
    the partner takes a key; without one each call is a thing of its own."""
    action = check_input(connector, name, given)
    whole = action.complete(dict(given))
    ahead = partial(_read, house, connector, integration, name, action.before, whole) if action.before else None
    more: dict[str, Any] = {}
    if action.idempotency is not None:
        more["idempotency"] = {"key": action.idempotency.key(origin or uuid4().hex)}
    call = partial(house.caller.call, connector, integration=integration)
    if any(whole[key] is not None for key in action.files):

        async def send(step: Action, values: Mapping[str, Any]) -> Response:
            own = {"ahead": ahead, **more} if step is action else {}
            return await call(step, input=values, **own)

        response = await send_files(house, integration, connector, name, whole, send, hear)
    else:
        response = await call(action, input=whole, ahead=ahead, **more)
    return kept(action, name, response, {**more, "input": whole})


async def _read(
    house: House, connector: Connector, integration: Integration, name: str, before: Before, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What `before` reads; RecordSkipped when it is not there, and has to be."""
    endpoint = connector.endpoints[before.endpoint]
    asked = {key: rule.search(given) for key, rule in before.hand_over.items()}
    found = one(endpoint, before.endpoint, await house.caller.call(connector, endpoint, integration, input=asked))
    if not found and before.optional:
        return {"before": None}
    if not found:
        raise RecordSkipped(f"{connector.title} `{name}`: what it would change is not there (`{before.endpoint}`)")
    if len(found) > 1:
        raise UnexpectedResponse(
            f"{connector.title} `{name}`: endpoint `{before.endpoint}` answers {len(found)} things where `before` "
            "wants one (name an endpoint that reads one thing)"
        )
    return {"before": found[0]}


def check_input(connector: Connector, name: str, given: Mapping[str, Any]) -> Action:
    """The action, when this input fits it; BadInput names every place where it does not."""
    action = find_action(connector, name)
    flaws = action.flaws(dict(given))
    if flaws:
        told = "; ".join(f"`{where}` {words}" for where, words in flaws)
        raise BadInput(f"{connector.title} `{name}`: {told}", flaws)
    return action


def find_action(connector: Connector, name: str) -> Action:
    """The action of that name; NotFound lists those there are."""
    if name not in connector.actions:
        there = ", ".join(connector.actions) or "none"
        raise NotFound(f"{connector.connector} has no action `{name}` (there are: {there})")
    return connector.actions[name]


def kept(action: Action, name: str, response: Response, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What an action keeps of an answer; it reads `more` beside it."""
    body = {**response.json, **(more or {})} if isinstance(response.json, dict) else response.json
    try:
        return {key: rule.search(body) for key, rule in action.result.items()}
    except MappingError as error:
        raise UnexpectedResponse(f"`{name}`: {error}", status=response.status, unsure=True) from None
