"""A text that the partner sends and wants to see again: where it stands, and how the answer is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import orjson
from pydantic import Field, model_validator

from runner.components.block import refusal
from runner.components.handshakes.base import LONGEST_CHALLENGE, Handshake, Reply, body_of, param_of
from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.mapping.template import Template, Tree
from runner.model.event import Delivery

SOURCES = ("param", "header", "value")
_VISIBLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
# No browser takes such an answer for a page of ours, whatever a stranger has put into it.
_PLAIN = {"content-type": "text/plain", "x-content-type-options": "nosniff"}
_JSON = {"content-type": "application/json", "x-content-type-options": "nosniff"}


class Challenge(Handshake):
    """A text that the partner sends and wants to see again."""

    asks: Literal["GET", "POST"] = Field("GET", description="The method of the trial.")
    param: str | None = Field(None, description="The query parameter that holds the text.", examples=["challenge"])
    header: str | None = Field(None, description="Or the header that holds it.", examples=["X-Hook-Challenge"])
    value: Expression | None = Field(
        None, description="Or where it is in the body; null for a request that is no trial."
    )
    json_: Tree | None = Field(None, alias="json", description="The JSON to answer with; else the text itself.")
    headers: dict[str, Template] = Field({}, description="Headers to answer with.")

    @model_validator(mode="after")
    def _has_one_source(self) -> Challenge:
        if sum(getattr(self, name) is not None for name in SOURCES) != 1:
            raise refusal("the text comes from one place", "give one of `param`, `header` and `value`")
        if self.value is not None and self.asks == "GET":
            raise refusal("a GET has no body to read `value` from", "say `asks: POST`, or give `param`")
        return self

    @property
    def method(self) -> Literal["GET", "POST"]:
        return self.asks

    def challenge(self, delivery: Delivery) -> str | None:
        """The text; None when there is none, or one that is not to be sent back: too long, or not printable."""
        if delivery.method != self.asks:
            return None
        found = self._found(delivery)
        fine = isinstance(found, str) and 0 < len(found) <= LONGEST_CHALLENGE and found.isprintable()
        return found if fine else None

    def _found(self, delivery: Delivery) -> Any:
        if self.param is not None:
            return param_of(delivery, self.param)
        if self.header is not None:
            return delivery.headers.get(self.header.lower())
        assert self.value is not None  # one of the three is there
        body = body_of(delivery)
        try:
            return self.value.search(body) if body is not None else None
        except MappingError:
            return None

    def written(self, scope: Mapping[str, Any]) -> Reply | None:
        """The answer over `challenge` (and `signature`, where there is one); None when it cannot be written safely."""
        try:
            headers = {name: str(template.render(scope)) for name, template in self.headers.items()}
            if any(not _VISIBLE.fullmatch(text) for text in headers.values()):
                return None
            if self.json_ is not None:
                return Reply(orjson.dumps(self.json_.render(scope)), {**headers, **_JSON})
        except (MappingError, orjson.JSONEncodeError):
            return None
        return Reply(b"" if headers else str(scope["challenge"]).encode("utf-8", "replace"), {**headers, **_PLAIN})
