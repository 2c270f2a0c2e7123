"""Two linked things under one rule: how they stand, what each is to be given, and what is kept of it afterwards.

Nobody tells us which change of a record was our own. What we wrote is known to be there until the record says something
new; a value that we replaced and that comes back soon is an echo that was late, and is looked at again once it is not
soon any more. So both may be changed at any time, and no change is sent round and round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from runner.connector.delivery_rule import DeliveryRule
from runner.engine.links.context import read_fields
from runner.engine.links.merge import Sides, merge, value_of
from runner.model.common import Common, Decision, Pair, Replaced, Side, Values
from runner.store import commons, decisions
from runner.store.feed import StoredRecord

ECHO = timedelta(minutes=10)
"""How long a value that we replaced may come back as an echo."""
MOST_REPLACED = 20
MOST_RETURNS = 3
"""How often the same value is written over the same one: a side that has the old one again by then writes what it is
given in its own way."""
OWN_WAY = "and has its own again: it writes it in its own way"
REMEMBERED = timedelta(days=1)
"""How long a value that we replaced is remembered beyond that."""

Way = Literal["partner", "host"]


@dataclass(frozen=True)
class Standing:
    """How a pair stands: what each side has, the numbers of their records, and whose value of each input stays.
    `echo` says of each side until when it is not trusted to have changed a value back."""

    pair: Pair
    known: Common
    partner: Values
    host: Values
    seen: Mapping[Way, int]
    echo: Mapping[Way, datetime]
    decisions: tuple[Decision, ...] = ()

    def agreed(self) -> Values:
        """What both are to have, as far as one of them has it."""
        found = {one.field: value_of(one) for one in self.decisions}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def note(self) -> str | None:
        """What a person should know; None where both sides can be alike."""
        found = [one for one in self.decisions if one.why.endswith(OWN_WAY)]
        return "; ".join(f"`{one.field}` stays different: {one.why}" for one in found) or None


@dataclass(frozen=True)
class Merged:
    """What one push does to one side: `changed` are the inputs of the action that are news there (None: all, it is not
    there yet), `sets` what the side then has, by the rule's own inputs."""

    standing: Standing
    side: Way
    changed: frozenset[str] | None
    sets: Values = field(repr=False)


def keeps(rule: DeliveryRule) -> bool:
    """Whether a rule minds what the other side has."""
    return bool(rule.theirs.parts or rule.on_conflict or rule.back)


def stand(
    connection: Connection,
    rule: DeliveryRule,
    pair: Pair,
    ours: Values,
    partner: StoredRecord,
    host: StoredRecord | None,
    at: datetime,
) -> Standing:
    """Compare both sides. `ours` is what the rule writes of the partner's record; `host` the destination's own record,
    None where it is not known yet. MappingError names the expressions of `theirs` that fail."""
    known = commons.get(connection, pair)
    seen: dict[Way, int] = {"partner": partner.sequence, "host": host.sequence if host else 0}
    echo: dict[Way, datetime] = {}
    now_ours, echo_at = _present(known.partner, ours, set(rule.input.parts), seen["partner"], at)
    if echo_at is not None:
        echo["partner"] = echo_at
    read = read_fields(rule.theirs, {**host.record.fields, "id": host.record.external_id}) if host else {}
    now_theirs, echo_at = _present(known.host, read, set(rule.theirs.parts) if host else set(), seen["host"], at)
    if echo_at is not None:
        echo["host"] = echo_at
    sides = Sides(known.values, now_ours, now_theirs, _changed_at(partner), _changed_at(host))
    made = [_without_loop(one, known) for one in merge(rule.input.parts, rule.on_conflict, sides)]
    return Standing(pair, known, now_ours, now_theirs, seen, echo, tuple(made))


def to_host(standing: Standing, ours: Values) -> tuple[Values, Merged]:
    """The input that the destination is given, and what of it is news there."""
    agreed = standing.agreed()
    whole = {**ours, **standing.host, **agreed}
    changed = {name: value for name, value in agreed.items() if standing.host.get(name) != value}
    return whole, Merged(standing, "host", frozenset(changed), changed)


def to_partner(standing: Standing, rule: DeliveryRule) -> tuple[Values, Merged]:
    """The input that the partner's action is given, and what of it is news there."""
    assert rule.back is not None
    agreed = standing.agreed()
    told = {path[0] for _, expression in rule.back.input.flat() for path in expression.reads or ()}
    sets = {name: value for name, value in agreed.items() if name in told and standing.partner.get(name) != value}
    whole = read_fields(rule.back.input, {**standing.partner, **sets})
    there = read_fields(rule.back.input, standing.partner)
    changed = {name for name, value in whole.items() if there.get(name) != value}
    return whole, Merged(standing, "partner", frozenset(changed), sets if changed else {})


def first(pair: Pair, ours: Values, partner: StoredRecord) -> Merged:
    """What the creation of a thing leaves behind: both sides have what it is made of."""
    standing = Standing(pair, Common(), ours, {}, {"partner": partner.sequence, "host": 0}, {})
    return Merged(standing, "host", None, ours)


def settle(connection: Connection, merged: Merged, sets: Values, push_id: int, at: datetime) -> datetime | None:
    """Keep what both sides have now that one was given `sets`. Returns when the push is to be looked at again: at once
    where the pair was settled otherwise meanwhile, later where an echo is waited for."""
    standing = merged.standing
    known = commons.get(connection, standing.pair)
    undisturbed = known.revision == standing.known.revision
    if undisturbed:
        known = replace(
            known,
            partner=replace(known.partner, values=standing.partner),
            host=replace(known.host, values=standing.host),
        )
        told = [one for one in standing.decisions if one.winner != "both"]
        decisions.add(connection, standing.pair, told, push_id, at)
    if sets:
        given = _given(known.host if merged.side == "host" else known.partner, sets, standing.seen[merged.side], at)
        known = replace(known, host=given) if merged.side == "host" else replace(known, partner=given)
    known = replace(known, values={**known.values, **_alike(known.partner.values, known.host.values)})
    if known != standing.known:
        commons.put(connection, standing.pair, replace(known, revision=known.revision + 1), at)
    source: Way = "partner" if merged.side == "host" else "host"
    return standing.echo.get(source) if undisturbed else at


def _present(side: Side, read: Values, names: set[str], seen: int, at: datetime) -> tuple[Values, datetime | None]:
    """What a side has: what its record says, but for what was written since. The time is that of the last echo that is
    still to be waited for."""
    found, echo = dict(side.values), None
    for name in names:
        value = read.get(name)
        if name in side.values and value != side.values[name]:
            past = [one for one in side.replaced.get(name, ()) if one.value == value]
            if any(seen <= one.seen for one in past):
                continue
            until = max((one.until for one in past), default=at)
            if until > at:
                echo = max(echo or until, until)
                continue
        found[name] = value
    return {name: value for name, value in found.items() if value is not None}, echo


def _without_loop(made: Decision, known: Common) -> Decision:
    """The decision, unless it was carried out again and again and the other side never had the value: then each keeps
    its own, until one of them has another."""
    if made.winner not in ("partner", "host"):
        return made
    forth = made.winner == "partner"
    loser, side = ("host", known.host) if forth else ("partner", known.partner)
    value, own = (made.partner, made.host) if forth else (made.host, made.partner)
    past = side.replaced.get(made.field, ())
    if sum(one.value == own and one.by == value for one in past) < MOST_RETURNS:
        return made
    return replace(made, winner="neither", why=f"the {loser} was given it {MOST_RETURNS} times, {OWN_WAY}")


def _given(side: Side, sets: Values, seen: int, at: datetime) -> Side:
    """A side after we wrote to it."""
    replaced = {name: list(past) for name, past in side.replaced.items()}
    for name in sets:
        replaced.setdefault(name, []).append(Replaced(side.values.get(name), at + ECHO, seen, sets[name]))
    fresh = {
        name: [one for one in past if one.until + REMEMBERED > at or seen <= one.seen][-MOST_REPLACED:]
        for name, past in replaced.items()
    }
    kept = {name: past for name, past in fresh.items() if past}
    return Side({**side.values, **sets}, kept, {**side.wrote, **sets})


def _alike(partner: Values, host: Values) -> Values:
    return {name: value for name, value in partner.items() if host.get(name) == value}


def _changed_at(stored: StoredRecord | None) -> str | None:
    if stored is None:
        return None
    found = stored.record.fields.get("updated_at") or stored.record.version
    return found if isinstance(found, str) else None
