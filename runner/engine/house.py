"""What every verb is handed: the connectors, the store, the way to partners, the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import httpx
from opentelemetry.trace import Tracer, get_tracer

from runner.client.caller import Caller
from runner.client.files import Files
from runner.client.tokens import Apps, Tokens, chosen_app, own_app
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.engine.allowance import Allowance
from runner.engine.refusals import Refusals
from runner.engine.route import Router
from runner.engine.schemas import RecordSchemas
from runner.engine.tally import Tally
from runner.engine.voucher import Vouchers
from runner.model.clock import Clock
from runner.model.destination import DestinationKeys
from runner.model.secret import Secret
from runner.store.outside import Outside
from runner.store.store import Store

MOST_TRIALS = 10
"""In an hour and a process, for one integration: a partner tries an address once, and once more when it was away."""


class Log(Protocol):
    """Where a verb says what a person should know: an event's name, and plain values beside it; never a payload."""

    def info(self, event: str, **values: Any) -> Any: ...

    def warning(self, event: str, **values: Any) -> Any: ...

    def error(self, event: str, **values: Any) -> Any: ...


@dataclass(frozen=True, eq=False)
class House:
    """Everything that the verbs need, handed in. `base_url` is the public address of this runner, without a slash."""

    connectors: Connectors
    config: Config
    store: Store
    caller: Caller
    tokens: Tokens
    tally: Tally
    http: httpx.AsyncClient
    clock: Clock
    apps: Apps
    schemas: RecordSchemas
    base_url: str
    log: Log
    notify_secrets: tuple[Secret, ...] = field(default=(), repr=False)
    destination_keys: DestinationKeys = field(default_factory=DestinationKeys, repr=False)
    tracer: Tracer = field(default_factory=lambda: get_tracer("runner"), repr=False)

    @cached_property
    def router(self) -> Router:
        """The way of arrivals into the inbox; one for the house, so that they share commits."""
        return Router(self.store.inbox)

    @cached_property
    def refusals(self) -> Refusals:
        """Where requests that are turned away are counted; one for the house."""
        refusals = Refusals(self.store.database)
        self.store.before_close.append(refusals.close)
        return refusals

    @cached_property
    def files(self) -> Files:
        """Where files that are to be sent are found."""
        allowed = self.config.files
        return Files(self.http, allowed.largest, [Path(folder) for folder in allowed.folders])

    @cached_property
    def outside(self) -> Outside:
        """The databases of destinations that are tables."""
        outside = Outside()

        async def close() -> None:
            outside.close()

        self.store.before_close.append(close)
        return outside

    @cached_property
    def trials(self) -> Allowance:
        """The trials of the address of an integration that lead to something, those that are proved by themselves."""
        return Allowance(MOST_TRIALS)

    @cached_property
    def vouchers(self) -> dict[tuple[str, str | None], tuple[Connector, Vouchers]]:
        """The operator's apps that deliveries are checked with, by connector and name of the secret, once they are
        looked for."""
        return {}

    @property
    def callback_url(self) -> str:
        """Where partners send people back to after consent."""
        return f"{self.base_url}/oauth/callback"

    def app(self, connector: str, environment: str | None = None) -> Mapping[str, str | Secret]:
        """The operator's values for a connector: those of the environment, where it has its own."""
        return chosen_app(self.apps, connector, environment)

    def has_own_app(self, connector: str, environment: str) -> bool:
        """Whether the operator set values for this environment alone."""
        return own_app(connector, environment) in self.apps

    def environment(self, connector: Connector, name: str) -> Mapping[str, str]:
        """The addresses of one environment; runner.yaml's come before the connector's. SettingsError lists them."""
        return self.tokens.environment(connector, name)
