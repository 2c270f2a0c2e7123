"""What proves a request, and what answers a trial of the address: the secrets and the action that they name."""

from __future__ import annotations

from collections.abc import Iterator

from runner.components.handshakes.confirm import Confirm
from runner.components.handshakes.echo import Echo
from runner.connector import names
from runner.connector.connector import Connector
from runner.connector.document import Document, Path
from runner.errors import Finding
from runner.model.words import suggest


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """Every secret and action that is not there, and every input that an action is not given or does not take."""
    webhooks = connector.webhooks
    if webhooks is None:
        return
    yield from _secret(connector, document, ("webhooks", "verify", "secret"), webhooks.verify.secret_name)
    handshake, path = webhooks.handshake, ("webhooks", "handshake")
    if handshake is None:
        return
    within = (*path, "token") if isinstance(handshake, Echo) and handshake.token else path
    yield from _secret(connector, document, (*within, "secret"), handshake.secret_name)
    if isinstance(handshake, Confirm):
        yield from _action(connector, document, path, handshake)


def _secret(connector: Connector, document: Document, path: Path, name: str | None) -> Iterator[Finding]:
    if name is None:
        return
    where, _, key = name.partition(".")
    fields = {"app": connector.app, "settings": connector.settings}.get(where)
    offered = [f"subscription.{made}" for made in names.of_subscription(connector, whole=True)]
    if name in offered:
        return
    if fields is None or key not in fields:
        known = [*(f"app.{key}" for key in connector.app), *(f"settings.{key}" for key in connector.settings), *offered]
        remedy = suggest(name, known) or "declare it under `app`"
        yield Finding(document.place(path), "unknown-secret", f"there is no `{name}`", remedy)
    elif not fields[key].secret:
        message = f"`{name}` is not declared as a secret"
        yield Finding(document.place(path), "open-secret", message, "add `secret: true` to it")


def _action(connector: Connector, document: Document, path: Path, handshake: Confirm) -> Iterator[Finding]:
    action = connector.actions.get(handshake.action)
    if action is None:
        remedy = suggest(handshake.action, connector.actions) or "declare it under `actions`"
        message = f"there is no action `{handshake.action}`"
        yield Finding(document.place((*path, "action")), "unknown-action", message, remedy)
        return
    for key, declared in action.input.items():
        if declared.required and key not in handshake.hand_over:
            message = f"the action `{handshake.action}` needs `{key}`"
            yield Finding(document.key_place(path), "missing-input", message, f"add `with: {{{key}: ...}}`")
    for key in handshake.hand_over:
        if key not in action.input:
            message = f"the action `{handshake.action}` takes no `{key}`"
            remedy = suggest(key, action.input) or "take it out"
            yield Finding(document.key_place((*path, "with", key)), "unknown-input", message, remedy)
