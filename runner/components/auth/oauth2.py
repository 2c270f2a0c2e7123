"""What the OAuth 2.0 grants share (RFC 6749). Authlib writes the requests."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import Field, model_validator

from runner.components.auth.assertion import CLIENT_ASSERTION, Assertion
from runner.components.auth.auth_call import rendered
from runner.components.auth.base import Auth, Flow, Granted, Scope, with_header, with_param, written
from runner.components.auth.discovery import Discovery, Endpoints
from runner.components.auth.refused import asked
from runner.components.auth.revoke import Revoke
from runner.components.auth.token import Token
from runner.components.block import Block, refusal
from runner.errors import AuthenticationError, MappingError, UnexpectedResponse
from runner.mapping.expression import Expression
from runner.mapping.template import Template
from runner.model.credential import Credential
from runner.model.http import Request, Response


class Send(Block):
    """Where the access token goes.

    send: {header: X-Access-Token, value: "{{ access_token }}"}
    """

    header: str | None = Field(None, description="The header's name; `Authorization` when nothing is said.")
    query: str | None = Field(None, description="The query parameter's name, in place of a header.")
    value: Template = Field("Bearer {{ access_token }}", validate_default=True, description="The value to send.")

    def sign(self, request: Request, scope: Scope) -> Request:
        """The request with the token of the scope's `access_token`."""
        value = written(self.value, scope, "the access token")
        if self.query:
            return with_param(request, self.query, value)
        return with_header(request, self.header or "Authorization", value)

    @model_validator(mode="after")
    def _has_one_place(self) -> Send:
        if self.header and self.query:
            raise refusal("a token goes in one place", "name header or query")
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
    discovery: Discovery | None = Field(None, description="Where the endpoints are by the partner's own word.")
    client_id: Template = Field("{{ app.client_id }}", validate_default=True, description="The client id.")
    client_secret: Template = Field("{{ app.client_secret }}", validate_default=True, description="The client secret.")
    client_auth: Literal["body", "basic", "none", "assertion"] = Field(
        "body",
        description="How the token endpoint learns who asks: by fields of the body, HTTP Basic, only the client id, or "
        "the signed `assertion` (RFC 7523 section 2.2).",
    )
    assertion: Assertion | None = Field(None, description="What we sign in place of a secret.")
    scopes: list[str] = Field([], description="The scopes to ask for.", examples=[["read", "write"]])
    scope_separator: str = Field(" ", description="What stands between scopes.")
    scopes_granted: Expression | None = Field(
        None,
        description="JMESPath over the token answer: the scopes that were granted, as a list. Fewer than `scopes`, and "
        "the integration does not work until somebody connects again.",
        examples=["split(scope, ' ')"],
    )
    token_json: bool = Field(False, description="Whether the token endpoint wants JSON in place of a form.")
    token_headers: dict[str, Template] = Field({}, description="Further headers for the token endpoint.")
    token_params: dict[str, Template] = Field({}, description="Further fields of the body for the token endpoint.")
    refresh_params: dict[str, Template] = Field({}, description="Further fields of the body of a refresh.")
    token: Token = Field(default_factory=Token, description="How long tokens live and what a refresh gives.")
    capture: Capture = Field(default_factory=Capture, description="What to keep of the answers.")
    send: Send = Field(default_factory=Send, description="Where the access token goes.")
    revoke: Revoke | None = Field(None, description="What to send on disconnect.")

    @model_validator(mode="after")
    def _can_assert(self) -> OAuth2:
        if self.client_auth == "assertion" and self.assertion is None:
            raise refusal(
                "`client_auth: assertion` needs something to sign", "add `assertion: {key: ..., claims: ...}`"
            )
        return self

    def sign(self, request: Request, scope: Scope) -> Request:
        return self.send.sign(request, scope)

    def is_due(self, credential: Credential, now: datetime) -> bool:
        return self.token.is_due(credential, now)

    def revocation(self, scope: Scope, credential: Credential) -> Request | None:
        if self.revoke is None:
            return None
        client = self.client(scope) if self.revoke.client_auth in ("basic", "body") else None
        return self.revoke.request(scope, credential, client)

    def client(self, scope: Scope) -> tuple[str, str]:
        """The client's id and secret. Raises AuthenticationError when one is missing."""
        secret = written(self.client_secret, scope, "the client secret")
        return written(self.client_id, scope, "the client id"), secret

    def ask(self, scope: Scope, old: Credential, now: datetime, grant_type: str, fields: dict[str, str | None]) -> Flow:
        """Ask the token endpoint for one grant. What is null in `fields` is left out."""
        endpoints = yield from self.discover(scope)
        further = rendered(
            {**self.token_params, **(self.refresh_params if grant_type == "refresh_token" else {})}, scope
        )
        given = {name: value for name, value in fields.items() if value is not None} | further
        response = yield self._request(scope, now, endpoints, grant_type, given)
        credential = self.token.read(response, old, now)
        self._check_scopes(response)
        return Granted(credential, self._captured(response))

    def discover(self, scope: Scope) -> Generator[Request, Response, Endpoints]:
        """Where the endpoints are: as written, unless a discovery document tells."""
        return (yield from self.discovery.find(scope)) if self.discovery else Endpoints()

    def scope_text(self) -> str | None:
        """The scopes as the partner wants them; None when there are none."""
        return self.scope_separator.join(self.scopes) or None

    def client_fields(self, scope: Scope, now: datetime) -> dict[str, str]:
        """What tells the token endpoint, in the body, who asks."""
        if self.client_auth == "basic":
            return {}
        fields = {"client_id": written(self.client_id, scope, "the client id")}
        if self.client_auth == "body":
            fields["client_secret"] = written(self.client_secret, scope, "the client secret")
        if self.client_auth == "assertion" and self.assertion:
            fields |= {
                "client_assertion_type": CLIENT_ASSERTION,
                "client_assertion": self.assertion.write(scope, now),
            }
        return fields

    def _request(
        self, scope: Scope, now: datetime, endpoints: Endpoints, grant_type: str, given: dict[str, str]
    ) -> Request:
        fields = {**given, **self.client_fields(scope, now)}
        url = endpoints.token or written(self.token_url, scope, "the token endpoint")
        auth = self.client(scope) if self.client_auth == "basic" else None
        kind, content = _as_json(grant_type, fields) if self.token_json else _as_form(grant_type, fields)
        headers = {"Content-Type": kind, "Accept": "application/json", **rendered(self.token_headers, scope)}
        return Request("POST", url, headers=headers, content=content, auth=auth)

    def _check_scopes(self, response: Response) -> None:
        """An answer that says nothing of scopes grants those that were asked for (RFC 6749 section 5.1)."""
        try:
            granted = self.scopes_granted.search(response.json) if self.scopes_granted else None
        except MappingError:
            raise UnexpectedResponse(
                f"{asked(response)}: auth.scopes_granted cannot read the answer (mend it)"
            ) from None
        lacking = [scope for scope in self.scopes if scope not in granted] if isinstance(granted, list) else []
        if lacking:
            raise AuthenticationError(
                f"the consent lacks {', '.join(lacking)} (connect again, and leave every box ticked)",
                code="scopes-missing",
            )

    def _captured(self, response: Response) -> dict[str, Any]:
        found = {name: path.search(response.json) for name, path in self.capture.token.items()}
        return {name: value for name, value in found.items() if value is not None}


def _as_form(grant_type: str, fields: dict[str, str]) -> tuple[str, bytes]:
    from authlib.oauth2.rfc6749.parameters import prepare_token_request  # slow to import, rarely needed

    return "application/x-www-form-urlencoded", prepare_token_request(grant_type, **fields).encode()


def _as_json(grant_type: str, fields: dict[str, str]) -> tuple[str, bytes]:
    return "application/json", orjson.dumps({"grant_type": grant_type, **fields})
