"""A user name and a password."""

from __future__ import annotations

from tests.components.auth.flows import sign


def test_basic_gives_name_and_password() -> None:
    signed = sign(type="basic", username="{{ app.client_id }}", password="{{ settings.key }}")
    assert signed.auth == ("cid", "k3y")


def test_basic_without_a_password() -> None:
    assert sign(type="basic", username="{{ settings.key }}").auth == ("k3y", "")
