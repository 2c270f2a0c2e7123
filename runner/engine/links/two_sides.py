"""How a record stands with what it is linked to: for people who ask why a value is what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from runner.connector.config import Config
from runner.connector.delivery_rule import DeliveryRule
from runner.engine.links import agree
from runner.engine.links.merge import DEFAULT
from runner.model.common import Common, Decision, Pair
from runner.model.integration import Integration
from runner.store import commons, decisions, feed, integrations, links, pushes


@dataclass(frozen=True)
class Input:
    """One input of a rule: what both sides had in common last, what each has as far as we know, and the last decision
    about it. `winner`, `why`, `at` and `push` are None where the sides were never apart."""

    name: str
    common: Any
    partner: Any
    host: Any
    policy: str
    winner: str | None
    why: str | None
    at: datetime | None
    push: int | None


@dataclass(frozen=True)
class Told:
    """A record under one rule: where it goes, what it is there, how its push stands, and its inputs. `push` is None
    while nothing was pushed; `inputs` is empty where the rule does not mind what the other side has."""

    rule: str
    partner: str
    external_id: str
    destination: str
    host_id: str | None
    push: int | None
    state: str | None
    note: str | None
    inputs: tuple[Input, ...]


def explain(connection: Connection, config: Config, whose: Integration, kind: str, external_id: str) -> list[Told]:
    """A record of either side under each rule by which it goes anywhere, or came from there. NotFound when there is no
    such record."""
    feed.get(connection, whose.id, kind, external_id)
    pairs = [
        Pair(one.rule, whose.id, kind, external_id, one.destination)
        for one in pushes.find(connection, whose.id, external_id=external_id)
        if one.kind == kind and _goes_forth(connection, config, one.rule, one.destination)
    ]
    for name, rule in config.deliver.items():
        if rule.to == whose.connector and rule.there == kind:
            came = links.of_hosts(connection, whose.id, rule.record, [external_id])
            pairs += [Pair(name, one.integration_id, one.kind, one.external_id, whose.id) for one in came]
    places = {name: place for place, name in enumerate(config.deliver)}
    pairs.sort(key=lambda pair: places.get(pair.rule, len(places)))
    return [_told(connection, config.deliver.get(pair.rule), pair) for pair in pairs]


def _goes_forth(connection: Connection, config: Config, name: str, destination: str) -> bool:
    """Whether a push goes where its rule leads, and not back."""
    rule = config.deliver.get(name)
    there = integrations.named(connection, [destination]).get(destination)
    return rule is None or there is None or there.connector == rule.to


def _told(connection: Connection, rule: DeliveryRule | None, pair: Pair) -> Told:
    names = integrations.named(connection, [pair.integration_id, pair.destination])
    push = pushes.one(connection, *(getattr(pair, name) for name in commons.IDENTITY))
    link = links.get(connection, pair.integration_id, pair.destination, pair.kind, pair.external_id)
    last = {one.field: one for one in decisions.find(connection, pair)[::-1]}
    known = commons.get(connection, pair)
    inputs = []
    if rule is not None and agree.keeps(rule):
        inputs = [_input(name, rule, known, last.get(name)) for name in rule.input.parts]
    return Told(
        rule=pair.rule,
        partner=_name(names.get(pair.integration_id), pair.integration_id),
        external_id=pair.external_id,
        destination=_name(names.get(pair.destination), pair.destination),
        host_id=link.host_id if link else None,
        push=push.id if push else None,
        state=push.state.value if push else None,
        note=push.note if push else None,
        inputs=tuple(inputs),
    )


def _input(name: str, rule: DeliveryRule, known: Common, last: Decision | None) -> Input:
    return Input(
        name=name,
        common=known.values.get(name),
        partner=known.partner.values.get(name),
        host=known.host.values.get(name),
        policy=rule.on_conflict.get(name, DEFAULT),
        winner=last.winner if last else None,
        why=last.why if last else None,
        at=last.at if last else None,
        push=last.push_id if last else None,
    )


def _name(found: Integration | None, fallback: str) -> str:
    return f"{found.company}/{found.connector}" if found else fallback
