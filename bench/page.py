"""Workload 2: the bytes of a 5 MB page (2,000 records, 40 fields each) to validated records.

    python -m bench.page [--quick] [--json]

Peer: `json.loads`, 40 expressions by jmespath.py. Ours is the path of a sync: the page is cut into raw records, each is
decoded, mapped by a processor, validated against a schema, and dropped. CPU time, since nothing here waits. Memory is
what Python and its libraries hold at most while a page of the size is worked on, above what its bytes take.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import jmespath
import orjson

from bench.mapping_workloads import JOB, job
from bench.measure import interleave, report, show
from runner.connector.endpoint import Endpoint
from runner.connector.processor import Processor
from runner.engine.pages.payloads import payloads, split
from runner.engine.schemas import RecordSchemas
from runner.mapping.functions import LIBRARY
from runner.model.http import Response

RECORDS = 2_000
ENDPOINT = Endpoint.model_validate({"get": "/jobs", "records": "data"})
PROCESSOR = Processor.model_validate({"record": "job", "id": "id", "cursor": "modifiedOn", "fields": JOB})
NULLABLE = {"type": ["string", "number", "boolean", "array", "object", "null"]}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": dict.fromkeys(JOB, NULLABLE)
    | {"number": {"type": "string", "minLength": 1}, "total": {"type": "number"}, "is_open": {"type": "boolean"}},
    "required": ["number", "total"],
    "additionalProperties": False,
}
PEER, WHOLE, OURS = "json.loads, jmespath.py, not validated", "runner, page decoded at once", "runner"


def page(count: int) -> bytes:
    """A page as partners send it, about 2.5 KB a record."""
    filler = "Call ahead; the dog is friendly. " * 14
    return orjson.dumps({"page": 1, "data": [job(number) | {"memo": filler} for number in range(count)], "more": False})


def peer() -> Callable[[bytes], int]:
    """The whole page by the standard library and jmespath.py."""
    options = jmespath.Options(custom_functions=LIBRARY)
    trees = {name: jmespath.compile(text) for name, text in JOB.items()}

    def run(body: bytes) -> int:
        made = [{name: tree.search(one, options) for name, tree in trees.items()} for one in json.loads(body)["data"]]
        return len(made)

    return run


def ours(schemas: RecordSchemas, *, whole: bool) -> Callable[[bytes], int]:
    """The engine's path; with `whole` for endpoints whose records must be searched for in the page as one."""

    straight = PROCESSOR.straight("job")
    assert straight is not None  # it has nothing inside, and deletes nothing

    def run(body: bytes) -> int:
        response = Response(200, {}, body)
        found = None if whole else split(ENDPOINT, "jobs", response)
        count = 0
        for payload in found or payloads(ENDPOINT, "jobs", response, is_first=True):
            record = straight(payload)
            if record is None or schemas.flaws(record):
                raise SystemExit(f"a payload of the benchmark does not map: {payload}")
            count += 1
        return count

    return run


def rate(work: Callable[[bytes], int], body: bytes) -> float:
    """Records a second of CPU time."""
    gc.collect()
    began = time.process_time()
    return work(body) / (time.process_time() - began)


def peak(work: Callable[[bytes], int], body: bytes) -> float:
    """The most memory beside the page itself, in MB."""
    gc.collect()
    tracemalloc.start()
    work(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return round(most / 1e6, 2)


def main() -> None:
    schemas = read_schema()
    body = page(RECORDS)
    works = {PEER: peer(), WHOLE: ours(schemas, whole=True), OURS: ours(schemas, whole=False)}
    for work in works.values():
        work(page(20))  # whatever is made at the first use
    figures = interleave(
        {name: lambda work=work: rate(work, body) for name, work in works.items()},  # type: ignore[misc]  # bound
        3 if "--quick" in sys.argv else 9,
    )
    sizes = {f"{len(body):,} bytes": body, f"{len(page(4 * RECORDS)):,} bytes": page(4 * RECORDS)}
    memory = {size: {name: peak(works[name], one) for name in (WHOLE, OURS)} for size, one in sizes.items()}
    title = f"2. page: {len(body) / 1e6:.1f} MB, {RECORDS:,} records of {len(JOB)} fields"
    show(report(title, "records/s of CPU", figures, PEER, {OURS: 13}, {"peak memory beside the page, MB": memory}))


def read_schema() -> RecordSchemas:
    """The schema of the records, read as the runner reads those of a folder."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "job.schema.json").write_bytes(orjson.dumps(SCHEMA))
        return RecordSchemas.read(Path(place))


if __name__ == "__main__":
    main()
