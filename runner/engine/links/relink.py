"""A link was made, changed or taken away: what was made from it is looked at again, and what it names goes anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from runner.connector.config import Config
from runner.engine.links.resolve import link_key
from runner.engine.records.mark import wake
from runner.model.push import Link
from runner.store import commons, includes, integrations, pushes
from runner.store.queue import Queue


def renew(connection: Connection, config: Config, queue: Queue, link: Link, before: str | None, at: datetime) -> None:
    """Make due what depends on a link, on both sides, after it was put or removed by hand. `before` is the host's id
    that it had. What was sent to that thing is not what the new one has: the record itself is sent as if new."""
    commons.forget(connection, link)
    woken = set(includes.renew(connection, link.integration_id, *_one(link_key(link.kind, link.external_id)), at))
    names = {integrations.get(connection, one).connector: one for one in (link.integration_id, link.destination)}
    for there in _kinds_there(config, names, link):
        for host_id in {link.host_id, before} - {None, ""}:
            woken.update(includes.renew(connection, link.destination, *_one(link_key(there, str(host_id))), at))
    if pushes.send_anew(connection, link.integration_id, link.kind, link.external_id, link.destination, at):
        woken.add(link.destination)
    woken.update(wake_waiting(connection, config, {link.destination, link.integration_id}, at))
    wake(connection, queue, woken)


def wake_waiting(connection: Connection, config: Config, destinations: Iterable[str], at: datetime) -> set[str]:
    """Make due what waits for a link at any of these destinations, as far as rules lead there; returns where."""
    targets, ids = {rule.to for rule in config.deliver.values()}, set(destinations)
    known = integrations.named(connection, ids)
    led_to = {one for one in ids if one not in known or known[one].connector in targets}
    return {one for one in led_to if pushes.wake_waiting(connection, one, at)}


def _one(key: tuple[str, str]) -> tuple[str, list[str]]:
    return key[0], [key[1]]


def _kinds_there(config: Config, names: dict[str, str], link: Link) -> set[str]:
    """What the thing is called by rules that look at the link from the other side."""
    return {
        linked.record
        for rule in config.deliver.values()
        if names.get(rule.to) == link.integration_id
        for linked in rule.links.values()
        if linked.there == link.kind
    }
