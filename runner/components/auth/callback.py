"""What comes to the callback address beside a consent's code: a signature, or word that the app was removed."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

from pydantic import Field

from runner.components.auth.base import Scope, written
from runner.components.block import Block
from runner.errors import AuthenticationError
from runner.mapping.expression import Expression
from runner.mapping.template import Template


class SignedCallback(Block):
    """The partner signs the callback's query: the other parameters, sorted by name and form-encoded.

        callback: {param: hmac, digest: sha256, encoding: hex}

    A callback without the signature, or with a wrong one, connects nobody.
    """

    param: str = Field(description="The parameter that holds the signature.", examples=["hmac"])
    digest: Literal["sha1", "sha256", "sha512"] = Field("sha256", description="The hash of the HMAC.")
    encoding: Literal["hex", "base64"] = Field("hex", description="How the signature is written.")
    secret: Template = Field("{{ app.client_secret }}", validate_default=True, description="The key.")

    def check(self, scope: Scope, params: Mapping[str, str]) -> None:
        """Raises AuthenticationError unless the query is signed. Compares in constant time."""
        signed = urlencode(sorted((name, value) for name, value in params.items() if name != self.param))
        key = written(self.secret, scope, "the key of the callback's signature").encode()
        made = hmac.digest(key, signed.encode(), self.digest)
        wanted = made.hex() if self.encoding == "hex" else base64.b64encode(made).decode()
        if not hmac.compare_digest(wanted.encode(), params.get(self.param, "").encode()):
            raise AuthenticationError(
                "the answer to the consent is not signed by the partner (click Connect again)", code="callback-forged"
            )


class Uninstall(Block):
    """A request to the callback address that says that the app was removed at the partner.

        uninstall: {method: DELETE, client_auth: basic, account: text(company_id)}

    The integration of `account` is disconnected. The partner proves itself by our own client id and secret.
    """

    method: Literal["DELETE", "POST"] = Field(description="The HTTP method.")
    client_auth: Literal["basic"] = Field("basic", description="How the partner proves itself: HTTP Basic (RFC 7617).")
    account: Expression = Field(description="JMESPath over the JSON body: the `account_id` of `identify`.")

    @staticmethod
    def admits(header: str, client: tuple[str, str]) -> bool:
        """Whether an Authorization header holds the client's id and secret. Compares in constant time."""
        wanted = base64.b64encode(":".join(client).encode()).decode()
        scheme, _, given = header.strip().partition(" ")
        return hmac.compare_digest(given.strip().encode(), wanted.encode()) and scheme.lower() == "basic"
