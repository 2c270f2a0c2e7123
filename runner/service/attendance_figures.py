"""Who works and what waits, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from runner.service.attendance import Attendance


def attendance_families(found: Attendance) -> Iterator[Metric]:
    """The processes by part, the wake-ups by state, and how long the oldest due one waits."""
    backlog = found.backlog
    at_work = GaugeMetricFamily("runner_processes", "Processes that live", labels=["part"])
    for part, count in found.at_work.items():
        at_work.add_metric([part], count)
    yield at_work
    wakeups = GaugeMetricFamily("runner_wakeups", "Wake-ups in the queue", labels=["state"])
    wakeups.add_metric(["waiting"], backlog.waiting)
    wakeups.add_metric(["running"], backlog.running)
    yield wakeups
    yield GaugeMetricFamily("runner_due_wakeups", "Wake-ups that wait though they are due", value=backlog.due)
    waits = backlog.age(found.now).total_seconds()
    yield GaugeMetricFamily("runner_oldest_wakeup_seconds", "How long the oldest due wake-up waits", value=waits)
