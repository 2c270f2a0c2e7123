"""The world of our own tests: the shipped connectors, and their simulated partners."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from runner.authoring.simulate.companycam import CompanyCam
from runner.authoring.simulate.jobber import Jobber
from runner.authoring.simulate.servicetitan import ServiceTitan
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.connector.webhook import Answer
from runner.model.secret import Secret
from runner.testing.log import Log
from runner.testing.project import Project
from runner.testing.simulated import Shipped
from runner.testing.wire import Wire
from runner.testing.world import BASE, KEYS, open_world
from runner.testing.world import World as AnyWorld

__all__ = [
    "ALWAYS",
    "APPS",
    "BASE",
    "CONFIG",
    "CONNECTORS",
    "KEYS",
    "ROOT",
    "SCHEMAS",
    "SETTINGS",
    "Log",
    "Wire",
    "World",
    "world",
]

ROOT = Path(__file__).parent.parent
APPS = {
    "servicetitan": {
        "app_key": Secret("ak1.servicetitan-app"),
        "webhook_key": Secret("servicetitan-webhook-key-of-32-or-more"),
    },
    "jobber": {"client_id": "jobber-app", "client_secret": Secret("jobber-secret")},
}
SETTINGS = {
    "servicetitan": {
        "tenant_id": "123456789",
        "client_id": "servicetitan-client",
        "client_secret": "servicetitan-secret",
    },
    "jobber": {},
    "companycam": {"access_token": "companycam-token"},
}
ALWAYS = ("servicetitan", "jobber", "companycam")
PROJECT = Project.read(ROOT)
CONNECTORS, SCHEMAS, CONFIG = PROJECT.connectors, PROJECT.schemas, PROJECT.config


class Patient(Connectors):
    """Those that are shipped, of partners that wait for an answer as long as any machine takes over it: Jobber waits a
    second, and a machine under load may stand still for as long."""

    @cache  # noqa: B019 - there is one, and it stays
    def get(self, name: str) -> Connector:
        connector = super().get(name)
        if connector.webhooks is None:
            return connector
        answer = Answer(status=connector.webhooks.answer.status, within=timedelta(minutes=5))
        return connector.model_copy(update={"webhooks": connector.webhooks.model_copy(update={"answer": answer})})


PATIENT = Patient(CONNECTORS.folder)


class World(AnyWorld):
    """With the three partners that are always there."""

    @property
    def servicetitan(self) -> ServiceTitan:
        found: ServiceTitan = self.partners["servicetitan"]
        return found

    @property
    def jobber(self) -> Jobber:
        found: Jobber = self.partners["jobber"]
        return found

    @property
    def companycam(self) -> CompanyCam:
        found: CompanyCam = self.partners["companycam"]
        return found


@asynccontextmanager
async def world(
    database: str,
    *,
    config: Config = CONFIG,
    connectors: Connectors = PATIENT,
    size: int = 12,
    partners: Sequence[str] = (),
    **options: Any,
) -> AsyncIterator[World]:
    """Open it. `partners` are those beside the three that are always there; `options` are those of the simulators, by
    partner: `servicetitan={"size": 900}`."""
    cast = {name: Shipped({"size": size, **options.get(name, {})}) for name in dict.fromkeys((*ALWAYS, *partners))}
    project = Project(connectors, SCHEMAS, config)
    async with open_world(database, project, cast, kind=World) as opened:
        assert isinstance(opened, World)
        yield opened
