"""A key in a header or in the query."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from runner.components.auth.base import Auth, Scope, with_header, with_param, written
from runner.mapping.template import Template
from runner.model.http import Request


class ApiKey(Auth):
    """A key in a header or in the query.

    The partner lets in requests with `Teamup-Token: <key>`:

        app: {token: {title: API key, secret: true}}
        auth: {type: api_key, name: Teamup-Token, value: "{{ app.token }}"}

    With `in: query` the key is the query parameter `name`. Prefer the header: addresses end up in other people's logs.
    """

    example: ClassVar[str] = '{type: api_key, name: Teamup-Token, value: "{{ app.token }}"}'
    type: Literal["api_key"] = Field(description="A key in a header or in the query.")
    name: str = Field(description="The header's or parameter's name.", examples=["X-Api-Key"])
    in_: Literal["header", "query"] = Field("header", alias="in", description="Where the key goes.")
    value: Template = Field(description="The key.", examples=["{{ settings.api_key }}"])

    def sign(self, request: Request, scope: Scope) -> Request:
        value = written(self.value, scope, "the key")
        return (with_header if self.in_ == "header" else with_param)(request, self.name, value)
