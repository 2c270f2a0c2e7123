"""A token that a person fills in."""

from __future__ import annotations

import pytest

from runner.errors import AuthenticationError
from runner.model.credential import Credential
from tests.components.auth.flows import NOW, SCOPE, read, sign


def test_bearer_signs_in_place_of_an_older_header() -> None:
    assert sign(type="bearer", token="{{ settings.key }}").headers == {"Authorization": "Bearer k3y"}


def test_an_empty_key_is_never_sent() -> None:
    with pytest.raises(AuthenticationError, match=r"the token is empty .*settings\.none"):
        sign(type="bearer", token="{{ settings.none }}")


def test_a_static_key_is_never_due_and_cannot_be_renewed() -> None:
    auth = read(type="bearer", token="{{ settings.key }}")
    assert not auth.is_due(Credential(), NOW)
    with pytest.raises(AuthenticationError, match="refuses the key"):
        auth.refresh(SCOPE, Credential(), NOW)


def test_there_is_nothing_to_revoke() -> None:
    assert read(type="bearer", token="{{ settings.key }}").revocation(SCOPE, Credential()) is None
