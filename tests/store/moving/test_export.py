"""What moves to another database is all there, and as it was at one moment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from runner.model.credential import Credential
from runner.model.secret import Secret
from runner.store.moving.export import export
from runner.store.sequences import sequences
from runner.store.statements import CHUNK
from runner.store.store import Store
from runner.store.tables import metadata
from runner.testing.world import KEYS
from tests.store.conftest import NOW
from tests.store.moving.contents import WAKEUPS, exported, fill, held, taken


@pytest.mark.parametrize("seed", range(2))
async def test_there_and_back_again_nothing_has_changed(
    source: Store, target: Store, template: Path, tmp_path: Path, seed: int
) -> None:
    await source.database.write(lambda c: fill(c, seed))
    await source.database.write(lambda c: source.queue.put_all(c, WAKEUPS))
    first = await exported(source)
    await taken(target, first)
    second = await exported(target)
    back = Store.open(f"sqlite:///{shutil.copy(template, tmp_path / 'back.sqlite3')}", KEYS)
    try:
        await taken(back, second)
        third = await exported(back)
    finally:
        await back.close()
    assert held(first)[1] == held(second)[1]
    assert held(first) == held(third)
    assert {len(rows) for name, rows in held(first)[1].items() if name != "wakeups"} == {4}
    assert len(held(first)[1]["wakeups"]) == len(WAKEUPS)


async def test_it_is_of_one_moment_whatever_others_write_meanwhile(target: Store, connection: Connection) -> None:
    await target.database.write(lambda c: fill(c, 1))
    before, lines = await exported(target), list[bytes]()

    def put(text: bytes) -> None:
        lines.append(text)
        connection.execute(insert(sequences).values(name=f"new {len(lines)}", value=1))
        connection.commit()

    await target.database.read(lambda c: export(c, target.queue, NOW, put, lambda *_: None))
    assert b"".join(lines).splitlines(keepends=True) == before
    assert len(lines) > len(metadata.tables)


async def test_no_more_than_a_part_of_it_is_in_memory(target: Store) -> None:
    count = CHUNK * 2 + 7

    rows = [{"name": f"n{number}", "value": number} for number in range(count)]
    await target.database.write(lambda c: c.execute(insert(sequences), rows).rowcount)
    sizes: list[int] = []
    seen: list[tuple[str, int, int]] = []

    def put(text: bytes) -> None:
        sizes.append(text.count(b"\n"))

    await target.database.read(lambda c: export(c, target.queue, NOW, put, lambda *told: seen.append(told)))
    assert max(sizes) == CHUNK
    assert [told for told in seen if told[0] == "sequences"] == [
        ("sequences", done, count) for done in (CHUNK, 2 * CHUNK, count)
    ]


async def test_credentials_stay_sealed(target: Store) -> None:
    credential = Credential(values={"api_key": Secret("s3cr3t-of-acme")}, access_token=Secret("t0ken-of-acme"))
    await target.database.write(lambda c: target.vault.put(c, "i1", credential, NOW))
    text = b"".join(await exported(target))
    assert b'["i1","' in text
    assert b"-of-acme" not in text
