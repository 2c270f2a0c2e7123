"""A user name and a password."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.auth.base import Auth, Scope, written
from runner.mapping.template import Template
from runner.model.http import Request


class Basic(Auth):
    """A user name and a password in every request (RFC 7617).

    The partner lets in requests with `Authorization: Basic base64(app key:app secret)`:

        auth: {type: basic, username: "{{ app.client_id }}", password: "{{ app.client_secret }}"}
    """

    example: ClassVar[str] = '{type: basic, username: "{{ app.client_id }}", password: "{{ app.client_secret }}"}'
    type: Literal["basic"] = Field(description="A user name and a password.")
    username: Template = Field(description="The user name.", examples=["{{ app.client_id }}"])
    password: Template | None = Field(None, description="The password; leave it out where the partner wants none.")

    def sign(self, request: Request, scope: Scope) -> Request:
        password = written(self.password, scope, "the password") if self.password else ""
        return replace(request, auth=(written(self.username, scope, "the user name"), password))
