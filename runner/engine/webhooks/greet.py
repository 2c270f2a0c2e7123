"""A partner tries our address before it sends events: what it is answered, and what that leads to."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from sqlalchemy import Connection

from runner.components.handshakes.base import Handshake, Reply
from runner.connector.connector import Connector
from runner.connector.webhook import HANDSHAKE
from runner.engine.house import House
from runner.engine.subscriptions.signing import app_of, signing_secrets
from runner.errors import NotFound, TooManyTrials
from runner.model.event import Delivery, WebhookEvent
from runner.model.ids import new_id
from runner.store import integrations


async def greet(
    house: House, connector: Connector, handshake: Handshake | None, delivery: Delivery, proved: bool
) -> Reply | None:
    """The answer to a trial of the address; None for what is none, or may not be answered as it came.

    One that leads to something is answered only at the address of an integration that is there: strangers store
    nothing, and who learnt that address, or the secret, not much: TooManyTrials. Strangers use up none of the trials
    that are proved.
    """
    if handshake is None or handshake.method != delivery.method or (handshake.needs_proof and not proved):
        return None
    secrets = await signing_secrets(house, connector, handshake.secret_name, delivery)
    reply = handshake.answer(delivery, secrets, app_of(house, connector))
    if reply is None or reply.later is None:
        return reply
    if not await _is_addressed(house, delivery):
        return None
    counted = f"{delivery.integration_id}{':proved' if proved else ''}"
    if not house.trials.take(counted, delivery.received_at):
        raise TooManyTrials("the address was tried too often in this hour")
    return reply


def kept(delivery: Delivery, later: Any) -> WebhookEvent:
    """What a trial leads to, as an event: the same one sent again is a duplicate."""
    return WebhookEvent(
        id=new_id(delivery.received_at),
        connector=delivery.connector,
        type=HANDSHAKE,
        key=hashlib.sha256(orjson.dumps([delivery.integration_id, later])).hexdigest(),
        account_id=None,
        payload=later,
        received_at=delivery.received_at,
    )


async def _is_addressed(house: House, delivery: Delivery) -> bool:
    integration_id = delivery.integration_id
    if integration_id is None:
        return False

    def work(connection: Connection) -> bool:
        return integrations.get(connection, integration_id).connector == delivery.connector

    try:
        return await house.store.database.read(work)
    except NotFound:
        return False
