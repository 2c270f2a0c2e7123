"""Whether the process lives, whether it can serve, and a handful of figures for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from runner.engine.house import House
from runner.errors import RunnerError
from runner.service.overview import Overview, overview


class Health:
    """The handlers of `/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def live(self, _: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    async def ready(self, _: Request) -> Response:
        """The database answers and is of this version; 503 with the reason else."""
        database = self._house.store.database
        try:
            behind = await asyncio.to_thread(database.pending)
        except Exception as error:  # whatever keeps the database from answering: we are not ready
            return _not_ready("store-unavailable", f"the database does not answer ({type(error).__name__})")
        if behind:
            return _not_ready("migration-pending", "the database is of an older version; run `runner migrate`")
        return JSONResponse({"ready": True})

    async def metrics(self, _: Request) -> Response:
        """Figures out of the store, as Prometheus reads them."""
        connectors = self._house.connectors
        try:
            found = await self._house.store.database.read(lambda connection: overview(connection, connectors))
        except RunnerError as error:
            return PlainTextResponse(f"# {error.code}\n", 503)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Figures(found))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures:
    """A collector over one overview."""

    def __init__(self, found: Overview) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """The families, each a number a label set."""
        yield self._integrations()
        yield self._states("runner_events", "Webhook events by state", "events")
        yield self._states("runner_pushes", "Pushes by state", "pushes")
        yield self._numbers()
        backlog = GaugeMetricFamily("runner_wakeups", "Wake-ups in the queue", labels=["state"])
        for state, count in self._found.backlog.items():
            backlog.add_metric([state], count)
        yield backlog
        refused = GaugeMetricFamily("runner_rejections", "Webhook requests turned away", labels=["connector", "reason"])
        for one in self._found.rejections:
            refused.add_metric([one.connector, one.reason], one.count)
        yield refused

    def _integrations(self) -> Metric:
        family = GaugeMetricFamily("runner_integrations", "Integrations", labels=["connector", "state"])
        counts: dict[tuple[str, str], int] = {}
        for one in self._found.integrations:
            key = (one.integration.connector, one.integration.state.value)
            counts[key] = counts.get(key, 0) + 1
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return family

    def _states(self, name: str, words: str, attribute: str) -> Metric:
        family = GaugeMetricFamily(name, words, labels=["connector", "state"])
        counts: dict[tuple[str, str], int] = {}
        for one in self._found.integrations:
            for state, count in getattr(one, attribute).items():
                key = (one.integration.connector, state.value)
                counts[key] = counts.get(key, 0) + count
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return family

    def _numbers(self) -> Metric:
        family = GaugeMetricFamily(
            "runner_partner_calls", "Answered calls to partners", labels=["connector", "limited"]
        )
        counts: dict[tuple[str, str], int] = {}
        for one in self._found.integrations:
            for limited, count in (("yes", one.calls.limited), ("no", one.calls.calls - one.calls.limited)):
                key = (one.integration.connector, limited)
                counts[key] = counts.get(key, 0) + count
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return family


def _not_ready(code: str, message: str) -> Response:
    return JSONResponse({"ready": False, "code": code, "message": message}, 503)
