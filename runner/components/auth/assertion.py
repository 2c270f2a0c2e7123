"""A signed statement about ourselves (JSON Web Token), in place of a password (RFC 7523)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import Field

from runner.components.auth.auth_call import rendered
from runner.components.auth.base import Scope, written
from runner.components.block import Block, Period
from runner.errors import AuthenticationError
from runner.mapping.template import Template, Tree

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Assertion(Block):
    """A JSON Web Token that we sign with a key of our own (RFC 7519, RFC 7523 section 3).

        assertion:
          key: "{{ app.private_key }}"
          algorithm: RS256
          claims: {iss: "{{ app.client_id }}", sub: "{{ settings.user }}", aud: "{{ environment.login }}"}

    `iat`, `exp` and `jti` are added. A key of all but HS256 is PEM, with line ends or with `\\n` in their place.
    """

    key: Template = Field(description="The private key, or for HS256 the shared secret.")
    algorithm: Literal["RS256", "PS256", "ES256", "HS256"] = Field("RS256", description="How it is signed.")
    headers: dict[str, Template] = Field({}, description="Further header fields.", examples=[{"kid": "{{ app.kid }}"}])
    claims: dict[str, Tree] = Field(description="What it states.")
    lifetime: Period = Field("5m", validate_default=True, description="How long it is good for.")

    def write(self, scope: Scope, now: datetime) -> str:
        """The signed token. Raises AuthenticationError for a key that is none, never repeating it."""
        claims = {name: tree.render(scope) for name, tree in self.claims.items()}
        made = {
            "iat": int(now.timestamp()),
            "exp": int((now + self.lifetime).timestamp()),
            "jti": _unique(claims, now),
            **{name: value for name, value in claims.items() if value is not None},
        }
        return self._signed({"alg": self.algorithm, "typ": "JWT", **rendered(self.headers, scope)}, made, scope)

    def _signed(self, header: dict[str, Any], claims: dict[str, Any], scope: Scope) -> str:
        from joserfc import jwt  # slow to import, rarely needed
        from joserfc.errors import JoseError
        from joserfc.jwk import import_key

        text = written(self.key, scope, "the signing key")
        kinds: dict[str, Literal["RSA", "EC", "oct"]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "HS256": "oct"}
        try:
            key = import_key(text if self.algorithm == "HS256" else text.replace("\\n", "\n"), kinds[self.algorithm])
            return jwt.encode(header, claims, key, algorithms=[self.algorithm])
        except (JoseError, ValueError, TypeError) as error:
            raise AuthenticationError(
                f"`{self.key}` is no key for {self.algorithm} ({type(error).__name__}; paste the whole private key, "
                "from -----BEGIN to END-----)"
            ) from None


def _unique(claims: dict[str, Any], now: datetime) -> str:
    """A `jti` that no other assertion has: no two of one client are made in the same microsecond."""
    return hashlib.sha256(orjson.dumps([claims, now.isoformat()])).hexdigest()[:32]
