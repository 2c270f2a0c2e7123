"""A token that a person fills in, sent as `Authorization: Bearer`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from runner.components.auth.base import Auth, Scope, with_header, written
from runner.mapping.template import Template
from runner.model.http import Request


class Bearer(Auth):
    """A token that a person fills in (RFC 6750).

    The partner lets in requests with `Authorization: Bearer <access token>`, and the company makes the token itself:

        settings: {access_token: {title: Access token, secret: true}}
        auth: {type: bearer, token: "{{ settings.access_token }}"}
    """

    example: ClassVar[str] = '{type: bearer, token: "{{ settings.access_token }}"}'
    type: Literal["bearer"] = Field(description="A token that a person fills in.")
    token: Template = Field(description="The token.", examples=["{{ settings.access_token }}"])

    def sign(self, request: Request, scope: Scope) -> Request:
        return with_header(request, "Authorization", f"Bearer {written(self.token, scope, 'the token')}")
