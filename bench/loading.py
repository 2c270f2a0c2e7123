"""Loading a connector of 50 processors of 40 fields each, every expression with its place in the file.

    python -m bench.loading [--quick] [--json]

Wall time of a process that is already up. Floor: the same file by PyYAML's C loader into plain data, without places or
checks. `first record of each` is what loading puts off: the generated code of all 50 processors.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bench.mapping_workloads import JOB, job
from bench.measure import interleave, report, show
from runner.connector.connector import Connector
from runner.connector.library import Connectors

PROCESSORS = 50
BAR = 0.5  # seconds
FLOOR, LOAD, FIRST = "floor: PyYAML into plain data", "runner: load, check, place", "runner: first record of each"
HEAD: dict[str, Any] = {
    "connector": "wide",
    "title": "Wide",
    "docs": "https://wide.example",
    "environments": {"production": {"api": "https://wide.example"}},
    "auth": {"type": "bearer", "token": "t", "identify": {"endpoint": "account", "account_id": "body.id"}},
    "http": {"base_url": "{{ environment.api }}"},
    "endpoints": {"account": {"get": "/account", "records": "@"}},
}


def text() -> str:
    """The file. No two processors have all expressions alike."""
    processors = {
        f"job_{number}": {
            "record": "project",
            "id": "id",
            "cursor": "modifiedOn",
            "fields": {f"the_{name}": f"{rule} || kept_{number}" for name, rule in JOB.items()},
        }
        for number in range(PROCESSORS)
    }
    return yaml.safe_dump(HEAD | {"processors": processors}, sort_keys=False, width=1_000)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def loaded(folder: Path) -> Connector:
    """The connector, read anew."""
    return Connectors(folder).get("wide")


def first_records(connector: Connector) -> None:
    payload = job(1)
    for name in connector.processors:
        if connector.process(name, payload).record is None:
            raise SystemExit(f"the payload of the benchmark does not map by {name}")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "wide.yaml"
        path.write_text(text(), encoding="utf-8")
        rule = loaded(Path(place)).processor("job_7").id
        if not rule.place.line:
            raise SystemExit("the expressions have no places")
        fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        variants: dict[str, Callable[[], float]] = {
            FLOOR: lambda: seconds(lambda: yaml.load(path.read_bytes(), fast)),
            LOAD: lambda: seconds(lambda: loaded(Path(place))),
            FIRST: lambda: _first(Path(place)),
        }
        figures = interleave(variants, 2 if "--quick" in sys.argv else 5)
    title = f"loading: {PROCESSORS} processors of {len(JOB)} fields"
    show(report(title, "seconds", figures, FLOOR, {}, {"must load within, seconds": BAR}))


def _first(folder: Path) -> float:
    connector = loaded(folder)
    return seconds(lambda: first_records(connector))


if __name__ == "__main__":
    main()
