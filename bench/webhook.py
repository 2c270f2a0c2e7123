"""Workload 4: a webhook from the socket to durable acceptance, signature checked, synchronous=FULL.

The floor is Starlette answering 200 on the same server (uvicorn with uvloop and httptools, one process); the load comes
from another process over 32 connections. Ours is `runner serve` as it is, with the worker off: acceptance alone.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.client import SECRET, load
from bench.measure import interleave, report, show

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
                        loop="uvloop", http="httptools", log_level="info")
uvicorn.Server(config).run()
"""


@contextmanager
def server(command: list[str], environ: dict[str, str]) -> Iterator[int]:
    """A server in a process of its own; gives the port that it says it listens on."""
    process = subprocess.Popen(
        command, env=os.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"127\.0\.0\.1:(\d+)", line):
                yield int(found[1])
                return
        raise RuntimeError(f"{command[:3]} did not start:\n{said}")
    finally:
        process.terminate()
        process.wait()


@contextmanager
def bare() -> Iterator[int]:
    """Starlette that reads the body and answers 200."""
    with server([sys.executable, "-c", BARE], {}) as port:
        yield port


@contextmanager
def ours(folder: Path) -> Iterator[int]:
    """`runner serve` over the benchmark's connector and an empty database."""
    environ = {
        "RUNNER_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
        "RUNNER_CONNECTORS": str(HERE / "partner" / "connectors"),
        "RUNNER_CONFIG": str(folder / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": f"bench:{base64.b64encode(os.urandom(32)).decode()}",
        "RUNNER_BENCH_WEBHOOK_KEY": SECRET,
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "runner.cli.main", "serve", "--port", "0", "--no-worker", "--no-scheduler"]
    with server(command, environ) as port:
        yield port


def main() -> None:
    count = 5_000 if "--quick" in sys.argv else 20_000
    rounds = 1 if "--quick" in sys.argv else 3
    waits: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as place, bare() as floor_port, ours(Path(place)) as our_port:
        first = iter(range(0, 10**9, count))

        def run(name: str, port: int, path: str) -> float:
            found: dict[str, Any] = load(port, path, next(first), count)
            if found["refused"]:
                raise RuntimeError(f"{name}: {found['refused']} of {count} were refused")
            waits.setdefault(name, []).append(f"{found['p50_ms']:.1f} / {found['p99_ms']:.1f}")
            return float(found["rate"])

        figures = interleave(
            {
                "floor: Starlette, bare 200": lambda: run("floor", floor_port, "/take"),
                "runner, durable": lambda: run("runner", our_port, "/webhooks/bench"),
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
            {"p50 / p99 ms": waits},
        )
    )


if __name__ == "__main__":
    main()
