"""Actions that do the same for several things in one call."""

from __future__ import annotations

from pydantic import Field as Declared

from runner.components.block import Block, Name
from runner.mapping.expression import Expression


class Together(Block):
    """How an action takes several things at once, and what it answers for each of them.

        input: {contacts: {type: list, items: {type: object, fields: {name: {}}}}}
        put: /contacts/batch
        json: {contacts: "{{ input.contacts }}"}
        result: {results: results}
        together: {input: contacts, most: 100, id: id, error: error.message}

    A delivery rule that creates by it gives one thing a record: they are sent together. `results` of `result` is a list
    of what became of each, in the order in which they were given; `id` and `error` read one of it. A thing for which
    `error` says something is refused, the others are not; where the whole call is refused each is sent alone. The call
    must be safe to repeat.
    """

    input: Name = Declared(description="The input of type list that the things go into.")
    most: int = Declared(50, ge=1, le=500, description="The most things in one call.")
    id: Expression | None = Declared(None, description="The thing's id, for the link.")
    error: Expression | None = Declared(None, description="What was wrong with it; null for what was done.")
