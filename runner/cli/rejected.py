"""Webhook requests that were turned away, as they are kept for a while: for who looks for the reason."""

from __future__ import annotations

from typing import Any

import typer
from sqlalchemy import Connection

from runner.cli import output
from runner.connector.library import Connectors
from runner.errors import BadSignature, MalformedDelivery, RunnerError
from runner.model.event import Delivery
from runner.store import rejections
from runner.store.rejections import Rejected

COLUMNS = ("id", "connector", "reason", "received_at", "method", "size", "why")


def show(connection: Connection, connectors: Connectors, integration_id: str | None, limit: int, as_json: bool) -> None:
    """Print them, the latest first; `as_json` with headers and body."""
    found = [{**shown(one), "why": why(connectors, one)} for one in rejections.kept(connection, integration_id, limit)]
    output.listing(found, COLUMNS, as_json)
    if not as_json and found:
        typer.echo("\nWith headers and body: --json")


def shown(one: Rejected) -> dict[str, Any]:
    """As JSON values; the body as text, what is no UTF-8 in it replaced."""
    delivery = one.delivery
    return {
        "id": one.id,
        "connector": delivery.connector,
        "integration_id": delivery.integration_id,
        "reason": one.reason,
        "received_at": f"{delivery.received_at:%Y-%m-%dT%H:%M:%SZ}",
        "method": delivery.method,
        "url": delivery.url,
        "headers": dict(delivery.headers),
        "size": one.size,
        "body": delivery.body.decode("utf-8", "replace"),
    }


def why(connectors: Connectors, one: Rejected) -> str | None:
    """What the connector, as it is now, finds wrong in a request that it could not read, and which address a proof
    needs; None for other reasons."""
    if one.reason == BadSignature.code:
        return _misdirected(connectors, one.delivery)
    if one.reason != MalformedDelivery.code:
        return None
    if one.size > len(one.delivery.body):
        return f"too long to be kept whole: {len(one.delivery.body)} of {one.size} bytes are"
    try:
        webhooks = connectors.get(one.delivery.connector).webhooks
        if webhooks is not None:
            webhooks.told(one.delivery.body, one.delivery.headers, one.delivery.url)
    except RunnerError as error:
        return str(error)
    return "the connector reads it now"


def _misdirected(connectors: Connectors, delivery: Delivery) -> str | None:
    """Where a company's own secret proves nothing, because the address names no integration."""
    try:
        webhooks = connectors.get(delivery.connector).webhooks
    except RunnerError as error:
        return str(error)
    name = webhooks.verify.secret_name if webhooks else None
    if delivery.integration_id is not None or name is None or name.startswith("app."):
        return None
    where = f"/webhooks/{delivery.connector}/<integration>"
    return f"`{name}` is each company's own: the address must name the integration, {where}"
