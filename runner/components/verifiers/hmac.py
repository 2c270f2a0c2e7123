"""A keyed hash over the delivery, sent in a header (RFC 2104)."""

from __future__ import annotations

import hmac
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.verifiers.signature import Hash, Signature


class Hmac(Signature):
    """A keyed hash over the delivery, sent in a header.

    The partner sends `X-Jobber-Hmac-SHA256: +PXo5mRPCuHqX3CePBACS8afHQPY9rXzPlp9AG/a8BI=`, which is the base64 of the
    HMAC-SHA256 of the raw body with the app's client secret:

        verify:
          type: hmac
          header: X-Jobber-Hmac-SHA256
          digest: sha256
          encoding: base64
          secret: app.client_secret

    `signs` says what is hashed, when it is more than the body: `"{{ timestamp }}.{{ raw_body }}"`. It may read
    `raw_body`, `method`, `url` (the public one), `path`, `query`, `id`, `timestamp`, `header['X-Name']`, and
    `url_decoded`, the URL with `: / ? @ ! $ ' ( ) * , ;` decoded. `prefix` is what stands before the signature
    (`sha256=`), `separator` what stands between several. What the partner's documents leave open can be the operator's
    to set: `header: "{{ app.webhook_header }}"`.
    """

    example: ClassVar[str] = (
        "{type: hmac, header: X-Jobber-Hmac-SHA256, digest: sha256, encoding: base64, secret: app.client_secret}"
    )
    type: Literal["hmac"] = Field(description="A keyed hash over the delivery.")

    def keyed(self, key: bytes, digest: str) -> Hash:
        begun = hmac.new(key, digestmod=digest)

        def hashed(message: bytes) -> bytes:
            # not hmac.digest(): that lets go of the interpreter, and waits to have it back, for a microsecond's work
            one = begun.copy()
            one.update(message)
            return one.digest()

        return hashed
