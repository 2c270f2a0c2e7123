"""Payloads completed by further calls, before they are processed."""

from __future__ import annotations

from pydantic import Field as Declared
from pydantic import model_validator

from runner.components.block import Block, Name, refusal
from runner.mapping.expression import Expression


class Enrich(Block):
    """One endpoint is called for every `most` payloads of a page (1 when nothing is said), and each answer goes into
    its payload under `as`.

    A list of jobs comes without their models; the call for one of them brings them:

        enrich: [{as: detail, endpoint: job, with: {id: "[0].id"}}]

    `with` reads the list of the payloads that the call is for. Where one call serves many, the answer of a payload is
    the one whose `key` equals the payload's `of`:

        enrich: [{as: contacts, endpoint: contacts_of_deals, with: {deals: "[].{id: id}"}, most: 100, key: from.id, of: id}]

    What has no answer gets null.
    """  # noqa: E501  # an example in one piece

    as_: Name = Declared(alias="as", description="The key of the payload that takes the answer.")
    endpoint: Name = Declared(description="The endpoint that is called.")
    hand_over: dict[str, Expression] = Declared(
        {}, alias="with", description="The endpoint's input, read from the list of the payloads that the call is for."
    )
    most: int = Declared(1, ge=1, description="How many payloads one call is for.", examples=[100])
    key: Expression | None = Declared(None, description="Read from each answer: which payload it is for.")
    of: Expression | None = Declared(None, description="Read from each payload: which answer is its own.")
    at_once: int = Declared(4, ge=1, le=50, description="How many of these calls are made at once.")

    @model_validator(mode="after")
    def _is_whole(self) -> Enrich:
        if (self.key is None) != (self.of is None):
            raise refusal("`key` and `of` go together", "give both, or none of them")
        if self.most > 1 and self.key is None:
            raise refusal("one call for many payloads must say which answer is whose", "give `key` and `of`")
        return self
