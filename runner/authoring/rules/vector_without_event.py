"""A signed example that shows nothing of what events say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.connector.connector import Connector
from runner.connector.events import Told
from runner.connector.reaction import Delete, Fetch, Process
from runner.connector.webhook import Webhooks
from runner.engine.webhooks.errands import errand_of
from runner.engine.webhooks.react import gone_id
from runner.errors import MalformedDelivery, MappingError
from runner.model.event import EventState, WebhookEvent

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@rule("vector-without-event")
def vector_without_event(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a `vector` whose body `events` and `on` can make nothing of.

    Prefer: the body of an event as the partner sends it, signed by `runner sign`: with an id, a type that `on` knows,
    the account, and all that its reaction reads.

    Why: else nobody has ever tried what `split`, `id`, `type`, `account` and `with` say, and the first real event
    fails.
    """
    webhooks = subject.connector.webhooks
    if webhooks is None:
        return
    for flaw in _flaws(subject.connector, webhooks):
        yield Doubt(
            subject.document.key_place(("webhooks", "vector")),
            f"the example does not show what an event says: {flaw}",
            "take the body of an event as the partner sends it, and sign it with `runner sign`",
        )


def _flaws(connector: Connector, webhooks: Webhooks) -> Iterator[str]:
    vector = webhooks.vector
    headers = {name.lower(): value for name, value in vector.headers.items()}
    try:
        events = webhooks.told(vector.body.encode(), headers, vector.url)
    except MalformedDelivery as error:
        yield str(error)
        return
    if not events:
        yield f"there is none at `split: {webhooks.events.split}`"
    for one in events:
        if webhooks.events.account is not None and one.account_id is None:
            yield f"it has no account (`{webhooks.events.account}`)"
        if webhooks.events.subscription is not None and one.subscription is None:
            yield f"it has no subscription (`{webhooks.events.subscription}`)"
        try:
            yield from _unled(connector, webhooks, one)
        except MappingError as error:
            yield str(error)


def _unled(connector: Connector, webhooks: Webhooks, one: Told) -> Iterator[str]:
    """What the reaction lacks. Raises MappingError."""
    reaction = webhooks.reaction(one.type)
    if reaction is None and webhooks.because(one.type, one.payload) == "no reaction is declared":
        yield f"nothing in `on` matches its type `{one.type}`"
    elif isinstance(reaction, Process) and reaction.payload.search(one.payload) is None:
        yield f"there is nothing at `payload: {reaction.payload}`"
    elif isinstance(reaction, Fetch):
        errand_of(connector, reaction, _event(connector, one))
    elif isinstance(reaction, Delete):
        gone_id(reaction, _event(connector, one))


def _event(connector: Connector, one: Told) -> WebhookEvent:
    return WebhookEvent(
        id="example",
        connector=connector.connector,
        type=one.type,
        key=one.key,
        account_id=one.account_id,
        payload=one.payload,
        received_at=_NOW,
        occurred_at=one.occurred_at,
        integration_id=None,
        state=EventState.PENDING,
        note=None,
        subscription=one.subscription,
    )
