"""Give up what a lost encryption key had sealed: no key opens it any more, so the companies connect again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from runner.errors import CredentialUnreadable, NotFound, SettingsError
from runner.model.integration import Reason, State
from runner.store import integrations, subscriptions
from runner.store.store import Store


def give_up(connection: Connection, store: Store, key_id: str, at: datetime) -> list[str]:
    """Remove the credentials of a key, and ask for their integrations to be connected again; returns their ids.

    NotFound when the key sealed nothing, SettingsError when it is not lost: one of its credentials opens.
    """
    found = store.vault.sealed_with(connection, key_id)
    if not found:
        raise NotFound(f"no stored credential was sealed with key {key_id}")
    if _opens(connection, store, found[0]):
        raise SettingsError(f"key {key_id} is not lost: it opens what it sealed (`runner keys rotate` replaces it)")
    subscriptions.forget_sealed(connection, key_id)
    for integration_id in found:
        store.vault.remove(connection, integration_id)
        _ask_again(connection, store, integration_id, key_id, at)
    return found


def _opens(connection: Connection, store: Store, integration_id: str) -> bool:
    try:
        store.vault.get(connection, integration_id)
    except CredentialUnreadable:
        return False
    return True


def _ask_again(connection: Connection, store: Store, integration_id: str, key_id: str, at: datetime) -> None:
    """One that is switched off or was never connected stays so."""
    if integrations.get(connection, integration_id).state in (State.DISABLED, State.PENDING):
        return
    reason = Reason("credential-lost", f"The credential was sealed with key {key_id}, which is lost", "Connect again")
    store.move(connection, integration_id, State.ERROR, reason, at)
