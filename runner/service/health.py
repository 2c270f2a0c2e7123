"""Whether the process lives, and a handful of figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from runner.connector.library import Connectors
from runner.engine.house import House
from runner.errors import RunnerError
from runner.service.attendance_figures import attendance_families
from runner.service.call_figures import call_families
from runner.service.destination_figures import destination_families
from runner.service.overview import Overview, overview
from runner.store import events, figures, outcomes
from runner.store.figures import Figure
from runner.store.outcomes import Outcome
from runner.store.queue import Queue


class Health:
    """The handlers of `/healthz` and `/metrics`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def live(self, _: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    async def metrics(self, _: Request) -> Response:
        """Figures out of the store, as Prometheus reads them."""
        connectors = self._house.connectors
        try:
            now = self._house.clock.now()
            queue = self._house.store.queue
            found = await self._house.store.database.read(lambda c: _Figures.read(c, connectors, queue, now))
        except RunnerError as error:
            return PlainTextResponse(f"# {error.code}\n", 503)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(found)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures:
    """A collector over one overview, what was worked off, and how long (in seconds) the oldest event waits."""

    def __init__(
        self,
        found: Overview,
        worked: Sequence[Outcome],
        called: Sequence[Figure],
        waits: Mapping[str, float],
        now: datetime,
    ) -> None:
        self._found = found
        self._called = called
        self._worked = worked
        self._waits = waits
        self._kept_for = (now - (found.kept.oldest or now)).total_seconds()

    @classmethod
    def read(cls, connection: Connection, connectors: Connectors, queue: Queue, now: datetime) -> _Figures:
        """All figures in one view."""
        oldest = events.oldest_pending(connection)
        waits = {name: max(0.0, (now - at).total_seconds()) for name, at in oldest.items()}
        found = overview(connection, connectors, queue, now)
        return cls(found, outcomes.find(connection), figures.find(connection), waits, now)

    def collect(self) -> Iterable[Metric]:
        """The families, each a number a label set."""
        yield self._integrations()
        yield self._states("runner_events", "Webhook events by state", "events")
        yield self._states("runner_pushes", "Pushes by state", "pushes")
        yield self._calls()
        yield from call_families(self._called)
        yield self._outcomes("sync", "runner_syncs", "Syncs that a worker ran to the end, or that failed")
        yield self._records()
        yield self._outcomes("event", "runner_events_processed", "Webhook events worked off, or given up")
        yield self._outcomes("push", "runner_pushes_processed", "Records that a destination took, or refused for good")
        yield from destination_families(self._found.destinations)
        waiting = "How long the oldest pending event waits"
        yield _gauge("runner_oldest_pending_event_seconds", waiting, "connector", self._waits)
        yield from attendance_families(self._found.attendance)
        yield GaugeMetricFamily("runner_database_bytes", "What the database holds", value=self._found.kept.bytes)
        yield GaugeMetricFamily(
            "runner_oldest_delivery_seconds", "How old the oldest webhook request is that is kept", value=self._kept_for
        )
        refused = GaugeMetricFamily("runner_rejections", "Webhook requests turned away", labels=["connector", "reason"])
        for one in self._found.rejections:
            refused.add_metric([one.connector, one.reason], one.count)
        yield refused
        notices = GaugeMetricFamily("runner_notices", "Changes that the host is told of", labels=["state"])
        for telling, count in self._found.notices.items():
            notices.add_metric([telling.value], count)
        yield notices

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

    def _outcomes(self, work: str, name: str, words: str) -> Metric:
        """Both outcomes of every connector that has work: a rate can be taken before the first failure."""
        family = CounterMetricFamily(name, words, labels=["connector", "outcome"])
        counts = {(one.connector, one.outcome): one.count for one in self._worked if one.work == work}
        for connector in sorted({connector for connector, _ in counts}):
            for outcome in ("done", "failed"):
                family.add_metric([connector, outcome], counts.get((connector, outcome), 0))
        return family

    def _records(self) -> Metric:
        family = CounterMetricFamily(
            "runner_synced_payloads", "Payloads of syncs that a worker ran to the end", labels=["connector", "outcome"]
        )
        for one in self._worked:
            if one.work == "payload":
                family.add_metric([one.connector, one.outcome], one.count)
        return family

    def _calls(self) -> Metric:
        family = CounterMetricFamily(
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


def _gauge(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for one, value in values.items():
        family.add_metric([one], value)
    return family
