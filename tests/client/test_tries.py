"""What is told of each try of a call."""

from __future__ import annotations

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runner.errors import UnexpectedResponse
from tests.client.conftest import INTEGRATION, Desk, answer, connector


async def test_each_try_is_told_with_what_it_cost(desk: Desk) -> None:
    made = connector()
    desk.partner.answers = [answer({}, 429, Retry_After="3"), answer({"ok": True})]
    await desk.caller().call(made, made.endpoints["jobs"], INTEGRATION)
    assert [(one.number, one.status, one.limited, one.waited) for one in desk.attempts] == [
        (1, 429, True, 0.0),
        (2, 200, False, 3.0),
    ]
    assert desk.attempts[1].size == len(b'{"ok":true}')
    assert desk.attempts[1].endpoint == "jobs"


async def test_a_try_without_an_answer_is_told_too(desk: Desk) -> None:
    made = connector()
    desk.partner.answers = [httpx.ReadTimeout("slow"), answer({"ok": True})]
    await desk.caller().call(made, made.endpoints["jobs"], INTEGRATION)
    assert [one.outcome for one in desk.attempts] == ["none", "200"]


async def test_the_address_is_told_without_the_secret(desk: Desk) -> None:
    made = connector(endpoints={"jobs": {"get": "/{{ settings.key }}/jobs", "records": "@"}})
    await desk.caller().call(made, made.endpoints["jobs"], INTEGRATION)
    assert "k3y" in desk.partner.requests[0].url.path
    assert "k3y" not in desk.attempts[0].url
    assert desk.attempts[0].url.endswith("/jobs")


async def test_each_try_is_a_span_named_by_connector_and_endpoint(desk: Desk) -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    made = connector()
    desk.partner.answers = [answer({}, 400)]
    with pytest.raises(UnexpectedResponse):
        await desk.caller(tracer=provider.get_tracer("test")).call(made, made.endpoints["jobs"], INTEGRATION)
    (span,) = spans.get_finished_spans()
    assert span.name == f"{made.connector}.jobs"
    told = dict(span.attributes or {})
    assert told["http.response.status_code"] == 400
    assert told["url.full"] == desk.attempts[0].url
    assert not span.status.is_ok
