"""Link by hand what a partner and the host call the same thing, and wake what waited for it."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.links.relink import renew
from runner.engine.records.mark import takes_from
from runner.errors import NotFound
from runner.model.integration import Integration
from runner.model.push import Link
from runner.model.words import suggest
from runner.store import feed, integrations, links, unmatched


async def link(house: House, source: Integration, to: str | None, kind: str, external_id: str, host_id: str) -> Link:
    """Remember that `external_id` of a partner is `host_id` at the destination, in the place of what was known.

    What was pushed by the old link, or waited for one, is pushed anew.

    `to` is the destination's connector; None where the delivery rules leave no choice. NotFound when the company has
    no such destination, when no rule asks for links of that kind, or when no such record is stored.
    """

    def work(connection: Connection) -> Link:
        destination = destination_of(connection, house, source, to)
        kinds = _kinds(house, source, destination)
        if kind not in kinds:
            raise NotFound(
                f"no delivery rule to {destination.connector} has links of `{kind}` ({suggest(kind, kinds)})"
            )
        feed.get(connection, source.id, kind, external_id)
        made = Link(source.id, kind, external_id, destination.id, host_id, "manual")
        before = links.get(connection, source.id, destination.id, kind, external_id)
        links.put(connection, made)
        unmatched.clear(connection, [made])
        if before is None or before.host_id != host_id:
            _renew(connection, house, made, before)
        return made

    return await house.store.database.write(work)


async def unlink(house: House, source: Integration, to: str | None, kind: str, external_id: str) -> None:
    """Forget a link; NotFound when there is none. What is at the host stays there; the record and what was made from
    the link are looked at again, and find a twin, make it anew or wait."""

    def work(connection: Connection) -> None:
        destination = destination_of(connection, house, source, to)
        before = links.get(connection, source.id, destination.id, kind, external_id)
        if before is None or not links.remove(connection, source.id, destination.id, kind, external_id):
            raise NotFound(f"{kind} {external_id} is not linked to {destination.connector} (see `runner links list`)")
        _renew(connection, house, before, before)

    await house.store.database.write(work)


def destination_of(connection: Connection, house: House, source: Integration, to: str | None) -> Integration:
    """The company's integration that records of `source` are pushed to; NotFound unless exactly one fits."""
    rules = house.config.deliver.values()
    names = [to] if to else sorted({rule.to for rule in rules if takes_from(rule, source.connector)})
    found = [one for name in names for one in integrations.find(connection, source.company, name)]
    if len(found) == 1:
        return found[0]
    if not found:
        there = " or ".join(names) or "any destination: no rule of runner.yaml reads from " + source.connector
        raise NotFound(f"company {source.company} is not connected to {there}")
    raise NotFound(f"several destinations fit: {', '.join(one.connector for one in found)} (say which: --to)")


def _renew(connection: Connection, house: House, link: Link, before: Link | None) -> None:
    known = before.host_id if before else None
    renew(connection, house.config, house.store.queue, link, known, house.clock.now())


def _kinds(house: House, source: Integration, destination: Integration) -> set[str]:
    """What the rules push, and what they ask to be linked first."""
    rules = [
        rule
        for rule in house.config.deliver.values()
        if rule.to == destination.connector and takes_from(rule, source.connector)
    ]
    return {rule.record for rule in rules} | {linked.record for rule in rules for linked in rule.links.values()}
