"""The client asks for a token in its own name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.components.auth.base import Auth, Flow
from runner.model.credential import Credential
from tests.components.auth.flows import CLIENT, NOW, OLD, SCOPE, asked, read


@pytest.mark.parametrize("start", [lambda auth: auth.obtain(SCOPE, NOW), lambda auth: auth.refresh(SCOPE, OLD, NOW)])
def test_client_credentials_ask_anew(start: Callable[[Auth], Flow]) -> None:
    form = asked(start(read(**CLIENT, scopes=["a", "b"])))[1]
    assert (form["grant_type"], form["scope"]) == (["client_credentials"], ["a b"])


def test_a_missing_token_is_due() -> None:
    assert read(**CLIENT).is_due(Credential(), NOW)
