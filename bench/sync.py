"""Workload 3: a partner's HTTP pages to upserted rows in SQLite, with every guard rail on.

The floor does the least that could be called the same: httpx, orjson, a mapping by hand, an upsert in batches with
synchronous=FULL, no validation, no checkpoint, no change detection. `floor, jmespath` maps with the jmespath package.
Where `make peers` has installed them, dlt and Airbyte's CDK run in the same rounds, over a tenth of the records.
"""

from __future__ import annotations

import gc
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jmespath
import orjson

from bench.house import in_loop, migrated, synced
from bench.jobs import partner
from bench.measure import interleave, report, show
from bench.peers import installed

FIELDS = {
    "number": "number",
    "status": "status",
    "total": "total",
    "customer_name": "customer.name",
    "street": "address.street",
    "city": "address.city",
    "region": "address.state",
    "postal_code": "address.zip",
    "email": "contacts[?type == 'Email'].value | [0]",
    "phone": "contacts[?type == 'MobilePhone'].value | [0]",
    "starts_at": "appointments[0].start",
    "tags": "tags",
}


def by_hand(job: dict[str, Any]) -> dict[str, Any]:
    """The twelve fields as an expert would write them."""
    customer, address, contacts = job["customer"], job["address"], job["contacts"]
    appointments = job["appointments"]
    return {
        "number": job["number"],
        "status": job["status"],
        "total": job["total"],
        "customer_name": customer["name"],
        "street": address["street"],
        "city": address["city"],
        "region": address["state"],
        "postal_code": address["zip"],
        "email": next((contact["value"] for contact in contacts if contact["type"] == "Email"), None),
        "phone": next((contact["value"] for contact in contacts if contact["type"] == "MobilePhone"), None),
        "starts_at": appointments[0]["start"] if appointments else None,
        "tags": job["tags"],
    }


def by_jmespath() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The twelve fields by the jmespath package, each expression compiled once."""
    compiled = {name: jmespath.compile(expression) for name, expression in FIELDS.items()}
    return lambda job: {name: expression.search(job) for name, expression in compiled.items()}


def floor(url: str, database: Path, mapping: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """The least: fetch, map, upsert. Returns the number of records."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, updated_at TEXT, fields BLOB)")
    upsert = (
        "INSERT INTO jobs VALUES (?,?,?) ON CONFLICT (id) "
        "DO UPDATE SET updated_at=excluded.updated_at, fields=excluded.fields"
    )
    seen, after = 0, "0"
    with httpx.Client() as client:
        while after is not None:
            page = orjson.loads(client.get(f"{url}/jobs", params={"after": after}).content)
            rows = [(str(job["id"]), job["updated_at"], orjson.dumps(mapping(job))) for job in page["data"]]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(upsert, rows)
            connection.execute("COMMIT")
            seen, after = seen + len(rows), page["next"]
    connection.close()
    return seen


def timed(walk: Callable[[Path], int], folder: Path, keep: bool = False) -> float:
    """Records per second of one run into a fresh database (or, with `keep`, the one of the last run). Its tables are
    made before: `runner migrate` does that once, not every sync."""
    database = folder / "bench.db"
    if not keep:
        for path in folder.glob("bench.db*"):
            path.unlink()
        if (folder / "tables.db").exists():
            shutil.copy(folder / "tables.db", database)
    began = time.perf_counter()
    seen = walk(database)
    return seen / (time.perf_counter() - began)


def measure(total: int, size: int, rounds: int) -> dict[str, Any]:
    """One page size: floor, floor with jmespath, ours, and ours again over what did not change."""
    few = total // 10  # of the peers' pages: they take their time
    with partner(total, size) as url, partner(few, size) as small, tempfile.TemporaryDirectory() as place:
        folders = {name: Path(place) / str(index) for index, name in enumerate(("floor", "jmespath", "ours"))}
        for folder in folders.values():
            folder.mkdir()
        migrated(folders["ours"] / "tables.db")
        variants = {
            "floor: httpx, orjson, by hand, SQLite": lambda: timed(
                lambda path: floor(url, path, by_hand), folders["floor"]
            ),
            "floor, mapping by the jmespath package": lambda: timed(
                lambda path: floor(url, path, by_jmespath()), folders["jmespath"]
            ),
            "runner": lambda: timed(lambda path: in_loop(synced(url, path)), folders["ours"]),
            "runner, again, nothing changed": lambda: timed(
                lambda path: in_loop(synced(url, path)), folders["ours"], keep=True
            ),
        }
        figures = interleave(variants | installed.variants(small, few), rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return report(
        f"3. sync: {total:,} records in pages of {size:,}",
        "records/s",
        figures,
        "floor: httpx, orjson, by hand, SQLite",
        {"runner": 0.7},
        {"peak RSS of this process, MB": round(peak)},
    )


def main() -> None:
    total = 20_000 if "--quick" in sys.argv else 100_000
    gc.collect()
    gc.freeze()  # what the runner brings along is nothing that the floor must look through for garbage
    for size in (100, 1_000):
        show(measure(total, size, 1 if "--quick" in sys.argv else 3))


if __name__ == "__main__":
    main()
