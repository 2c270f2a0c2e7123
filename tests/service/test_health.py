from __future__ import annotations

import hmac
import re
from datetime import timedelta

import httpx

from runner.model.wakeup import WakeUp
from runner.service.heart import beating
from tests.partners import World

BODY = b'{"type": "tn.jpm.job-updated", "userassignedid": "x", "data": {"tenantId": 5}}'


def sign(body: bytes) -> dict[str, str]:
    key = b"servicetitan-webhook-key-of-32-or-more"
    return {"X-ServiceTitan-Signature": hmac.new(key, body, "sha256").hexdigest()}


async def test_a_living_process_says_so(web: httpx.AsyncClient) -> None:
    assert (await web.get("/healthz")).text == "ok\n"


async def test_metrics_come_out_of_the_store(here: World, web: httpx.AsyncClient) -> None:
    await here.connect("servicetitan")
    await web.post("/webhooks/jobber", content=b"{}")
    text = (await web.get("/metrics")).text
    assert 'runner_integrations{connector="servicetitan",state="active"} 1.0' in text
    assert 'runner_rejections{connector="jobber",reason="bad-signature"} 1.0' in text


async def test_metrics_tell_who_works_and_what_waits(here: World, web: httpx.AsyncClient) -> None:
    async with beating(here.house, ["web", "worker"]):
        await here.write(lambda c: here.house.store.queue.put(c, WakeUp("sync", "i", run_at=here.clock.now())))
        here.clock.advance(30)
        text = (await web.get("/metrics")).text
    assert 'runner_processes{part="worker"} 1.0' in text
    assert 'runner_processes{part="scheduler"} 0.0' in text
    assert 'runner_wakeups{state="waiting"} 1.0' in text
    assert "runner_due_wakeups 1.0" in text
    assert "runner_oldest_wakeup_seconds 30.0" in text


async def test_metrics_tell_what_is_kept(here: World, web: httpx.AsyncClient) -> None:
    assert "runner_oldest_delivery_seconds 0.0" in (await web.get("/metrics")).text
    await here.receive("servicetitan", BODY, sign(BODY))
    here.clock.advance(90)
    text = (await web.get("/metrics")).text
    assert "runner_oldest_delivery_seconds 90.0" in text
    assert float(re.findall(r"^runner_database_bytes (\S+)$", text, re.MULTILINE)[0]) > 4096


async def test_what_the_host_is_to_be_told_is_counted(here: World, web: httpx.AsyncClient) -> None:
    await here.connect("servicetitan")
    assert 'runner_notices{state="pending"} 2.0' in (await web.get("/metrics")).text
    await here.work()
    told = (await web.get("/metrics")).text
    assert 'runner_notices{state="pending"} 0.0' in told
    assert 'runner_notices{state="skipped"} 2.0' in told


async def test_metrics_count_what_was_worked_off(here: World, web: httpx.AsyncClient) -> None:
    titan = await here.connect("servicetitan")
    await here.work()
    here.servicetitan.change("jobs", 7001, jobStatus="Completed")
    await here.servicetitan.deliver()
    here.clock.advance(90)
    before = (await web.get("/metrics")).text
    assert 'runner_oldest_pending_event_seconds{connector="servicetitan"} 90.0' in before
    await here.work(wait=timedelta(minutes=1))
    text = (await web.get("/metrics")).text
    assert "runner_oldest_pending_event_seconds{" not in text
    syncs = len(here.house.connectors.get(titan.connector).syncs)
    assert f'runner_syncs_total{{connector="servicetitan",outcome="done"}} {syncs}.0' in text
    assert 'runner_syncs_total{connector="servicetitan",outcome="failed"} 0.0' in text
    assert re.search(r'runner_events_processed_total\{connector="servicetitan",outcome="done"\} [1-9]', text)
    assert re.search(r'runner_partner_calls_total\{connector="servicetitan",limited="no"\} [1-9]', text)


async def test_metrics_tell_how_each_endpoint_answers(here: World, web: httpx.AsyncClient) -> None:
    here.servicetitan.fail_next(1, 503, on="/jobs")
    await here.connect("servicetitan")
    await here.work(wait=timedelta(minutes=1))
    text = (await web.get("/metrics")).text
    assert re.search(
        r'runner_endpoint_calls_total\{connector="servicetitan",endpoint="jobs",status="200"\} [1-9]', text
    )
    assert re.search(r'runner_endpoint_calls_total\{connector="servicetitan",endpoint="jobs",status="503"\} 1.0', text)
    assert re.search(
        r'runner_endpoint_seconds_bucket\{connector="servicetitan",endpoint="jobs",le="\+Inf"\} [2-9]', text
    )
    assert re.search(
        r'runner_endpoint_received_bytes_total\{connector="servicetitan",endpoint="jobs"\} [1-9]\d\d', text
    )
    assert re.search(r'runner_synced_payloads_total\{connector="servicetitan",outcome="created"\} [1-9]', text)
