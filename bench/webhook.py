"""Workload 4: a webhook from the socket to durable acceptance, signature checked, synchronous=FULL.

The floor is Starlette reading the body and answering 200 on the same server with the same settings (uvicorn with uvloop
and httptools, one process, no access log, no headers of its own). The load is the same for both: another process, 32
connections, each with one request on its way. Ours is `runner serve` as it is, with the worker off: acceptance alone.
The account is connected, so that each event finds its integration and puts its wake-up before the answer.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.client import SECRET, load
from bench.house import INTEGRATION
from bench.measure import interleave, report, show
from runner.store import integrations
from runner.store.keys import KeyRing
from runner.store.store import Store

HERE = Path(__file__).parent
BARE = """
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

async def take(request: Request) -> Response:
    await request.body()
    return Response(status_code=200)

config = uvicorn.Config(Starlette(routes=[Route("/take", take, methods=["POST"])]), port=0, access_log=False,
                        server_header=False, date_header=False, loop="uvloop", http="httptools", log_level="info")
uvicorn.Server(config).run()
"""


TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    port: int
    pid: int

    def spent(self) -> float:
        """CPU seconds so far, of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


@contextmanager
def server(command: list[str], environ: dict[str, str]) -> Iterator[Server]:
    """Start it, and read from what it says on which port it listens."""
    process = subprocess.Popen(
        command, env=os.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"127\.0\.0\.1:(\d+)", line):
                yield Server(int(found[1]), process.pid)
                return
        raise RuntimeError(f"{command[:3]} did not start:\n{said}")
    finally:
        process.terminate()
        process.wait()


@contextmanager
def bare() -> Iterator[Server]:
    """Starlette that reads the body and answers 200."""
    with server([sys.executable, "-c", BARE], {}) as started:
        yield started


@contextmanager
def ours(folder: Path) -> Iterator[Server]:
    """`runner serve` over the benchmark's connector and a database with one integration."""
    url = f"sqlite:///{folder / 'bench.db'}"
    asyncio.run(_prepare(url))
    environ = {
        "RUNNER_DATABASE_URL": url,
        "RUNNER_CONNECTORS": str(HERE / "partner" / "connectors"),
        "RUNNER_CONFIG": str(folder / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": f"bench:{base64.b64encode(os.urandom(32)).decode()}",
        "RUNNER_BENCH_WEBHOOK_KEY": SECRET,
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "runner.cli.main", "serve", "--port", "0", "--no-worker", "--no-scheduler"]
    with server(command, environ) as started:
        yield started


async def _prepare(url: str) -> None:
    store = Store.open(url, KeyRing.generate("bench"))
    store.database.migrate()
    await store.database.write(lambda connection: integrations.add(connection, INTEGRATION, ""))
    await store.close()


@dataclass
class Runs:
    """What was measured beside the rate, by variant: times of answer, and CPU a request on the server's side."""

    count: int
    sent: int = 0
    waits: dict[str, list[str]] = field(default_factory=dict)
    cpu: dict[str, list[int]] = field(default_factory=dict)

    def run(self, name: str, target: Server, path: str) -> float:
        """Requests per second of one load."""
        before = target.spent()
        found: dict[str, Any] = load([target.port], path, self.sent, self.count)
        self.sent += self.count
        if found["refused"]:
            raise RuntimeError(f"{name}: {found['refused']} of {self.count} were refused")
        self.waits.setdefault(name, []).append(f"{found['p50_ms']:.1f} / {found['p99_ms']:.1f}")
        self.cpu.setdefault(name, []).append(round((target.spent() - before) / self.count * 1e6))
        return float(found["rate"])


def main() -> None:
    count = 5_000 if "--quick" in sys.argv else 20_000
    rounds = 1 if "--quick" in sys.argv else 3
    runs = Runs(count)
    with tempfile.TemporaryDirectory() as place, bare() as floor, ours(Path(place)) as runner:
        figures = interleave(
            {
                "floor: Starlette, bare 200": lambda: runs.run("floor", floor, "/take"),
                "runner, durable": lambda: runs.run("runner", runner, "/webhooks/bench"),
            },
            rounds,
        )
    show(
        report(
            f"4. webhook: {count:,} requests of 1 KB, 32 connections",
            "requests/s",
            figures,
            "floor: Starlette, bare 200",
            {"runner, durable": 0.25},
            {"p50 / p99 ms": runs.waits, "CPU of the server, microseconds a request": runs.cpu},
        )
    )


if __name__ == "__main__":
    main()
