"""The one list of ways in, but for the choice between them."""

from __future__ import annotations

from typing import Annotated

from runner.components.auth.api_key import ApiKey
from runner.components.auth.base import Auth
from runner.components.auth.basic import Basic
from runner.components.auth.bearer import Bearer
from runner.components.auth.jwt_assertion import JwtAssertion
from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.components.auth.oauth2_client_credentials import OAuth2ClientCredentials
from runner.components.auth.session_token import SessionToken
from runner.components.block import Choice
from runner.components.plug_ins import plug_ins

WAYS = Choice(
    OAuth2AuthorizationCode,
    OAuth2ClientCredentials,
    JwtAssertion,
    SessionToken,
    Bearer,
    ApiKey,
    Basic,
    *plug_ins("auth", Auth),
)

AnyWay = Annotated[Auth, WAYS]
