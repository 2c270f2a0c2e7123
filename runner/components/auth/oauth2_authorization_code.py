"""OAuth 2.0: a person consents at the partner, and comes back with a code."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.auth.base import Flow, Granted, Scope, written
from runner.components.auth.callback import SignedCallback, Uninstall
from runner.components.auth.oauth2 import OAuth2
from runner.errors import AuthenticationError
from runner.mapping.template import Template
from runner.model.credential import Credential
from runner.model.http import Request, Response

REDIRECT = "redirect_uri"


class OAuth2AuthorizationCode(OAuth2):
    """A person consents at the partner (RFC 6749 section 4.1, with PKCE as of RFC 7636).

    The partner's token endpoint answers the code with

        {"access_token": "eyJ...", "refresh_token": "f2a...", "expires_in": 3600}

    and the connector says where to go and what the partner leaves unsaid:

        auth:
          type: oauth2_authorization_code
          authorize_url: https://api.getjobber.com/api/oauth/authorize
          token_url: https://api.getjobber.com/api/oauth/token
          client_auth: body
          token: {lifetime: jwt, refresh: rotating, refresh_before: 5m}
          identify: {endpoint: account, account_id: body.data.account.id, account_name: body.data.account.name}

    An answer to a refresh that has no refresh token keeps the old one. `{{ account.redirect_uri }}` is kept for
    `refresh_params` that read it.
    """

    example: ClassVar[str] = (
        "{type: oauth2_authorization_code, authorize_url: https://api.getjobber.com/api/oauth/authorize, "
        "token_url: https://api.getjobber.com/api/oauth/token}"
    )
    flow: ClassVar[Literal["code", "token", "static"]] = "code"
    type: Literal["oauth2_authorization_code"] = Field(description="A person consents at the partner.")
    authorize: Template = Field(alias="authorize_url", description="Where the person consents.")
    authorize_params: dict[str, Template] = Field(
        {}, description="Further query parameters for the consent page.", examples=[{"access_type": "offline"}]
    )
    pkce: bool = Field(True, description="Whether to send a PKCE challenge (S256).")
    callback: SignedCallback | None = Field(None, description="How the partner signs the callback's query.")
    without_state: Literal["restart"] | None = Field(
        None,
        description="`restart`: a callback without our state, as of an install that began at the partner, begins a "
        "consent of our own; its code is not used.",
    )
    uninstall: Uninstall | None = Field(None, description="How the partner says that the app was removed.")

    def consent(
        self, scope: Scope, *, state: str, redirect_uri: str, verifier: str
    ) -> Generator[Request, Response, str]:
        """`authorize_url`, after asking where the consent page is when there is a `discovery`."""
        page = (yield from self.discover(scope)).authorize
        return self.authorize_url(scope, state=state, redirect_uri=redirect_uri, verifier=verifier, page=page)

    def authorize_url(
        self, scope: Scope, *, state: str, redirect_uri: str, verifier: str, page: str | None = None
    ) -> str:
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # slow to import, rarely needed
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        further: dict[str, Any] = {name: value.render(scope) for name, value in self.authorize_params.items()}
        if self.pkce:
            further.update(code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256")
        return str(
            prepare_grant_uri(
                page or written(self.authorize, scope, "the consent page"),
                written(self.client_id, scope, "the client id"),
                "code",
                redirect_uri=redirect_uri,
                scope=self.scope_text(),
                state=state,
                **further,
            )
        )

    def exchange(self, scope: Scope, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> Flow:
        proof = verifier if self.pkce else None
        fields = {"code": code, "redirect_uri": redirect_uri, "code_verifier": proof}
        granted = yield from self.ask(scope, Credential(), now, "authorization_code", fields)
        is_read = any(("account", REDIRECT) in template.names for template in self.refresh_params.values())
        kept = {REDIRECT: redirect_uri} if is_read else {}
        return Granted(granted.credential, {**granted.captured, **kept})

    def refresh(self, scope: Scope, credential: Credential, now: datetime) -> Flow:
        if credential.refresh_token is None:
            raise AuthenticationError("there is no refresh token (connect again)")
        token = credential.refresh_token.reveal()
        return (yield from self.ask(scope, credential, now, "refresh_token", {"refresh_token": token}))

    def check_callback(self, scope: Scope, params: Mapping[str, str]) -> None:
        """Raises AuthenticationError unless the callback is signed, where the partner signs it."""
        if self.callback is not None:
            self.callback.check(scope, params)

    def captured_of_callback(self, params: Mapping[str, str]) -> dict[str, Any]:
        """What the connector keeps of the callback's query parameters."""
        found = {name: path.search(dict(params)) for name, path in self.capture.callback.items()}
        return {name: value for name, value in found.items() if value is not None}
