"""What the OAuth 2.0 grants share (RFC 6749). Authlib writes the requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from runner.components.auth.base import Auth, Flow, Granted, Scope, with_header, with_param, written
from runner.components.auth.token import Token
from runner.components.block import Block
from runner.mapping.expression import Expression
from runner.mapping.template import Template
from runner.model.credential import Credential
from runner.model.http import Request, Response

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Send(Block):
    """Where the access token goes.

    send: {header: X-Access-Token, value: "{{ access_token }}"}
    """

    header: str | None = Field(None, description="The header's name; `Authorization` when nothing is said.")
    query: str | None = Field(None, description="The query parameter's name, in place of a header.")
    value: Template = Field("Bearer {{ access_token }}", validate_default=True, description="The value to send.")

    @model_validator(mode="after")
    def _has_one_place(self) -> Send:
        if self.header and self.query:
            raise PydanticCustomError(
                "wrong-value", "{message}", {"message": "a token goes in one place", "remedy": "name header or query"}
            )
        return self


class Capture(Block):
    """What to keep of the answers while connecting; read later as `{{ account.<name> }}`.

    capture: {callback: {realm_id: realmId}, token: {api_domain: api_domain}}
    """

    callback: dict[str, Expression] = Field({}, description="JMESPath over the callback's query parameters.")
    token: dict[str, Expression] = Field({}, description="JMESPath over the token endpoint's answer.")


class OAuth2(Auth):
    """What the OAuth 2.0 grants share."""

    token_url: Template = Field(description="The token endpoint.", examples=["{{ environment.auth }}/connect/token"])
    client_id: Template = Field("{{ app.client_id }}", validate_default=True, description="The client id.")
    client_secret: Template = Field("{{ app.client_secret }}", validate_default=True, description="The client secret.")
    client_auth: Literal["body", "basic", "none"] = Field(
        "body", description="How the token endpoint learns who asks: form fields, HTTP Basic, or only the client id."
    )
    scopes: list[str] = Field([], description="The scopes to ask for.", examples=[["read", "write"]])
    scope_separator: str = Field(" ", description="What stands between scopes.")
    token_params: dict[str, Template] = Field({}, description="Further form fields for the token endpoint.")
    token: Token = Field(default_factory=Token, description="How long tokens live and what a refresh gives.")
    capture: Capture = Field(default_factory=Capture, description="What to keep of the answers.")
    send: Send = Field(default_factory=Send, description="Where the access token goes.")

    def sign(self, request: Request, scope: Scope) -> Request:
        value = written(self.send.value, scope, "the access token")
        if self.send.query:
            return with_param(request, self.send.query, value)
        return with_header(request, self.send.header or "Authorization", value)

    def is_due(self, credential: Credential, now: datetime) -> bool:
        """`refresh_before` the token's end, yet never in the first half of its life."""
        margin = self.token.refresh_before
        if credential.issued_at and credential.expires_at:
            margin = min(margin, (credential.expires_at - credential.issued_at) / 2)
        return credential.expires_within(margin, now)

    def ask(self, scope: Scope, old: Credential, now: datetime, grant_type: str, fields: dict[str, str | None]) -> Flow:
        """Ask the token endpoint for one grant."""
        response = yield self._request(scope, grant_type, fields)
        credential = self.token.read(response, old, now)
        return Granted(credential, self._captured(response))

    def scope_text(self) -> str | None:
        """The scopes as the partner wants them; None when there are none."""
        return self.scope_separator.join(self.scopes) or None

    def _request(self, scope: Scope, grant_type: str, fields: dict[str, str | None]) -> Request:
        client_id = written(self.client_id, scope, "the client id")
        given = {name: value for name, value in fields.items() if value is not None}
        auth = None
        if self.client_auth != "basic":
            given["client_id"] = client_id
        if self.client_auth == "body":
            given["client_secret"] = written(self.client_secret, scope, "the client secret")
        if self.client_auth == "basic":
            auth = (client_id, written(self.client_secret, scope, "the client secret"))
        for name, template in self.token_params.items():
            given[name] = written(template, scope, f"the token parameter {name}")
        from authlib.oauth2.rfc6749.parameters import prepare_token_request  # slow to import, rarely needed

        body: str = prepare_token_request(grant_type, **given)
        url = written(self.token_url, scope, "the token endpoint")
        return Request("POST", url, headers=_FORM, content=body.encode(), auth=auth)

    def _captured(self, response: Response) -> dict[str, Any]:
        found = {name: path.search(response.json) for name, path in self.capture.token.items()}
        return {name: value for name, value in found.items() if value is not None}
