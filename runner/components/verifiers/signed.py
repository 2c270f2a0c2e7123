"""What was signed: a template over the delivery, written in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.mapping.template import Template
from runner.model.event import Delivery


class Headers(dict[str, str]):
    """The headers of a delivery, found under any spelling: `header['X-Signature']`."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())


def signed_bytes(signs: Template, delivery: Delivery, timestamp: str | None, message_id: str | None) -> bytes:
    """The signed bytes. A body that is not UTF-8 passes through unchanged (PEP 383).

    Raises MappingError when the delivery lacks what the template reads.
    """
    if signs.text == "{{ raw_body }}":
        return delivery.body
    scope: Mapping[str, Any] = {
        "raw_body": delivery.body.decode("utf-8", "surrogateescape"),
        "method": delivery.method,
        "url": delivery.url,
        "header": Headers(delivery.headers),
        "timestamp": timestamp,
        "id": message_id,
    }
    return str(signs.render(scope)).encode("utf-8", "surrogateescape")
