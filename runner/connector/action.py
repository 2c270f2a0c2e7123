"""A call that changes something at a partner."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import Field as Declared
from pydantic import model_validator

from runner.components.block import Block, Name, refusal
from runner.components.catalog import AnyUpload
from runner.connector.call import Call
from runner.connector.input import Input, object_flaws, object_schema
from runner.connector.together import Together
from runner.mapping.expression import Expression

_KEYS = UUID("6f0d1a52-6d1c-4b0e-9b65-3d5c1a0f7e21")
"""The namespace of idempotency keys (RFC 9562 section 5.5)."""


class Find(Block):
    """How to see whether an earlier, broken-off try did create the thing after all.

        find: {endpoint: search_projects, with: {query: name}, same: [name, address.street_address_1]}

    The endpoint is asked with values of what was to be sent; an item whose `same` paths all equal those of what was to
    be sent, nulls too, is the thing; where all of them are null, nobody can look, and the outcome stays unknown. Asked
    only after a try whose outcome is unknown: partners without idempotency keys.
    """

    endpoint: Name = Declared(description="The endpoint that searches.")
    hand_over: dict[str, Expression] = Declared(
        {}, alias="with", description="Its input, read from what was to be sent."
    )
    same: list[Expression] = Declared(
        min_length=1, description="Paths that must be equal on both sides, not all of them null."
    )


class Before(Block):
    """What is read at every try, just before it is sent: for partners that lock by version.

    QuickBooks takes a change of a customer only with the version that it has now, and refuses a stale one:

        before: {endpoint: customer, with: {id: id}}
        json: {Id: "{{ input.id }}", SyncToken: "{{ before.SyncToken }}"}
        errors: [{when: "Fault.Error[?code == '5010']", do: retry}]

    `{{ before }}` is the endpoint's one payload. A `retry` of the action's own `errors` reads it anew. What is not
    there any more is not changed: the action ends as `skip_record` does; unless it is `optional`, for an action that
    then makes it: `{{ before }}` is null, as in `Id: "{{ before.Id if before else none }}"`.
    """

    endpoint: Name = Declared(description="The endpoint that reads one thing.")
    hand_over: dict[str, Expression] = Declared(
        {}, alias="with", description="The endpoint's input, read from that of the action."
    )
    optional: bool = Declared(False, description="Whether it may be missing; it is null then.")


class Idempotency(Block):
    """A key by which the partner knows a second try of the same thing, and does it once.

        params: {requestid: "{{ idempotency.key }}"}
        idempotency: {form: uuid}

    All tries of one creation have the same key, those of another creation have another; the action is then
    `repeatable`. `result` may read it too: `{id: id || idempotency.key}`, where the key is the thing's own id and the
    partner answers a second try without it.
    """

    form: Literal["uuid", "hex"] = Declared(
        description="How it is written: as a UUID, or as 32 of the characters 0 to 9 and a to f."
    )

    def key(self, origin: str) -> str:
        """The key of what has this origin."""
        made = uuid5(_KEYS, origin)
        return str(made) if self.form == "uuid" else made.hex


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
        {}, description="What to keep of the answer, and of the `input` beside it; `id` is remembered as the link."
    )
    find: Find | None = Declared(None, description="How to find what an earlier, broken-off try created.")
    before: Before | None = Declared(None, description="What is read before each try, as `{{ before }}`.")
    idempotency: Idempotency | None = Declared(
        None, description="A key that the partner does a thing once by, as `{{ idempotency.key }}`."
    )
    upload: AnyUpload | None = Declared(None, description="How a file that is too large for one call is sent.")
    together: Together | None = Declared(None, description="How several things go into one call.")

    @model_validator(mode="after")
    def _takes_them_together(self) -> Action:
        """What `together` needs beside it."""
        how = self.together
        if how is None:
            return self
        taken = self.input.get(how.input)
        if taken is None or taken.type != "list":
            raise refusal(f"`together` puts things into `{how.input}`, which is no input of type list", "declare it so")
        if "results" not in self.result:
            raise refusal("nothing says what became of each thing", "add `results: <path of the list>` to `result`")
        if self.leaves_doubt:
            message = "a call with several things must be safe to repeat: which of them were done, nobody could tell"
            raise refusal(message, "say `repeatable: true` where it is, else leave `together` out")
        return self

    @property
    def each(self) -> dict[str, Input] | None:
        """What one thing may hold that the action is given: its input, or that of one of those it takes together. None
        where that may be anything."""
        if self.together is None:
            return self.input
        items = self.input[self.together.input].items
        return items.fields if items is not None else None

    @property
    def files(self) -> list[str]:
        """The inputs that are files."""
        return [name for name, one in self.input.items() if one.type == "file"]

    @property
    def may_repeat(self) -> bool:
        """Whether it can be sent again, as it is, after a try whose outcome is unknown."""
        return self.idempotency is not None or super().may_repeat

    @property
    def leaves_doubt(self) -> bool:
        """Whether a creation of unknown outcome must be settled before the record, as it is by then, is sent."""
        return self.idempotency is not None or not super().may_repeat

    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The input with nulls for what is left out."""
        return {name: given.get(name) for name in self.input}

    @property
    def input_schema(self) -> dict[str, Any]:
        """What the caller gives, as JSON Schema (draft 2020-12)."""
        return {**object_schema(self.input), "type": "object"}

    def flaws(self, given: dict[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with an input: the path of each value that does not fit, and why."""
        return list(object_flaws(self.input, given))
