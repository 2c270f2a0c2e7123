"""What becomes of a field that both sides may change."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as Declared

from runner.components.block import Block, Name
from runner.mapping.fields import Fields

Policy = Literal["partner_wins", "host_wins", "newest_wins", "only_on_create"]
"""Whose value stays where both sides changed it: that of `from`, that of `to`, that of the record changed last; or both
keep their own once the thing was created."""


class Back(Block):
    """The way back of a rule: what the destination changed goes to the record that it came from.

        theirs: {name: name, notes: description}
        back: {update: update_job, input: {summary: notes}}

    `input` reads the rule's own inputs, as both sides are to have them. Only what differs from what the partner has is
    sent, beside the `id` and what the action cannot do without.
    """

    update: Name = Declared(description="The action of the connector that the record comes from.")
    input: Fields = Declared(description="Its input, read from the rule's inputs.")
