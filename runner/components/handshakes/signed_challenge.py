"""The partner's text, sent back signed, to show that we hold the secret."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.handshakes.base import Reply
from runner.components.handshakes.challenge import Challenge
from runner.components.verifiers.proof import SecretName, encoded
from runner.mapping.template import Tree
from runner.model.event import Delivery
from runner.model.secret import Secret

# Whoever may have any text signed can have a forged body signed. A token holds none of the signs that JSON needs.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}")


class SignedChallenge(Challenge):
    """The partner sends a text, and wants its keyed hash back, to see that we hold the secret.

    X asks `GET /webhooks/x?crc_token=abc`, and is answered `{"response_token": "sha256=..."}`:

        handshake:
          type: signed_challenge
          param: crc_token
          encoding: base64
          json: {response_token: "sha256={{ signature }}"}
          secret: app.consumer_secret

    Zoom does so by POST: `asks: POST`, `value: payload.plainToken`, `encoding: hex` and
    `json: {plainToken: "{{ challenge }}", encryptedToken: "{{ signature }}"}`. Only a token is signed (letters, digits
    and `._~+/=-`), so that nobody can have a body signed this way; and one that comes by POST must be signed itself.
    """

    example: ClassVar[str] = """
{type: signed_challenge, param: crc_token, encoding: base64, json: {response_token: "sha256={{ signature }}"},
 secret: app.consumer_secret}"""
    type: Literal["signed_challenge"] = Field(description="The partner's text, sent back signed.")
    json_: Tree = Field(alias="json", description="The JSON to answer with.")
    digest: Literal["sha1", "sha256", "sha512"] = Field("sha256", description="The hash.")
    encoding: Literal["hex", "base64", "base64url"] = Field("hex", description="How it is written.")
    secret: SecretName = Field(description="Where the secret is.")

    @property
    def needs_proof(self) -> bool:
        return self.asks == "POST"

    @property
    def secret_name(self) -> str:
        return self.secret

    def answer(self, delivery: Delivery, secrets: Sequence[Secret], app: Mapping[str, Any]) -> Reply | None:
        """Signed with the first secret: the one that is now."""
        challenge, key = self.challenge(delivery), next((secret for secret in secrets if secret), None)
        if challenge is None or key is None or not _TOKEN.fullmatch(challenge):
            return None
        made = encoded(hmac.digest(key.reveal().encode(), challenge.encode(), self.digest), self.encoding)
        return self.written({"challenge": challenge, "signature": made.decode(), "app": app})
