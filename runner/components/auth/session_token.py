"""A login gives a token that serves for a while."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.auth.auth_call import AuthCall
from runner.components.auth.base import Auth, Flow, Granted, Scope
from runner.components.auth.oauth2 import Send
from runner.components.auth.revoke import Revoke
from runner.components.auth.token import Token
from runner.model.credential import Credential
from runner.model.http import Request


class SessionToken(Auth):
    """A login with what the company filled in gives a token, which is sent until it ends.

    The partner answers `POST /sessions` with `{"session": {"id": "9f1c..."}}`, good for half an hour:

        auth:
          type: session_token
          login:
            url: "{{ environment.api }}/sessions"
            json: {user: "{{ settings.user }}", password: "{{ settings.password }}"}
          token: {access_token: session.id, lifetime: 30m}
          send: {header: X-Session, value: "{{ access_token }}"}
          revoke: {method: DELETE, url: "{{ environment.api }}/sessions", client_auth: bearer}

    Before it ends, and when the partner answers 401, the login is made again.
    """

    example: ClassVar[str] = (
        '{type: session_token, login: {url: "{{ environment.api }}/sessions", '
        'json: {user: "{{ settings.user }}", password: "{{ settings.password }}"}}, token: {access_token: session.id}}'
    )
    flow: ClassVar[Literal["code", "token", "static"]] = "token"
    type: Literal["session_token"] = Field(description="A login gives a token that serves for a while.")
    login: AuthCall = Field(description="The call that gives the token.")
    token: Token = Field(default_factory=Token, description="Where the token is in the answer, and how long it lives.")
    send: Send = Field(default_factory=Send, description="Where the token goes.")
    revoke: Revoke | None = Field(None, description="What to send on disconnect: the logout.")

    def sign(self, request: Request, scope: Scope) -> Request:
        return self.send.sign(request, scope)

    def is_due(self, credential: Credential, now: datetime) -> bool:
        return self.token.is_due(credential, now)

    def obtain(self, scope: Scope, now: datetime) -> Flow:
        return (yield from self.refresh(scope, Credential(), now))

    def refresh(self, scope: Scope, credential: Credential, now: datetime) -> Flow:
        response = yield self.login.write(scope)
        return Granted(self.token.read(response, credential, now))

    def revocation(self, scope: Scope, credential: Credential) -> Request | None:
        return self.revoke.request(scope, credential, None) if self.revoke else None
