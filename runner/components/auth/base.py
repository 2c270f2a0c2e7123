"""What a way in is: it signs requests, and where a flow is needed it yields requests and makes a credential."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Block
from runner.errors import AuthenticationError, SettingsError
from runner.mapping.expression import Expression
from runner.mapping.template import Template
from runner.model.credential import Credential
from runner.model.http import Request, Response
from runner.model.secret import Secret

Scope = Mapping[str, Any]


@dataclass(frozen=True)
class Granted:
    """What a flow ends with: the credential, and what the connector captures of the token answer."""

    credential: Credential
    captured: Mapping[str, Any] = field(default_factory=dict)


Flow = Generator[Request, Response, Granted]


class Identify(Block):
    """How to learn, after connecting, which account at the partner this is.

    identify: {endpoint: account, account_id: body.data.account.id, account_name: body.data.account.name}
    """

    endpoint: str = Field(description="The endpoint to call once connected.", examples=["account"])
    account_id: Expression = Field(
        description="The account's id, as webhooks name it: JMESPath over `{body, settings, account}`.",
        examples=["body.data.account.id", "settings.tenant_id"],
    )
    account_name: Expression | None = Field(None, description="A name for people, read likewise.")
    capture: dict[str, Expression] = Field(
        {},
        description="What else to keep of the answer, read likewise; then `{{ account.<name> }}`.",
        examples=[{"root_namespace_id": "body.root_info.root_namespace_id"}],
    )


class Auth(Block):
    """How requests are let in. `flow` says what must happen before the first: a person's consent (`code`), a call
    for a token (`token`), or nothing (`static`)."""

    flow: ClassVar[Literal["code", "token", "static"]] = "static"
    title: str | None = Field(None, description="What people call this way in, where there is a choice of several.")
    identify: Identify | None = Field(None, description="How to learn which account this is.")

    @property
    def options(self) -> Mapping[str, Auth]:
        """The ways in among which a company picks, by name; empty where there is but this one."""
        return {}

    def chosen(self, way: str | None) -> Auth:
        """The way in that an integration picked; SettingsError when there is none of that name."""
        if way is None:
            return self
        raise SettingsError(f"there is no way in `{way}`: this connector has but one")

    def sign(self, request: Request, scope: Scope) -> Request:
        """The request with what opens the door. The scope has `access_token` when the flow is not static.

        Raises AuthenticationError when a value is missing.
        """
        raise NotImplementedError

    def revocation(self, scope: Scope, credential: Credential) -> Request | None:
        """What to send on disconnect, before the credential is forgotten (RFC 7009); None when there is nothing to."""
        return None

    def is_due(self, credential: Credential, now: datetime) -> bool:
        """Whether a token is to be fetched or refreshed before the next call."""
        return False

    def obtain(self, scope: Scope, now: datetime) -> Flow:
        """Fetch a token with the client's own credentials."""
        raise AuthenticationError("this connector has no token to fetch (fill in its settings instead)")

    def authorize_url(self, scope: Scope, *, state: str, redirect_uri: str, verifier: str) -> str:
        """Where a person consents. `verifier` is the PKCE code verifier (RFC 7636)."""
        raise AuthenticationError("this connector is not connected by consent (fill in its settings instead)")

    def exchange(self, scope: Scope, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> Flow:
        """Trade the code of the callback for tokens."""
        raise AuthenticationError("this connector is not connected by consent (fill in its settings instead)")

    def refresh(self, scope: Scope, credential: Credential, now: datetime) -> Flow:
        """Trade what we have for a token that lives longer."""
        raise AuthenticationError("the partner refuses the key (fill in a valid one and connect again)")


def written(template: Template, scope: Scope, what: str) -> str:
    """A template's text; raises AuthenticationError when it is null or empty, naming `what` and never the value."""
    value = template.render(scope)
    text = value.reveal() if isinstance(value, Secret) else "" if value is None else str(value)
    if not text:
        raise AuthenticationError(f"{what} is empty (`{template}`; fill it in and connect again)")
    return text


def with_header(request: Request, name: str, value: str) -> Request:
    """The request with one header set, in place of one of the same name in any case."""
    kept = {key: text for key, text in request.headers.items() if key.lower() != name.lower()}
    return replace(request, headers={**kept, name: value})


def with_param(request: Request, name: str, value: str) -> Request:
    """The request with one query parameter set."""
    return replace(request, params={**request.params, name: value})
