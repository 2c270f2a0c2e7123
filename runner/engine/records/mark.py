"""Which pushes a changed record leads to, by the delivery rules of runner.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from runner.connector.config import Config
from runner.connector.delivery_rule import DeliveryRule
from runner.engine.route import OPEN
from runner.model.integration import Integration
from runner.model.wakeup import WakeUp
from runner.store import feed, includes, integrations, links, pushes, rollouts
from runner.store.queue import Queue
from runner.store.record_table import Key

PAGE = 1000


def mark(
    connection: Connection, config: Config, queue: Queue, integration: Integration, keys: Iterable[Key], at: datetime
) -> None:
    """Make every push due that these changed records lead to, in the caller's transaction; wake the destinations."""
    if not config.deliver:
        return
    changed: dict[str, list[str]] = {}
    for kind, external_id in keys:
        changed.setdefault(kind, []).append(external_id)
    _match_again(connection, config, queue, integration, changed, at)
    _compare_again(connection, config, queue, integration, changed, at)
    rules = [(name, rule) for name, rule in config.deliver.items() if takes_from(rule, integration.connector)]
    if not any(rule.record in changed or reads(rule, changed) for _, rule in rules):
        return
    destinations = open_destinations(connection, integration.company)
    woken: set[str] = set()
    for name, rule in rules:
        destination = rule.to if config.outlet(rule.to) else destinations.get(rule.to)
        if destination is not None and rule.record in changed:
            ids = changed[rule.record]
            pushes.mark(connection, name, integration.id, rule.record, ids, destination, at)
            woken.add(destination)
    for kind, ids in changed.items():
        woken.update(includes.renew(connection, integration.id, kind, ids, at))
    wake(connection, queue, woken)


def backfill(connection: Connection, config: Config, queue: Queue, destination: Integration, at: datetime) -> None:
    """Make all records due that the company has already, for a destination that was just connected."""
    rules = [(name, rule) for name, rule in config.deliver.items() if rule.to == destination.connector]
    for source in integrations.find(connection, company=destination.company):
        for name, rule in rules:
            if takes_from(rule, source.connector):
                _mark_all(connection, name, rule, source.id, destination.id, at)
    wake(connection, queue, {destination.id} if rules else set())


def roll_out(connection: Connection, config: Config, queue: Queue, at: datetime) -> None:
    """Make all records due that are there already, once for each rule to a destination that is no connector; rules
    that are gone begin anew should they come back."""
    wanted = {(name, rule.to) for name, rule in config.deliver.items() if config.outlet(rule.to)}
    known = rollouts.begun(connection)
    for name, destination in sorted(known - wanted):
        rollouts.forget(connection, name, destination)
    for name, destination in sorted(wanted - known):
        rule = config.deliver[name]
        for source in integrations.find(connection):
            if takes_from(rule, source.connector):
                _mark_all(connection, name, rule, source.id, destination, at)
        rollouts.begin(connection, name, destination, at)
        wake(connection, queue, {destination})


def _match_again(
    connection: Connection,
    config: Config,
    queue: Queue,
    destination: Integration,
    changed: dict[str, list[str]],
    at: datetime,
) -> None:
    """The destination's own records changed: pushes that wait for a twin among them are looked at again."""
    rules = [rule for rule in config.deliver.values() if rule.to == destination.connector]
    matched = {linked.there for rule in rules for linked in rule.links.values() if linked.match}
    if matched & set(changed) and pushes.wake_waiting(connection, destination.id, at):
        wake(connection, queue, {destination.id})


def _compare_again(
    connection: Connection,
    config: Config,
    queue: Queue,
    host: Integration,
    changed: dict[str, list[str]],
    at: datetime,
) -> None:
    """Things at a destination changed that records are linked to: both sides are compared, and what the destination
    changed goes back where a rule says how."""
    woken: set[str] = set()
    for name, rule in config.deliver.items():
        if rule.to != host.connector or not rule.theirs.parts or rule.there not in changed:
            continue
        for link in links.of_hosts(connection, host.id, rule.record, changed[rule.there]):
            pushes.mark(connection, name, link.integration_id, rule.record, [link.external_id], host.id, at)
            woken.add(host.id)
            if rule.back is not None:
                pushes.mark(connection, name, host.id, rule.there, [link.host_id], link.integration_id, at)
                woken.add(link.integration_id)
    wake(connection, queue, woken)


def takes_from(rule: DeliveryRule, connector: str) -> bool:
    """Whether a rule delivers the records of a connector."""
    return connector != rule.to if rule.sources is None else connector in rule.sources


def reads(rule: DeliveryRule, kinds: Iterable[str]) -> bool:
    """Whether a rule reads records of any of these kinds beside its own."""
    others = {one.record for one in rule.include.values()} | {one.record for one in rule.links.values()}
    return bool(others & set(kinds))


def open_destinations(connection: Connection, company: str) -> dict[str, str]:
    """By connector, the id of the company's integration that takes pushes: the first that is active or to be mended."""
    found: dict[str, str] = {}
    for candidate in integrations.find(connection, company=company):
        if candidate.state in OPEN:
            found.setdefault(candidate.connector, candidate.id)
    return found


def wake(connection: Connection, queue: Queue, destinations: Iterable[str]) -> None:
    """Put the wake-ups of destinations that have something due."""
    for destination in sorted(destinations):
        queue.put(connection, WakeUp("push", destination))


def _mark_all(
    connection: Connection, name: str, rule: DeliveryRule, source: str, destination: str, at: datetime
) -> None:
    after = 0
    while found := feed.find(connection, source, rule.record, after=after, limit=PAGE, deleted=False):
        ids = [stored.record.external_id for stored in found]
        pushes.mark(connection, name, source, rule.record, ids, destination, at)
        after = found[-1].sequence
