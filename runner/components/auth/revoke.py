"""How a partner is told that a credential is not needed any more (RFC 7009)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from runner.components.auth.auth_call import AuthCall
from runner.components.auth.base import Scope, with_header
from runner.model.credential import Credential
from runner.model.http import Request


class Revoke(AuthCall):
    """What to send on disconnect, before the credential is forgotten (RFC 7009).

        revoke: {url: "{{ environment.oauth }}/revoke", client_auth: basic, form: {token: "{{ refresh_token }}"}}

    It reads `access_token` and `refresh_token`; the one that there is not is null. Nothing is sent where both are.
    """

    client_auth: Literal["body", "basic", "none", "bearer"] = Field(
        "none", description="Who asks: as for tokens, or `bearer`, the access token itself."
    )

    def request(self, scope: Scope, credential: Credential, client: tuple[str, str] | None) -> Request | None:
        """The request; `client` is the client's id and secret, where `client_auth` wants them."""
        access, refresh = credential.access_token, credential.refresh_token
        if access is None and (refresh is None or self.client_auth == "bearer"):
            return None
        request = self.write({**scope, "access_token": access, "refresh_token": refresh})
        if self.client_auth == "bearer" and access is not None:
            return with_header(request, "Authorization", f"Bearer {access.reveal()}")
        if self.client_auth == "basic":
            return replace(request, auth=client)
        if self.client_auth == "body" and client is not None:
            return replace(request, form={**(request.form or {}), "client_id": client[0], "client_secret": client[1]})
        return request
