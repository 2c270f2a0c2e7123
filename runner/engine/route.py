"""The way of arrivals into the inbox: each event finds its integration in the transaction that stores it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from runner.errors import NotFound
from runner.model.event import Delivery, EventState, WebhookEvent
from runner.model.integration import Integration, State
from runner.store import integrations, subscriptions
from runner.store.inbox import Accepted, Arrival, Inbox

Account = tuple[str, str]
Taker = tuple[str, str]
"""The id of an integration, and its environment."""
OPEN = (State.ACTIVE, State.ERROR)
"""States in which an integration takes events: one in `error` keeps them until it is mended."""


@dataclass(frozen=True, eq=False)
class Router:
    """`accept` is the batch for `Database.append`: waiting arrivals share one look-up an account and one commit."""

    inbox: Inbox

    def accept(self, connection: Connection, arrivals: list[Arrival]) -> list[Accepted]:
        """Give every event its integration, and store all. An account that nobody connected stays unrouted."""
        known: dict[Account, list[Taker]] = {}
        return self.inbox.store(connection, arrivals, [list(_routed(connection, one, known)) for one in arrivals])


def _routed(connection: Connection, arrival: Arrival, known: dict[Account, list[Taker]]) -> Iterator[WebhookEvent]:
    delivery = arrival.delivery
    addressed = _addressed(connection, delivery, delivery.integration_id) if delivery.integration_id else None
    told = delivery.environments
    for event in arrival.events:
        owner = _owner(connection, event, event.subscription) if event.subscription is not None else None
        if addressed is not None and event.account_id in (None, addressed.account_id) and owner in (None, addressed.id):
            yield event.of(addressed.id)
            continue
        if arrival.bound:
            yield _bound(event, addressed, owner)
            continue
        takers = _takers(connection, event, known) if owner is None else _owners(connection, owner)
        ids = [id_ for id_, environment in takers if told is None or environment in told]
        yield event.of(ids[0]) if ids else event
        for integration_id in ids[1:]:
            yield _copy(event, integration_id)


def _owner(connection: Connection, event: WebhookEvent, subscription: str) -> str | None:
    """The integration whose subscription the event came by, where one is known."""
    return subscriptions.owner(connection, event.connector, subscription)


def _owners(connection: Connection, integration_id: str) -> list[Taker]:
    found = integrations.named(connection, [integration_id]).values()
    return [(one.id, one.environment) for one in found if one.state in OPEN]


def _bound(event: WebhookEvent, addressed: Integration | None, owner: str | None) -> WebhookEvent:
    """One that was proved by a secret of the integration in the address, and is not let in there: it waits for that
    integration when it names nobody else, and is left out else. Who knows that secret speaks for no other company."""
    if addressed is None and event.account_id is None and owner is None:
        return event
    return replace(event, state=EventState.DROPPED, note="it names another account than that of its address")


def _addressed(connection: Connection, delivery: Delivery, integration_id: str) -> Integration | None:
    """The integration that the address names."""
    try:
        found = integrations.get(connection, integration_id)
    except NotFound:
        return None
    told = delivery.environments
    fits = found.connector == delivery.connector and (told is None or found.environment in told)
    return found if fits and found.state in OPEN else None


def _takers(connection: Connection, event: WebhookEvent, known: dict[Account, list[Taker]]) -> list[Taker]:
    if event.account_id is None:
        return []
    account = (event.connector, event.account_id)
    if account not in known:
        found = integrations.states_by_account(connection, *account)
        known[account] = [(id_, environment) for id_, state, environment in found if state in OPEN]
    return known[account]


def _copy(event: WebhookEvent, integration_id: str) -> WebhookEvent:
    """The same event for a further company that shares the account: with a key of its own, so it is no duplicate."""
    return replace(
        event,
        id=f"{event.id}-{integration_id}"[:64],
        key=f"{event.key}@{integration_id}",
        integration_id=integration_id,
    )
