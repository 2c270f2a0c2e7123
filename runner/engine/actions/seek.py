"""Look whether a creation that broke off did create the thing after all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.connector.action import Find
from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.pages.payloads import payloads
from runner.model.integration import Integration


async def alike(
    house: House, connector: Connector, integration: Integration, find: Find, sent: Mapping[str, Any]
) -> list[Any]:
    """The things at the partner that `find` cannot tell from what was to be created. Raises the PartnerError family."""
    wanted = [rule.search(sent) for rule in find.same]
    endpoint = connector.endpoints[find.endpoint]
    given = {name: rule.search(sent) for name, rule in find.hand_over.items()}
    response = await house.caller.call(connector, endpoint, integration, input=given)
    found = payloads(endpoint, find.endpoint, response, is_first=True)
    return [item for item in found if [rule.search(item) for rule in find.same] == wanted]


def can_look(find: Find | None, sent: Mapping[str, Any]) -> bool:
    """Whether what was sent has anything to be found by. Otherwise nobody knows, and nothing is sent again."""
    return find is not None and any(rule.search(sent) is not None for rule in find.same)
