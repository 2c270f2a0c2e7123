"""What the API and `runner act` are asked and tell of actions, as models: OpenAPI is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.engine.actions.once import Done, offered
from runner.model.act import Act
from runner.service.api_shapes import Sent
from runner.service.shapes import Shape


class ActionShape(Shape):
    """Something that can be changed at the partner."""

    name: str
    title: str | None
    input: dict[str, Any] = Field(description="JSON Schema (draft 2020-12) of what is to be given as `input`")
    result: list[str] = Field(description="The names of what is kept of the answer; `id` is the new thing's")
    repeat: str = Field(
        description="What is done when an answer is lost and the same key comes again: `safe`, it is sent again, "
        "which does no harm; `key`, so too, with a key by which the partner does it once; `find`, it is looked for "
        "first; `never`, a person must look"
    )

    @classmethod
    def of(cls, name: str, action: Action) -> ActionShape:
        """An action as it is shown."""
        return cls(
            name=name,
            title=action.title,
            input=action.input_schema,
            result=[*action.result],
            repeat=_repeat(action),
        )


def _repeat(action: Action) -> str:
    if action.idempotency is not None:
        return "key"
    if action.may_repeat:
        return "safe"
    return "find" if action.find is not None else "never"


def shown(connector: Connector) -> Iterator[ActionShape]:
    """The actions of a connector that may be asked for."""
    for name, action in offered(connector).items():
        yield ActionShape.of(name, action)


class Actions(BaseModel):
    """What can be changed at the partner of an integration."""

    actions: list[ActionShape]


class ActNow(Sent):
    """What an action is given."""

    input: dict[str, Any] = Field({}, description="One value for each input of the action; see its JSON Schema")


class ActDone(BaseModel):
    """What came of an action."""

    action: str
    key: str = Field(description="The act's key: yours of the header Idempotency-Key, or one that was made")
    result: dict[str, Any] = Field(description="What was kept of the partner's answer")
    repeated: bool = Field(description="Whether it was done earlier, by the same key")

    @classmethod
    def of(cls, action: str, done: Done) -> ActDone:
        """An act as it is answered."""
        return cls(action=action, key=done.key, result=done.result, repeated=done.repeated)


class ActShape(Shape):
    """An act and what came of it, without its input."""

    key: str
    action: str
    state: str = Field(description="sent, done, refused by the partner, or unknown: perhaps it was done")
    at: datetime
    made_id: str | None = Field(description="What the partner calls the thing that was made or changed")
    note: str | None = Field(description="Why it was refused, or why nobody knows")
    words: str = Field(description="The partner's own words")
    status: int | None = Field(description="The status of the partner's answer, where it was not a good one")

    @classmethod
    def of(cls, found: Act) -> ActShape:
        """An act as it is listed."""
        names = set(cls.model_fields) - {"state"}
        return cls(**{name: getattr(found, name) for name in names}, state=found.state.value)


class WhichActs(Sent):
    """Which acts to list, the latest first."""

    state: Literal["sent", "done", "refused", "unknown"] | None = None
    limit: int = Field(100, ge=1, le=1000)


class Acts(BaseModel):
    """What was asked for by hand, and what came of it."""

    acts: list[ActShape]
