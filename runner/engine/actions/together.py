"""Create several things by one call of an action that takes them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.connector.connector import Connector
from runner.connector.together import Together
from runner.engine.actions.act import perform
from runner.engine.house import House
from runner.errors import BadInput, UnexpectedResponse
from runner.model.integration import Integration

Made = dict[str, Any] | Exception
"""The `id` of one thing, or why it was not made."""


async def create_together(
    house: House,
    connector: Connector,
    destination: Integration,
    name: str,
    how: Together,
    things: Sequence[Mapping[str, Any]],
) -> list[Made]:
    """What became of each, in order. When the call as a whole is refused, each is sent alone, so that a bad one fails
    alone. Raises the PartnerError family for what concerns all of them."""
    try:
        result = await perform(house, connector, destination, name, {how.input: [dict(thing) for thing in things]})
    except (UnexpectedResponse, BadInput) as error:
        if len(things) == 1 or (isinstance(error, UnexpectedResponse) and error.unsure):
            return [error] * len(things)
        alone = [await create_together(house, connector, destination, name, how, [thing]) for thing in things]
        return [made for one in alone for made in one]
    results = result["results"]
    if not isinstance(results, list) or len(results) != len(things):
        told = len(results) if isinstance(results, list) else "no"
        raise UnexpectedResponse(
            f"{connector.title} `{name}` answers {told} results for {len(things)} things (mend `results` of `result`)"
        )
    return [_made(connector, name, how, one) for one in results]


def _made(connector: Connector, name: str, how: Together, one: Any) -> Made:
    words = how.error.search(one) if how.error is not None else None
    if words:
        refused = UnexpectedResponse(f"{connector.title} `{name}` refuses it: {words}", code="refused-in-batch")
        refused.words = str(words)[:300]
        return refused
    return {"id": how.id.search(one)} if how.id is not None else {}
