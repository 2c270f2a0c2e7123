"""What one push would send: the record as the delivery rule writes it, or why it is not to be sent now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Connection

from runner.connector.config import Config
from runner.connector.delivery_rule import DeliveryRule
from runner.engine.context import context_of, written
from runner.engine.resolve import Unlinked, known_link, read_of, resolve
from runner.engine.twins import Twins
from runner.errors import MappingError, NotFound
from runner.model.integration import Integration
from runner.model.push import Doubt, Link, Push, PushState
from runner.model.unmatched import Unmatched
from runner.store import doubts, feed, integrations
from runner.store.feed import StoredRecord
from runner.store.record_table import Key


@dataclass(frozen=True)
class Parcel:
    """What a push would send. `gone` records are archived at the host; `link` says what the host calls the thing;
    `doubt` is what an earlier try set out to create whose outcome nobody knows. `read` are the records and links that
    it was made from, beside the record itself."""

    push: Push
    rule: DeliveryRule
    gone: bool
    input: dict[str, Any] = field(repr=False)
    fingerprint: str
    link: Link | None
    doubt: Doubt | None
    matched: tuple[Link, ...] = ()
    read: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Held:
    """A push that is not to be sent now, and why; of one that failed also the reason in a word. `unmatched` is what has
    no twin."""

    push: Push
    state: PushState
    note: str
    read: tuple[Key, ...] = ()
    reason: str | None = None
    unmatched: Unmatched | None = None


def pack(connection: Connection, config: Config, destination: Integration, push: Push, twins: Twins) -> Parcel | Held:
    """Put together what a push would send, from what is stored."""
    rule = config.deliver.get(push.rule)
    if rule is None:
        return Held(push, PushState.SKIPPED, f"the rule `{push.rule}` is not in runner.yaml any more")
    try:
        source = integrations.get(connection, push.integration_id)
        stored = feed.get(connection, push.integration_id, push.kind, push.external_id)
    except NotFound as error:
        return Held(push, PushState.SKIPPED, str(error))
    return _Packing(connection, rule, push, source, destination, twins).pack(stored)


def fingerprint(given: Mapping[str, Any]) -> str:
    """What two inputs share when they say the same."""
    return blake2b(orjson.dumps(dict(given), option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


@dataclass(frozen=True)
class _Packing:
    connection: Connection
    rule: DeliveryRule
    push: Push
    source: Integration
    destination: Integration
    twins: Twins

    def pack(self, stored: StoredRecord) -> Parcel | Held:
        read = tuple(read_of(self.rule, stored.record))
        try:
            return self._pack(stored, read)
        except Unlinked as error:
            return Held(self.push, error.state, str(error), (*read, *error.reads), unmatched=error.unmatched)
        except MappingError as error:
            return Held(self.push, PushState.FAILED, f"rule `{self.push.rule}`: {error}", read, error.code)

    def _pack(self, stored: StoredRecord, read: tuple[Key, ...]) -> Parcel | Held:
        rule, push = self.rule, self.push
        record, gone = stored.record, stored.record.inactive or stored.deleted_at is not None
        context = context_of(self.connection, rule, stored, self.source)
        if rule.when is not None and not gone and not rule.when.test(context):
            return Held(push, PushState.SKIPPED, f"`when` of rule `{push.rule}` is false: {rule.when}", read)
        own = known_link(self.connection, self.source, self.destination, record.kind, rule.there, record.external_id)
        doubt = doubts.get(self.connection, push.id)
        if gone and own is None and push.fingerprint is None and doubt is None:
            return Held(push, PushState.SKIPPED, "it is inactive, and the host never had it", read)
        made: list[Link] = []
        for name, linked in rule.links.items():
            link = resolve(self.connection, linked, context, self.source, self.destination, self.twins)
            context["links"][name] = link.host_id
            made.append(link)
        given = written(rule, context)
        return Parcel(push, rule, gone, given, fingerprint(given), own, doubt, tuple(made), read)
