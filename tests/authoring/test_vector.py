from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from runner.authoring.folders import Folders, Source
from runner.authoring.validation import validate

SIGNATURE = hmac.digest(b"s", b"b", hashlib.sha256).hex()
HOOKS = """webhooks:
  verify: {{type: hmac, header: X-S, {signs}secret: settings.api_key}}
  vector: {{secret: s, headers: {{X-S: {signature}}}, body: b{at}}}
  events: {{split: '@', id: id, type: type, account: account}}
  on: {{'*': {{do: disconnect}}}}

syncs:"""


def found(spec: Callable[..., Source], bench: Folders, signature: str = SIGNATURE, **more: str) -> list[str]:
    hooks = HOOKS.format(signature=signature, signs=more.get("signs", ""), at=more.get("at", ""))
    return [f"{one.place.line}: {one.code}: {one.message}" for one in validate([spec(("syncs:", hooks))], bench)]


def test_right_vector(spec: Callable[..., Source], bench: Folders) -> None:
    assert found(spec, bench) == []


def test_wrong_signature(spec: Callable[..., Source], bench: Folders) -> None:
    (said,) = found(spec, bench, "0" * 64)
    assert said.startswith("49: bad-vector: the example is refused: the signature is wrong")


def test_signature_that_does_not_cover_the_body(spec: Callable[..., Source], bench: Folders) -> None:
    over_method = hmac.digest(b"s", b"POST", hashlib.sha256).hex()
    said = found(spec, bench, over_method, signs="signs: '{{ method }}', ")
    assert said == ["49: bad-vector: an example with an altered body is taken all the same"]


def test_time_that_is_none(spec: Callable[..., Source], bench: Folders) -> None:
    assert found(spec, bench, at=", at: soon") == ["49: bad-vector: `at` is not a time"]
