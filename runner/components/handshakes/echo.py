"""The partner's text, sent back as it came."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Block
from runner.components.handshakes.base import Reply, param_of
from runner.components.handshakes.challenge import Challenge
from runner.components.verifiers.proof import SecretName
from runner.model.event import Delivery
from runner.model.secret import Secret


class Known(Block):
    """A query parameter that must hold a secret of ours, or the trial is not answered.

    token: {param: hub.verify_token, secret: app.verify_token}
    """

    param: str = Field(description="The parameter.", examples=["hub.verify_token"])
    secret: SecretName = Field(description="Where the secret is.")


class Echo(Challenge):
    """The partner sends a text, and wants it back.

    Dropbox asks `GET /webhooks/dropbox?challenge=abc`, and is answered 200 with `abc` as plain text:

        handshake: {type: echo, param: challenge}

    Others send it in a POST (`asks: POST`), in the body (`value: challenge`) or in a `header`; they want it in JSON
    (`json: {challenge: "{{ challenge }}"}`) or in a header (`headers: {X-Hook: "{{ challenge }}"}`). Only a short text
    is sent back, and never so that a browser could take it for a page.
    """

    example: ClassVar[str] = "{type: echo, param: challenge}"
    type: Literal["echo"] = Field(description="The partner's text, sent back as it came.")
    token: Known | None = Field(None, description="A secret that must come with it.")

    @property
    def secret_name(self) -> str | None:
        return self.token.secret if self.token else None

    def answer(self, delivery: Delivery, secrets: Sequence[Secret], app: Mapping[str, Any]) -> Reply | None:
        challenge = self.challenge(delivery)
        if challenge is None or not self._is_known(delivery, secrets):
            return None
        return self.written({"challenge": challenge, "app": app})

    def _is_known(self, delivery: Delivery, secrets: Sequence[Secret]) -> bool:
        if self.token is None:
            return True
        given = (param_of(delivery, self.token.param) or "").encode("utf-8", "replace")
        return bool(sum(hmac.compare_digest(secret.reveal().encode(), given) for secret in secrets if secret))
