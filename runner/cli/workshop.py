"""How the operator's commands get at the settings, the store and the house, and how they find an integration."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from runner.connector.library import Connectors
from runner.engine.house import House
from runner.errors import NotFound, SettingsError
from runner.model.integration import Integration
from runner.service.assemble import open_store, opened, read_apps, secrets_of
from runner.service.logs import Redactor, build_log
from runner.service.settings import Settings
from runner.store import integrations
from runner.store.store import Store

T = TypeVar("T")


def settings_now() -> Settings:
    """The settings of this process's environment."""
    return Settings.read(os.environ)


def log_of(settings: Settings, least: int = logging.WARNING) -> Any:
    """The log of a command, on standard error, that knows the operator's secrets: a person who waits for its result
    wants no line for every call."""
    apps = read_apps(Connectors(settings.connectors), settings)
    return build_log(settings.log, Redactor(secrets_of(settings, apps)), least=least)


def require_database(url: str) -> None:
    """SettingsError when the URL names an SQLite file that is not there: only what stores something new makes one."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return  # whoever opens it says what is wrong
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).is_file():
        raise SettingsError(
            f"there is no database at {Path(parsed.database).absolute()} (set RUNNER_DATABASE_URL to the one that is "
            "meant, or make this one with `runner migrate`)"
        )


def in_house(work: Callable[[House], Awaitable[T]], *, makes: bool = False) -> T:
    """Open the house, do `work` in it, close it. `makes`: a database that is not there is made."""
    settings = settings_now()
    if not makes:
        require_database(settings.database_url)

    async def run() -> T:
        async with opened(settings, log_of(settings)) as house:
            return await work(house)

    return asyncio.run(run())


def in_store(work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store alone, do `work` with it, close it: for commands that only look."""
    settings = settings_now()
    require_database(settings.database_url)

    async def run() -> T:
        async with open_store(settings) as store:
            return await work(store)

    return asyncio.run(run())


def look(work: Callable[[Connection], T]) -> T:
    """What `work` reads of the database."""

    async def read(store: Store) -> T:
        return await store.database.read(work)

    return in_store(read)


def chosen(connection: Connection, text: str) -> Integration:
    """The integration that a person means: its id, the beginning of it, or `company/connector`.

    NotFound when there is none, or when several fit.
    """
    company, slash, connector = text.rpartition("/")
    if slash:
        found = integrations.find(connection, company=company, connector=connector)
    else:
        found = [one for one in integrations.find(connection) if one.id.startswith(text)]
    exact = [one for one in found if one.id == text] or found
    if len(exact) == 1:
        return exact[0]
    problem = "several integrations fit" if exact else "there is no integration"
    raise NotFound(f"{problem} `{text}`; give the id, its beginning, or company/connector (see `runner integrations`)")
