"""The secret by which deliveries of a company are checked, while it changes: the one before is good a day more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.scope import previous
from runner.errors import CredentialUnreadable, NotFound
from runner.model.credential import Credential
from runner.model.secret import Secret
from runner.store.vault import Vault

OVERLAP = timedelta(days=1)
"""Partners try again for hours what they signed before the change."""


def put(
    connection: Connection,
    vault: Vault,
    connector: Connector,
    integration_id: str,
    credential: Credential,
    at: datetime,
) -> None:
    """Store a credential in the place of what was there, and keep of that what deliveries may still be signed with."""
    try:
        before = vault.get(connection, integration_id).values
    except (NotFound, CredentialUnreadable):
        before = {}
    values = overlapping(connector, before, credential.values, at)
    vault.put(connection, integration_id, replace(credential, values=values), at)


def overlapping(
    connector: Connector, before: Mapping[str, Secret], after: Mapping[str, Secret], at: datetime
) -> dict[str, Secret]:
    """The values after a change, with the secret of webhooks as it was before, and until when."""
    place, _, key = ((connector.webhooks and connector.webhooks.verify.secret_name) or "").partition(".")
    values, old = dict(after), previous(key)
    if place != "settings" or key not in after or key not in before:
        return values
    if before[key] != after[key]:
        values[old] = Secret(f"{(at + OVERLAP).isoformat()} {before[key].reveal()}")
    elif old in before:
        values[old] = before[old]
    return values


def secrets_of(values: Mapping[str, Secret], key: str, now: datetime) -> list[Secret]:
    """What the secret is, and what it was while that is still good."""
    until, _, text = values[previous(key)].reveal().partition(" ") if previous(key) in values else ("", "", "")
    found = [values[key]] if key in values else []
    return [*found, Secret(text)] if text and datetime.fromisoformat(until) > now else found
