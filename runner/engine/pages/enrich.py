"""Payloads completed by further calls, before they are processed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from runner.connector.connector import Connector
from runner.connector.enrich import Enrich
from runner.engine.abreast import abreast
from runner.engine.house import House
from runner.engine.pages.course import Course
from runner.errors import MappingError, RecordSkipped, UnexpectedResponse
from runner.model.integration import Integration
from runner.model.record import as_id
from runner.store.statements import chunks


async def completed(
    house: House, connector: Connector, integration: Integration, rules: Sequence[Enrich], payloads: Collection[Any]
) -> Collection[Any]:
    """The payloads in their order, each with its answers; as they came where there is nothing to add.

    Raises the PartnerError family of the calls; MappingError when an endpoint's input cannot be read of them.
    """
    found = payloads
    for rule in rules:
        found = await _Work(house, connector, integration, rule).run(list(found))
    return found


class _Work:
    def __init__(self, house: House, connector: Connector, integration: Integration, rule: Enrich) -> None:
        self.house, self.connector, self.integration, self.rule = house, connector, integration, rule
        self.gate = asyncio.Semaphore(rule.at_once)

    async def run(self, payloads: list[Any]) -> list[Any]:
        whole = [payload for payload in payloads if isinstance(payload, dict)]
        made = await abreast(self._part(part) for part in chunks(whole, self.rule.most))
        answers = {id(payload): answer for part in made for payload, answer in part}
        return [
            {**payload, self.rule.as_: answers[id(payload)]} if isinstance(payload, dict) else payload
            for payload in payloads
        ]

    async def _part(self, payloads: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], Any]]:
        """One call: each payload with its answer."""
        rule = self.rule
        try:
            given = asked_with(self.connector, rule, [one for one in payloads if self._is_named(one)])
            course = Course(self.house, self.connector, self.integration, rule.endpoint, input=given)
            async with self.gate:
                came = await course.everything()
        except RecordSkipped:
            came = []
        except MappingError as error:  # the payload is looked at all the same, and quarantined if it is not whole
            self.house.log.warning(
                "not-enriched", integration=self.integration.id, endpoint=rule.endpoint, message=str(error)
            )
            came = []
        if rule.key is None or rule.of is None:
            return [(payloads[0], self._only(came))]
        known = {as_id(rule.key.search(answer)): answer for answer in came if answer is not None}
        return [(payload, known.get(as_id(rule.of.search(payload)) or "")) for payload in payloads]

    def _is_named(self, payload: Any) -> bool:
        return self.rule.of is None or as_id(self.rule.of.search(payload)) is not None

    def _only(self, came: list[Any]) -> Any:
        if len(came) > 1:
            raise UnexpectedResponse(
                f"endpoint `{self.rule.endpoint}` answers {len(came)} things where `enrich` wants one (say with `key` "
                "and `of` which is whose)"
            )
        return came[0] if came else None


def asked_with(connector: Connector, rule: Enrich, payloads: Sequence[Any]) -> dict[str, Any]:
    """The input of a call for some payloads; MappingError when it is not what the endpoint asks for."""
    given = {name: expression.search(payloads) for name, expression in rule.hand_over.items()}
    for name, declared in connector.endpoints[rule.endpoint].input.items():
        flaw = declared.flaw(given.get(name))
        if flaw:
            raise MappingError(f"`{name}` for endpoint `{rule.endpoint}` {flaw}")
    return given
