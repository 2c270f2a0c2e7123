"""Put one push together, in the direction in which it goes: to the destination of its rule, or back from there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from runner.connector.config import Config
from runner.connector.conflict import Back
from runner.connector.delivery_rule import DeliveryRule
from runner.engine.links import agree, echo
from runner.engine.links.agree import Merged, Standing
from runner.engine.links.context import context_of, written
from runner.engine.links.parcel import Held, Parcel, fingerprint
from runner.engine.links.resolve import BACKWARDS, Unlinked, known_link, read_of, resolve
from runner.engine.links.twins import Twins
from runner.errors import MappingError, NotFound
from runner.model.common import Pair, Values
from runner.model.integration import Integration
from runner.model.push import Link, Push, PushState
from runner.store import doubts, feed, integrations, links
from runner.store.feed import StoredRecord
from runner.store.record_table import Key


def pack(
    connection: Connection, config: Config, destination: Integration, push: Push, twins: Twins, at: datetime
) -> Parcel | Held:
    """What a push would send, from what is stored; or why it is not to be sent now."""
    rule = config.deliver.get(push.rule)
    if rule is None:
        return Held(push, PushState.SKIPPED, f"the rule `{push.rule}` is not in runner.yaml any more")
    try:
        source = integrations.get(connection, push.integration_id)
        stored = feed.get(connection, push.integration_id, push.kind, push.external_id)
        if rule.to == destination.connector:
            return _Forth(connection, config, rule, push, source, destination, twins, at).pack(stored)
        return _back(connection, config, rule, push, source, destination, stored, at)
    except NotFound as error:
        return Held(push, PushState.SKIPPED, str(error))


@dataclass(frozen=True)
class _Forth:
    """A record on its way to the destination."""

    connection: Connection
    config: Config
    rule: DeliveryRule
    push: Push
    source: Integration
    destination: Integration
    twins: Twins
    at: datetime

    def pack(self, stored: StoredRecord) -> Parcel | Held:
        read = tuple(read_of(self.rule, stored.record))
        try:
            return self._pack(stored, read)
        except Unlinked as error:
            return Held(self.push, error.state, str(error), (*read, *error.reads), unmatched=error.unmatched)
        except MappingError as error:
            return Held(self.push, PushState.FAILED, f"rule `{self.push.rule}`: {error}", read, error.code)

    def _pack(self, stored: StoredRecord, read: tuple[Key, ...]) -> Parcel | Held:
        rule, push, record = self.rule, self.push, stored.record
        gone = stored.is_gone
        own = known_link(self.connection, self.source, self.destination, record.kind, rule.there, record.external_id)
        doubt = doubts.get(self.connection, push.id)
        if gone and own is None and push.fingerprint is None and doubt is None:
            return Held(push, PushState.SKIPPED, "it is inactive, and the host never had it", read)
        given, made = self.written(stored)
        if given is None:
            return Held(push, PushState.SKIPPED, f"`when` of rule `{push.rule}` is false: {rule.when}", read)
        if agree.keeps(rule) and not gone:
            given, merged = self._merged(stored, given, own)
            return Parcel(push, rule, gone, given, fingerprint(given), own, doubt, made, read, merged)
        ours = echo.ours(self.connection, self.config, rule, self.source, self.destination, record)
        news = echo.news(rule, given, ours)
        if ours and not news and not gone:
            return Held(push, PushState.DONE, "what changed is what we wrote there ourselves", read)
        said, only = (fingerprint(news), frozenset(news)) if ours else (fingerprint(given), None)
        return Parcel(push, rule, gone, given, said, own, doubt, made, read, news=only)

    def written(self, stored: StoredRecord) -> tuple[Values | None, tuple[Link, ...]]:
        """What the rule writes of a record, and the links that it names; None where its `when` is false."""
        context = context_of(self.connection, self.rule, stored, self.source)
        if self.rule.when is not None and not stored.is_gone and not self.rule.when.test(context):
            return None, ()
        made: list[Link] = []
        for name, linked in self.rule.links.items():
            link = resolve(self.connection, linked, context, self.source, self.destination, self.twins)
            context["links"][name] = link.host_id
            made.append(link)
        return written(self.rule, context), tuple(made)

    def _merged(self, stored: StoredRecord, given: Values, own: Link | None) -> tuple[Values, Merged]:
        record = stored.record
        pair = Pair(self.push.rule, self.source.id, record.kind, record.external_id, self.destination.id)
        if own is None:
            return given, agree.first(pair, given, stored)
        return agree.to_host(self.standing(pair, stored, given, own.host_id), given)

    def standing(self, pair: Pair, stored: StoredRecord, given: Values, host_id: str) -> Standing:
        """How both sides stand. Unlinked while nobody knows what the other side has, and it may win."""
        rule = self.rule
        there = feed.named(self.connection, self.destination.id, rule.there, [host_id]).get(host_id)
        found = agree.stand(self.connection, rule, pair, given, stored, there, self.at)
        guarded = [name for name, policy in rule.on_conflict.items() if policy in ("host_wins", "newest_wins")]
        if there is None and guarded and not found.known.revision:
            where = f"{rule.there} {host_id} of {self.destination.connector}"
            raise Unlinked(PushState.WAITING, f"waits until {where} is known: its `{guarded[0]}` may win")
        return found


def _back(
    connection: Connection,
    config: Config,
    rule: DeliveryRule,
    push: Push,
    host: Integration,
    partner: Integration,
    stored: StoredRecord,
    at: datetime,
) -> Parcel | Held:
    """What the destination changed, on its way to the record that it came from."""
    found = links.find(connection, partner.id, host.id, rule.record, push.external_id, limit=2)
    if rule.back is None or len(found) != 1:
        several = f"{len(found)} records of {partner.connector} are linked to it, and only one can be changed back"
        note = several if rule.back else f"rule `{push.rule}` has no `back` any more"
        return Held(push, PushState.SKIPPED, note)
    link = found[0]
    ours = feed.get(connection, partner.id, link.kind, link.external_id)
    pair = Pair(push.rule, partner.id, link.kind, link.external_id, host.id)
    if stored.is_gone or ours.is_gone:
        return Held(push, PushState.SKIPPED, "one of both sides is inactive")
    forth = _Forth(connection, config, rule, push, partner, host, Twins(connection, host), at)
    try:
        given, _ = forth.written(ours)
        if given is None:
            return Held(push, PushState.SKIPPED, f"`when` of rule `{push.rule}` is false: {rule.when}")
        whole, merged = agree.to_partner(forth.standing(pair, ours, given, link.host_id), rule)
    except Unlinked as error:
        return Held(push, error.state, str(error), error.reads)
    except MappingError as error:
        return Held(push, PushState.FAILED, f"rule `{push.rule}`, back: {error}", (), error.code)
    own = Link(host.id, push.kind, push.external_id, partner.id, link.external_id, BACKWARDS)
    return Parcel(push, _turned(rule, rule.back), False, whole, fingerprint(whole), own, None, merged=merged)


def _turned(rule: DeliveryRule, back: Back) -> DeliveryRule:
    """The rule as it is for the way back: it only updates."""
    return rule.model_copy(update={"update": back.update, "create": None, "archive": None, "restore": None})
