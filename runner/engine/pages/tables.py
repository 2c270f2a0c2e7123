"""Small tables of the account, put beside every payload for the connectors that declare them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runner.connector.account_table import AccountTable
from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.pages.course import Course
from runner.engine.trouble import is_passing
from runner.errors import PartnerError
from runner.model.credential import Credential
from runner.model.integration import Integration
from runner.store import account_tables
from runner.store.account_tables import Kept


async def equipped(
    house: House, connector: Connector, integration: Integration, processors: Iterable[str], *, fetch: bool = True
) -> Connector:
    """The connector with the tables of one account that these processors read, fetched anew where they are too old.

    While the partner cannot be called, an old table is better than none. Without any, raises the PartnerError family.
    Without `fetch`, the tables are those that are stored, if there are.
    """
    wanted = {table for name in processors for _, table in connector.processor(name).tables} & connector.tables.keys()
    if not wanted:
        return connector
    known = await house.store.database.read(lambda connection: account_tables.find(connection, integration.id))
    made = {}
    for name in sorted(wanted):
        kept = await _current(house, connector, integration, name, known) if fetch else known.get(name)
        if kept is None:
            continue
        made[name] = _picked(house, connector, integration, connector.tables[name], kept)
    return connector.with_tables(made)


async def _current(
    house: House, connector: Connector, integration: Integration, name: str, known: dict[str, Kept]
) -> Kept:
    kept, table, now = known.get(name), connector.tables[name], house.clock.now()
    if kept is not None and now - kept.fetched_at < table.every:
        return kept
    try:
        found = await Course(house, connector, integration, table.endpoint).everything()
    except PartnerError as error:
        if kept is None or not is_passing(error):
            raise
        house.log.warning("table-not-fetched", integration=integration.id, table=name, message=str(error))
        return kept
    made = Kept(_entries(table, found), now)
    await house.store.database.write(lambda connection: account_tables.save(connection, integration.id, name, made))
    return made


def _entries(table: AccountTable, found: list[Any]) -> dict[str, Any]:
    """The entries by their keys; of two with one key, the first."""
    made: dict[str, Any] = {}
    for entry in found:
        key = table.key.search(entry)
        if isinstance(key, str | int) and not isinstance(key, bool):
            made.setdefault(str(key), table.value.search(entry))
    return made


def _picked(
    house: House, connector: Connector, integration: Integration, table: AccountTable, kept: Kept
) -> dict[str, Any]:
    """The entries, and those that have a further name."""
    if not table.pick:
        return kept.entries
    scope = house.tokens.scope(connector, integration, Credential())
    wanted = {name: template.render(scope) for name, template in table.pick.items()}
    return kept.entries | {name: kept.entries.get(str(key)) for name, key in wanted.items() if key is not None}
