"""End webhooks that were asked for: one that another has taken over from, or all of an integration."""

from __future__ import annotations

from runner.engine.house import House
from runner.engine.subscriptions.desk import Desk
from runner.errors import MappingError, PartnerError, PartnerUnavailable, RateLimited
from runner.model.integration import Integration
from runner.store import subscriptions
from runner.store.subscriptions import Subscribed

MOST_ATTEMPTS = 8
"""How often it is tried to end one; what is left at the partner then is refused here, and dies there."""


async def end(house: House, integration: Integration) -> None:
    """Delete the subscriptions of an integration at the partner, and forget them; to be called while its credential is
    there. What the partner refuses to delete is told in the log, and what comes by it is refused from then on.

    Raises PartnerUnavailable and RateLimited when a later try can help: what is left is kept for that.
    """
    connector = house.connectors.get(integration.connector)
    declared = connector.webhooks.subscription if connector.webhooks else None
    if declared is not None:
        desk = Desk(house, connector, declared, integration)
        try:
            for known in await desk.all():
                await _end_for_good(desk, known)
        finally:
            await desk.count()
    await house.store.database.write(lambda connection: subscriptions.forget(connection, integration.id))


async def _end_for_good(desk: Desk, known: Subscribed) -> None:
    try:
        if known.external_id is not None:
            await desk.call(desk.declared.delete, known)
    except (PartnerUnavailable, RateLimited):
        raise
    except (PartnerError, MappingError) as error:
        await desk.note(known, error)
    await desk.write(lambda connection: subscriptions.remove(connection, [known.key]))


async def retire(desk: Desk, old: Subscribed) -> None:
    """Delete one that another has taken over from; its secret is good until then."""
    try:
        await desk.call(desk.declared.delete, old)
    except (PartnerError, MappingError) as error:
        flaw = await desk.note(old, error)
        if old.attempts + 1 < MOST_ATTEMPTS:
            return
        desk.house.log.warning("subscription-left", integration=desk.integration.id, note=flaw)
    await desk.write(lambda connection: subscriptions.remove(connection, [old.key]))
