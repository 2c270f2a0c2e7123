"""The host's own address as a destination.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from runner.components.destinations.base import Destination


class WebhookDestination(Destination):
    """Records are posted to an address, signed in the form of Standard Webhooks.

    destinations:
      host: {type: webhook, url: https://app.example.com/hooks/records, batch: 50}

    RUNNER_DESTINATION_<NAME>_SECRET signs: `whsec_` and base64 of 24 to 64 bytes, two of them, separated by a comma,
    while the receiver changes over. The body is `{"type": "record.changed", "timestamp": ..., "data": {...}}`; with
    `batch` more than 1, `{"type": "records.changed", ..., "data": {"changes": [...]}}`. Each change has a `key`, the
    same for every try, so that a repetition is known. What is answered 2xx has arrived; 400, 409, 413 and 422 refuse it
    for good (of a batch, each change is then sent alone, so that only the bad one is refused); any other answer, or
    none, is tried again later.
    """

    example: ClassVar[str] = "{type: webhook, url: https://app.example.com/hooks/records, batch: 50}"
    type: Literal["webhook"] = Field(description="An address that takes signed posts.")
    url: Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\[\]:-]+(/[^\s@]*)?$")] = Field(
        description="Where to post."
    )
    batch: int = Field(1, ge=1, le=500, description="How many changes one post holds at the most.")

    @property
    def most(self) -> int:
        return self.batch
