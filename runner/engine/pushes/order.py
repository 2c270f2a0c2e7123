"""In which order pushes go to one destination: by the rules of runner.yaml, and after those that they wait for."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.connector.config import Config
from runner.engine.links.parcel import Held
from runner.errors import MappingError, NotFound
from runner.model.push import Push, PushState
from runner.model.record import as_id
from runner.store import feed, pushes
from runner.store.record_table import Key


def behind(config: Config, to: str) -> dict[str, list[str]]:
    """By rule, the earlier rules that bring the same record to the same destination."""
    rules = [(name, rule.record) for name, rule in config.deliver.items() if rule.to == to]
    found = {}
    for place, (name, kind) in enumerate(rules):
        earlier = [other for other, its_kind in rules[:place] if its_kind == kind]
        if earlier:
            found[name] = earlier
    return found


def awaited(config: Config) -> set[str]:
    """The rules that others wait for."""
    return {other for rule in config.deliver.values() for other in rule.after}


def held(connection: Connection, config: Config, push: Push) -> Held | None:
    """Why a push must wait for one of another record, or is left out with it; None when it may go."""
    rule = config.deliver.get(push.rule)
    if rule is None or not rule.after:
        return None
    try:
        record = feed.get(connection, push.integration_id, push.kind, push.external_id).record
    except NotFound:
        return None
    context = {**record.fields, "id": record.external_id, "kind": record.kind, "inactive": record.inactive}
    for other, expression in rule.after.items():
        try:
            external_id = as_id(expression.search(context))
        except MappingError as error:
            return Held(push, PushState.FAILED, f"rule `{push.rule}`: {error}", (), error.code)
        if external_id is not None and other in config.deliver:
            waits = _wait_for(connection, push, other, (config.deliver[other].record, external_id))
            if waits is not None:
                return waits
    return None


def _wait_for(connection: Connection, push: Push, rule: str, key: Key) -> Held | None:
    """Why a push cannot go before that of another record by `rule`; None when that one has arrived."""
    other = pushes.one(connection, rule, push.integration_id, *key, push.destination)
    what = f"{key[0]} {key[1]}"
    if other is not None and other.state is PushState.DONE:
        return None
    if other is not None and other.state is PushState.SKIPPED:
        return Held(push, PushState.SKIPPED, f"{what} was left out by rule `{rule}`: {other.note}", (key,))
    why = f", which failed: {other.note}" if other is not None and other.state is PushState.FAILED else ""
    return Held(push, PushState.WAITING, f"waits until {what} has arrived by rule `{rule}`{why}", (key,))
