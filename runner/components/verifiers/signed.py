"""What was signed: a template over the delivery, written in bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from runner.mapping.template import Template
from runner.model.event import Delivery

BODY_ALONE = "{{ raw_body }}"
SIGNED_NAMES = ("raw_body", "method", "url", "url_decoded", "path", "query", "id", "timestamp", "header")
# https://developers.hubspot.com/docs/api/webhooks/validating-requests: these are decoded, and no others
_DECODED = {"3A": ":", "2F": "/", "3F": "?", "40": "@", "21": "!", "24": "$", "27": "'", "28": "(", "29": ")"}
_DECODED |= {"2A": "*", "2C": ",", "3B": ";"}
_ESCAPE = re.compile(f"%({'|'.join(_DECODED)})", re.IGNORECASE)


class Headers(dict[str, str]):
    """The headers of a delivery, found under any spelling: `header['X-Signature']`."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())


class BlankHeaders(Headers):
    """Those of a canonical string, where a header that is missing is blank."""

    def __getitem__(self, name: str) -> str:
        return self.get(name.lower(), "")


def signed_bytes(
    signs: Template,
    delivery: Delivery,
    timestamp: str | None = None,
    message_id: str | None = None,
    blank: bool = False,
) -> bytes:
    """The signed bytes. A body that is not UTF-8 passes through unchanged (PEP 383). With `blank`, headers that are
    missing are empty.

    Raises MappingError when the delivery lacks what the template reads.
    """
    if signs.text == BODY_ALONE:
        return delivery.body
    parts = urlsplit(delivery.url)
    scope: Mapping[str, Any] = {
        "raw_body": delivery.body.decode("utf-8", "surrogateescape"),
        "method": delivery.method,
        "url": delivery.url,
        "url_decoded": url_decoded(delivery.url),
        "path": parts.path,
        "query": parts.query,
        "header": BlankHeaders(delivery.headers) if blank else Headers(delivery.headers),
        "timestamp": timestamp,
        "id": message_id,
    }
    return str(signs.render(scope)).encode("utf-8", "surrogateescape")


def url_decoded(url: str) -> str:
    """The URL without a fragment, its punctuation decoded (HubSpot's second reading of what is signed)."""
    return _ESCAPE.sub(lambda found: _DECODED[found[1].upper()], url.partition("#")[0])
