"""A code that the partner sends, and that an action gives back to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Name
from runner.components.handshakes.base import Handshake, Reply, body_of
from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.model.event import Delivery
from runner.model.secret import Secret

LONGEST_VALUE = 500


class Confirm(Handshake):
    """The partner POSTs a code, which an action must give back to it before events come.

    Hover sends `{"event": "verification-code", "code": "8f14..."}`:

        handshake: {type: confirm, when: event == 'verification-code', action: confirm_webhook, with: {code: code}}

    It is answered 200, signed or not, and kept like an event; then the action runs for the integration that the address
    names.
    """

    example: ClassVar[str] = "{type: confirm, when: event == 'code', action: confirm_webhook, with: {code: code}}"
    type: Literal["confirm"] = Field(description="A code that an action gives back.")
    when: Expression = Field(description="Read from the body: true for such a request.")
    action: Name = Field(description="The action that gives it back.")
    hand_over: dict[str, Expression] = Field({}, alias="with", description="The action's input, read from the body.")

    @property
    def method(self) -> Literal["POST"]:
        return "POST"

    def answer(self, delivery: Delivery, secrets: Sequence[Secret], app: Mapping[str, Any]) -> Reply | None:
        """`later` is the action's input."""
        body = body_of(delivery) if delivery.method == self.method else None
        try:
            if not isinstance(body, dict) or not self.when.test(body):
                return None
            given = {name: rule.search(body) for name, rule in self.hand_over.items()}
        except MappingError:
            return None
        if any(not isinstance(value, str | int) or len(str(value)) > LONGEST_VALUE for value in given.values()):
            return None
        return Reply(later=given)
