from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.components.verifiers.signed import signed_bytes, url_decoded
from runner.errors import MappingError
from runner.mapping.template import Template
from runner.model.event import Delivery

DELIVERY = Delivery(
    "acme",
    "POST",
    "https://runner.example/webhooks/acme%2Fb?a=1%3A2",
    {"x-id": "d-1"},
    b"\xff body",
    datetime(2026, 5, 4, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("signs", "made"),
    [
        ("{{ raw_body }}", b"\xff body"),
        ("{{ timestamp }}.{{ raw_body }}", b"5.\xff body"),
        ("{{ id }}:{{ header['X-ID'] }}", b"m:d-1"),
        ("{{ method }} {{ path }}?{{ query }}", b"POST /webhooks/acme%2Fb?a=1%3A2"),
        ("{{ url }}", b"https://runner.example/webhooks/acme%2Fb?a=1%3A2"),
        ("{{ url_decoded }}", b"https://runner.example/webhooks/acme/b?a=1:2"),
    ],
)
def test_what_is_signed_is_written_in_bytes(signs: str, made: bytes) -> None:
    assert signed_bytes(Template.compile(signs), DELIVERY, "5", "m") == made


def test_a_header_that_is_missing_is_an_error_or_blank() -> None:
    signs = Template.compile("{{ header['X-None'] }}.")
    assert signed_bytes(signs, DELIVERY, blank=True) == b"."
    with pytest.raises(MappingError):
        signed_bytes(signs, DELIVERY)


def test_only_what_hubspot_lists_is_decoded() -> None:
    listed = {"3A", "2F", "3F", "40", "21", "24", "27", "28", "29", "2A", "2C", "3B"}
    decoded = {
        f"{code:02X}" for code in range(256) if url_decoded(f"https://x/%{code:02X}") != f"https://x/%{code:02X}"
    }
    assert decoded == listed
    assert url_decoded("https://x/%3a%2f%3f%40%21%24%27%28%29%2a%2c%3b#part") == "https://x/:/?@!$'()*,;"


def test_nothing_is_decoded_twice() -> None:
    assert url_decoded("https://x/%253A%3A") == "https://x/%253A:"
