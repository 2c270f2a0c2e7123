"""No proof at all, said aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from runner.components.block import refusal
from runner.components.verifiers.base import Verifier
from runner.model.event import Delivery
from runner.model.secret import Secret

SHORTEST_REASON = 20


class Unproved(Verifier):
    """The partner proves nothing, and you say why that will do. Anybody who knows the address can send events.

        verify: {type: none, because: The events are only a hint to fetch; the partner sends no proof}

    Let such events do no more than `fetch` or `sync`, so that only the partner's own answers are believed.
    """

    example: ClassVar[str] = "{type: none, because: The events are only a hint to fetch; the partner sends no proof}"
    type: Literal["none"] = Field(description="No proof.")
    because: str = Field(description="Why that will do.")

    @field_validator("because")
    @classmethod
    def _says_why(cls, value: str) -> str:
        if len(value.strip()) < SHORTEST_REASON:
            raise refusal("that is no reason to take events from anybody", "say in a sentence why nothing can go wrong")
        return value

    @property
    def secret_name(self) -> None:
        return None

    @property
    def covers_body(self) -> bool:
        return False

    def proof_headers(self, app: Mapping[str, Any]) -> tuple[str, ...]:
        return ()

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        """Takes everything."""

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        return {}
