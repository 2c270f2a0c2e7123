"""Give a code back to the partner that sent it to try our address."""

from __future__ import annotations

from runner.components.handshakes.confirm import Confirm
from runner.connector.connector import Connector
from runner.engine.actions.act import perform
from runner.engine.house import House
from runner.engine.webhooks.react import Outcome, failed
from runner.errors import StoreUnavailable
from runner.model.event import WebhookEvent
from runner.model.integration import Integration


async def confirm(
    house: House, connector: Connector, integration: Integration, handshake: Confirm, event: WebhookEvent
) -> Outcome:
    """Run the action of a handshake; tried again like any event while the partner cannot be reached."""
    try:
        await perform(house, connector, integration, handshake.action, event.payload)
    except StoreUnavailable:
        raise
    except Exception as error:
        return failed(house, [event], error)
    return Outcome([event], note=f"{handshake.action} is done")
