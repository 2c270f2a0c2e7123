"""An endpoint that nothing calls."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.paginators.onward import Continue
from runner.connector.connector import Connector
from runner.connector.reaction import Fetch


@rule("unused-endpoint")
def unused_endpoint(subject: Subject) -> Iterator[Doubt]:
    """Avoid: an endpoint that no sync, reaction, action or `identify` names.

    Prefer: to remove it, or to use it.

    Why: what nothing calls, nothing tests: it is wrong on the day when somebody relies on it.
    """
    used = set(_used(subject.connector))
    for name in subject.connector.endpoints:
        if name not in used:
            place = subject.document.key_place(("endpoints", name))
            yield Doubt(place, f"nothing calls the endpoint `{name}`", "remove it, or name it in a sync or reaction")


def _used(connector: Connector) -> Iterator[str]:
    yield from (name for sync in connector.syncs.values() for _, name, _ in sync.endpoints)
    yield from (table.endpoint for table in connector.tables.values())
    paginators = (endpoint.paginate for endpoint in connector.endpoints.values())
    yield from (paginate.endpoint for paginate in paginators if isinstance(paginate, Continue))
    yield from (action.find.endpoint for action in connector.actions.values() if action.find is not None)
    yield from (action.before.endpoint for action in connector.actions.values() if action.before is not None)
    reactions = connector.webhooks.on.values() if connector.webhooks else ()
    fetches = [reaction for reaction in reactions if isinstance(reaction, Fetch)]
    yield from (fetch.endpoint for fetch in fetches)
    enriched = [*(sync.enrich for sync in connector.syncs.values()), *(fetch.enrich for fetch in fetches)]
    yield from (rule.endpoint for rules in enriched for rule in rules)
    asked_for = connector.webhooks.subscription if connector.webhooks else None
    if asked_for is not None and asked_for.check is not None:
        yield asked_for.check.endpoint
    yield from (way.identify.endpoint for way in connector.ways.values() if way.identify is not None)
