"""One page about a connector, for whoever approves it: what it reads, what it changes, what is not proved."""

from __future__ import annotations

from collections import Counter
from typing import Any

from runner.authoring.cases import Case
from runner.authoring.durations import spelled
from runner.components.verifiers.none import Unproved
from runner.connector.connector import Connector
from runner.connector.sync import Sync


def review(connector: Connector, cases: list[Case]) -> dict[str, Any]:
    """The page as plain JSON, part by part."""
    shown = Counter(case.processor for case in cases)
    return {
        "connector": connector.connector,
        "title": connector.title,
        "docs": connector.docs,
        "auth": getattr(connector.auth, "type", ""),
        "asks": {
            "operator": [field.title for field in connector.app.values()],
            "company": [field.title for field in connector.settings.values()],
        },
        "syncs": [_sync(name, sync) for name, sync in connector.syncs.items()],
        "processors": [
            {"processor": name, "record": made.record, "fields": len(list(made.fields.flat())), "examples": shown[name]}
            for name, made in connector.processors.items()
        ],
        "proof": _proof(connector),
        "events": _events(connector),
        "actions": [
            {"action": name, "call": f"{action.method} {action.path or 'GraphQL'}", "input": ", ".join(action.input)}
            for name, action in connector.actions.items()
        ],
        "unverified": [{"fact": fact.fact, "where": fact.where} for fact in connector.unverified],
    }


def _sync(name: str, sync: Sync) -> dict[str, Any]:
    return {
        "sync": name,
        "endpoint": sync.endpoint,
        "processor": sync.processor,
        "every": spelled(sync.every) if sync.every else f"{sync.cron} {sync.timezone}",
        "incremental": getattr(sync.incremental, "type", None),
        "full": spelled(sync.full.every) if sync.full else None,
    }


def _proof(connector: Connector) -> str | None:
    """How webhooks are proved, and why not where they are not."""
    if connector.webhooks is None:
        return None
    verify = connector.webhooks.verify
    return f"none ({verify.because})" if isinstance(verify, Unproved) else str(getattr(verify, "type", ""))


def _events(connector: Connector) -> list[dict[str, Any]]:
    on = connector.webhooks.on.items() if connector.webhooks else ()
    return [{"type": pattern, "do": reaction.do} for pattern, reaction in on]
