"""A call that changes something at a partner."""

from __future__ import annotations

from typing import Any

from pydantic import Field as Declared

from runner.components.block import Block, Name
from runner.connector.call import Call
from runner.connector.field import Input
from runner.mapping.expression import Expression


class Find(Block):
    """How to see whether an earlier, broken-off try did create the thing after all.

        find: {endpoint: search_projects, with: {query: name}, same: [name, address.street_address_1]}

    The endpoint is asked with values of what was to be sent; an item whose `same` paths all equal those of what was to
    be sent is the thing. Asked only after a try whose outcome is unknown: partners without idempotency keys.
    """

    endpoint: Name = Declared(description="The endpoint that searches.")
    hand_over: dict[str, Expression] = Declared(
        {}, alias="with", description="Its input, read from what was to be sent."
    )
    same: list[Expression] = Declared(
        min_length=1, description="Paths that must be equal on both sides, none of them null."
    )


class Action(Call):
    """A call that changes something at a partner: typed input, a request, and what to keep of the answer.

    actions:
      create_project:
        input: {name: {title: Name}, address: {type: object, required: false}}
        post: /projects
        json: {name: "{{ input.name }}", address: "{{ input.address }}"}
        result: {id: id, url: project_url}
    """

    title: str | None = Declared(None, description="What it does, in plain words.")
    input: dict[Name, Input] = Declared({}, description="What the caller gives.")
    result: dict[Name, Expression] = Declared(
        {}, description="What to keep of the answer; `id` is remembered as the link."
    )
    find: Find | None = Declared(None, description="How to find what an earlier, broken-off try created.")

    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The input with nulls for what is left out, whole numbers as text where text is asked for."""
        return {name: given.get(name) for name in self.input}

    def flaws(self, given: dict[str, Any]) -> list[str]:
        """What is wrong with an input, one sentence a field."""
        wrong = [
            f"`{name}` is not an input; there are: {', '.join(self.input)}" for name in given if name not in self.input
        ]
        for name, declared in self.input.items():
            flaw = declared.flaw(given.get(name))
            if flaw:
                wrong.append(f"`{name}` {flaw}")
        return wrong
