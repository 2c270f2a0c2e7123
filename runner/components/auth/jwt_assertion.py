"""OAuth 2.0: a statement that we sign is traded for a token."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.auth.assertion import JWT_BEARER, Assertion
from runner.components.auth.base import Flow, Scope
from runner.components.auth.oauth2 import OAuth2
from runner.model.credential import Credential


class JwtAssertion(OAuth2):
    """A JSON Web Token that we sign with a key of our own is traded for an access token (RFC 7523 section 2.1).

    The partner's token endpoint answers `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` and the assertion with

        {"access_token": "00D...", "token_type": "Bearer"}

    and nobody consents but the admin who admitted the key:

        auth:
          type: jwt_assertion
          token_url: "{{ environment.login }}/services/oauth2/token"
          assertion:
            key: "{{ app.private_key }}"
            claims: {iss: "{{ app.client_id }}", sub: "{{ settings.user }}", aud: "{{ environment.login }}"}

    A new one is signed when the token is about to end. The client says nothing of itself beside it, unless
    `client_auth` is `body` or `basic`.
    """

    example: ClassVar[str] = (
        '{type: jwt_assertion, token_url: "{{ environment.login }}/token", '
        'assertion: {key: "{{ app.private_key }}", claims: {iss: "{{ app.client_id }}"}}}'
    )
    flow: ClassVar[Literal["code", "token", "static"]] = "token"
    type: Literal["jwt_assertion"] = Field(description="A statement that we sign is traded for a token.")
    assertion: Assertion = Field(description="What we sign.")
    client_auth: Literal["body", "basic", "none", "assertion"] = Field(
        "none",
        description="Whether the client says who it is beside the assertion: in the body, by HTTP Basic, or not.",
    )

    def obtain(self, scope: Scope, now: datetime) -> Flow:
        return (yield from self.refresh(scope, Credential(), now))

    def refresh(self, scope: Scope, credential: Credential, now: datetime) -> Flow:
        fields = {"assertion": self.assertion.write(scope, now), "scope": self.scope_text()}
        return (yield from self.ask(scope, credential, now, JWT_BEARER, fields))

    def client_fields(self, scope: Scope, now: datetime) -> dict[str, str]:
        return {} if self.client_auth in ("none", "assertion") else super().client_fields(scope, now)
