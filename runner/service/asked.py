"""Whether what a query names is there: a misspelt name is a mistake, and not an empty answer."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.engine.house import House
from runner.errors import NotFound
from runner.model.words import suggest
from runner.service.problems import Problem
from runner.store import integrations


def check_kind(house: House, kind: str | None) -> None:
    """Problem 422 when there are no records of this kind."""
    known = house.schemas.validators
    if kind is not None and kind not in known:
        raise Problem(422, "bad-query", "`kind` names no kind of record", suggest(kind, known))


def check_connector(house: House, connector: str | None) -> None:
    """Problem 422 when there is no such connector."""
    known = house.connectors.names()
    if connector is not None and connector not in known:
        raise Problem(422, "bad-query", "`connector` names no connector", suggest(connector, known))


async def check_integration(house: House, integration_id: str | None) -> None:
    """Problem 422 when there is no such integration."""

    def read(connection: Connection) -> None:
        if integration_id is not None:
            integrations.get(connection, integration_id)

    try:
        await house.store.database.read(read)
    except NotFound:
        message, remedy = "`integration` names no integration", "GET /api/integrations lists those there are"
        raise Problem(422, "bad-query", message, remedy) from None
