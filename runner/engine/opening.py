"""Puts a house together from what the operator decides and what the world is."""

from __future__ import annotations

from typing import Any

import httpx
from opentelemetry.trace import Tracer, get_tracer

from runner.client.attempt import Attempt
from runner.client.caller import Caller
from runner.client.limiter import Limiter
from runner.client.tokens import Apps, Tokens
from runner.connector.config import Config
from runner.connector.library import Connectors
from runner.engine.follow import note
from runner.engine.house import House, Log
from runner.engine.schemas import RecordSchemas
from runner.engine.tally import Tally
from runner.model.clock import Clock
from runner.model.destination import DestinationKeys
from runner.model.secret import Secret
from runner.store.limits import LimitLedger
from runner.store.store import Store


def open_house(
    *,
    connectors: Connectors,
    config: Config,
    store: Store,
    http: httpx.AsyncClient,
    clock: Clock,
    apps: Apps,
    schemas: RecordSchemas,
    base_url: str,
    log: Log,
    notify_secrets: tuple[Secret, ...] = (),
    destination_keys: DestinationKeys | None = None,
    tracer: Tracer | None = None,
    **calling: Any,
) -> House:
    """A house whose caller, limits and tokens share one client, clock and store. `calling` are options of Caller."""
    tally, tracing = Tally(), tracer or get_tracer("runner")

    def on_call(attempt: Attempt) -> None:
        tally.count(attempt)
        note(log, attempt)

    tokens = Tokens(store, http, clock, apps, config.environments)
    limiter = Limiter(clock, LimitLedger(store.database, clock))
    store.before_close.append(limiter.close)
    caller = Caller(http, clock, limiter, tokens, on_call=on_call, tracer=tracing, **calling)
    return House(
        connectors=connectors,
        config=config,
        store=store,
        caller=caller,
        tokens=tokens,
        tally=tally,
        http=http,
        clock=clock,
        apps=apps,
        schemas=schemas,
        base_url=base_url.rstrip("/"),
        log=log,
        notify_secrets=notify_secrets,
        destination_keys=destination_keys or DestinationKeys(),
        tracer=tracing,
    )
