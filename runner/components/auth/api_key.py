"""A key in a header or in the query, or several headers at once."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from runner.components.auth.auth_call import rendered
from runner.components.auth.base import Auth, Scope, with_header, with_param, written
from runner.components.block import refusal
from runner.errors import AuthenticationError
from runner.mapping.template import Template
from runner.model.http import Request


class ApiKey(Auth):
    """A key in a header or in the query, or several headers at once.

    The partner lets in requests with `Teamup-Token: <key>`:

        app: {token: {title: API key, secret: true}}
        auth: {type: api_key, name: Teamup-Token, value: "{{ app.token }}"}

    With `in: query` the key is the query parameter `name`. Prefer the header: addresses end up in other people's logs.
    A partner that wants several keys gets `headers: {Client-Id: ..., Client-Secret: ...}`; a null one is left out.
    """

    example: ClassVar[str] = '{type: api_key, name: Teamup-Token, value: "{{ app.token }}"}'
    type: Literal["api_key"] = Field(description="A key in a header or in the query, or several headers at once.")
    name: str | None = Field(None, description="The header's or parameter's name.", examples=["X-Api-Key"])
    in_: Literal["header", "query"] = Field("header", alias="in", description="Where the key goes.")
    value: Template | None = Field(None, description="The key.", examples=["{{ settings.api_key }}"])
    headers: dict[str, Template] = Field(
        {}, description="Further headers.", examples=[{"Client-Id": "{{ app.client_id }}"}]
    )

    @model_validator(mode="after")
    def _has_a_key(self) -> ApiKey:
        if (self.name is None) != (self.value is None) or (self.name is None and not self.headers):
            raise refusal("a key needs a name and a value", "give `name` and `value`, or `headers`")
        return self

    def sign(self, request: Request, scope: Scope) -> Request:
        headers = {name: text for name, text in rendered(self.headers, scope).items() if text}
        for name, text in headers.items():
            request = with_header(request, name, text)
        if self.name is not None and self.value is not None:
            value = written(self.value, scope, "the key")
            return (with_header if self.in_ == "header" else with_param)(request, self.name, value)
        if not headers:
            raise AuthenticationError("every key is empty (fill them in and connect again)")
        return request
