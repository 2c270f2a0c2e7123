"""OAuth 2.0: the client asks for a token in its own name."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.auth.base import Flow, Scope
from runner.components.auth.oauth2 import OAuth2
from runner.model.credential import Credential


class OAuth2ClientCredentials(OAuth2):
    """The client asks for a token in its own name (RFC 6749 section 4.4): no consent page and no refresh token.

    The partner's token endpoint answers `grant_type=client_credentials` with

        {"access_token": "eyJ...", "expires_in": 900, "token_type": "Bearer"}

    and a new one is asked for before the old one dies:

        auth:
          type: oauth2_client_credentials
          token_url: "{{ environment.auth }}/connect/token"
          client_id: "{{ settings.client_id }}"
          client_secret: "{{ settings.client_secret }}"
          client_auth: body
          token: {lifetime: 15m, refresh_before: 60s}
    """

    example: ClassVar[str] = '{type: oauth2_client_credentials, token_url: "{{ environment.auth }}/connect/token"}'
    flow: ClassVar[Literal["code", "token", "static"]] = "token"
    type: Literal["oauth2_client_credentials"] = Field(description="The client asks for a token in its own name.")

    def obtain(self, scope: Scope, now: datetime) -> Flow:
        return (yield from self.refresh(scope, Credential(), now))

    def refresh(self, scope: Scope, credential: Credential, now: datetime) -> Flow:
        return (yield from self.ask(scope, credential, now, "client_credentials", {"scope": self.scope_text()}))
