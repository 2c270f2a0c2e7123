"""What a run says of itself while it goes on: counts of its own, log lines with its id, a span."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runner.client.attempt import Attempt
from runner.engine.follow import followed, note
from runner.engine.syncs import sync
from runner.errors import PartnerUnavailable
from runner.model.integration import Integration, State
from runner.model.run import RunState, SyncRun
from runner.service.logs import Redactor, build_log
from runner.store import runs
from runner.testing.clock import START
from tests.engine.syncs.test_sync import JOBS, PAGES
from tests.partners import World, world
from tests.shelf import altered

ACME = Integration("i1", "acme", "servicetitan", "production", State.ACTIVE)
RUN = SyncRun("r1", "i1", "jobs", True, RunState.RUNNING, START)


async def test_a_run_counts_its_calls_and_its_time(here: World) -> None:
    integration = await here.connect("servicetitan")
    here.servicetitan.fail_next(1, 503, on="/jobs")
    run = await sync.run(here.house, integration, "jobs")
    assert (run.counts.calls, run.counts.retries) == (run.counts.pages + 1, 1)
    assert run.counts.bytes > 1000
    assert run.counts.wait_seconds > 0


async def test_a_run_that_failed_has_its_calls_too(here: World) -> None:
    integration = await here.connect("servicetitan")
    here.servicetitan.fail_next(50, 500, on="/jobs")
    with pytest.raises(PartnerUnavailable):
        await sync.run(here.house, integration, "jobs")
    last = await here.read(lambda c: runs.last(c, integration.id, "jobs"))
    assert last is not None
    assert last.state is RunState.FAILED
    assert last.counts.calls == last.counts.retries + 1 > 1


async def test_lines_of_a_run_carry_its_id(here: World) -> None:
    stream = io.StringIO()
    with followed(here.house, ACME, RUN):
        build_log("json", Redactor(), stream).info("anything", sync="other")
    build_log("json", Redactor(), stream).info("afterwards")
    inside, outside = map(json.loads, stream.getvalue().splitlines())
    assert {name: inside[name] for name in ("run", "integration", "connector", "sync")} == {
        "run": "r1", "integration": "i1", "connector": "servicetitan", "sync": "other",
    }  # fmt: skip
    assert "run" not in outside


async def test_a_run_is_a_span_and_its_calls_are_inside(here: World) -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with followed(replace(here.house, tracer=provider.get_tracer("test")), ACME, RUN):
        pass
    (span,) = spans.get_finished_spans()
    assert span.name == "servicetitan.jobs"
    assert dict(span.attributes or {})["runner.run"] == "r1"


async def test_every_call_is_logged_with_its_address(here: World) -> None:
    integration = await here.connect("servicetitan")
    await sync.run(here.house, integration, "jobs")
    urls = [values["url"] for _, event, values in here.log.lines if event == "called"]
    assert any("/jpm/v2/tenant/123456789/jobs?" in url for url in urls)


@pytest.mark.parametrize(
    ("status", "limited", "level"), [(200, False, "info"), (429, True, "warning"), (None, False, "warning")]
)
async def test_a_call_that_went_wrong_is_a_warning(here: World, status: int | None, limited: bool, level: str) -> None:
    note(here.log, Attempt(ACME, "jobs", "GET", "https://a.example/jobs", status=status, limited=limited))
    assert [(said, values["status"]) for said, event, values in here.log.lines if event == "called"] == [
        (level, status)
    ]


async def test_a_partner_that_tells_a_total_is_believed(database_url: str) -> None:
    spec = altered("servicetitan", ("pageSize: 500", "pageSize: 5"))
    told: list[int | None] = []
    async with world(database_url, connectors=spec, size=JOBS) as here:
        integration = await here.connect("servicetitan")
        await sync.run(here.house, integration, "jobs", progress=lambda pages, seen, total: told.append(total))
    assert told == [JOBS] * PAGES
