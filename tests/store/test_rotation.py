"""Another key for all that is sealed: online, resumed after a kill, and never over what was written in between."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text

from runner.errors import CredentialUnreadable
from runner.model.credential import Credential
from runner.model.secret import Secret
from runner.store import rotation, states, subscriptions
from runner.store.database import Database
from runner.store.keys import KeyRing
from runner.store.subscriptions import Subscribed, SubscriptionState
from runner.store.vault import Vault, credentials
from tests.store.conftest import NOW

ROOT = Path(__file__).parents[2]
OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
BEFORE, BOTH, BACK, AFTER = (KeyRing.parse(keys) for keys in (OLD, f"{NEW},{OLD}", f"{OLD},{NEW}", NEW))


def fill(connection: Connection, count: int, ring: KeyRing = BEFORE) -> None:
    for number in range(count):
        Vault(ring).put(connection, f"i{number:05}", Credential(access_token=Secret(f"token-{number}")), NOW)


def token(connection: Connection, number: int, ring: KeyRing = AFTER) -> str:
    found = Vault(ring).get(connection, f"i{number:05}").access_token
    assert found is not None
    return found.reveal()


def by_key(connection: Connection) -> dict[str, int]:
    query = select(credentials.c.key_id, func.count()).group_by(credentials.c.key_id)
    return {row[0]: row[1] for row in connection.execute(query)}


async def test_nothing_needs_the_old_key_any_more(database: Database) -> None:
    await database.write(lambda c: fill(c, 7))
    assert (await rotation.rotate(database, BOTH, 3)) == rotation.Rotated(7, [])
    assert [await database.read(lambda c, n=n: token(c, n)) for n in (0, 6)] == ["token-0", "token-6"]
    assert await rotation.rotate(database, BOTH, 3) == rotation.Rotated(0, [])


async def test_the_secrets_of_webhooks_and_of_consents_under_way_are_rotated_too(database: Database) -> None:
    asked = Subscribed("s1", "i1", "jobber", SubscriptionState.LIVE, NOW)
    verifier = BEFORE.seal(b"verifier", states.bound_to("i1"))

    def work(connection: Connection) -> None:
        subscriptions.add(connection, BEFORE, asked, {"secret": "hook"})
        states.begin(connection, "i1", "nonce", verifier, None, NOW + timedelta(minutes=10), None)
        states.begin(connection, "i1", "without", None, None, NOW + timedelta(minutes=10), None)

    await database.write(work)
    assert (await rotation.rotate(database, BOTH)).count == 2
    assert await database.read(lambda c: subscriptions.values(c, AFTER, "s1")) == {"secret": "hook"}
    taken = await database.write(lambda c: states.use(c, "nonce", NOW))
    assert AFTER.open_(taken.verifier or b"", states.bound_to("i1")) == b"verifier"


async def test_a_row_that_no_key_opens_is_named_and_holds_up_no_other(database: Database) -> None:
    await database.write(lambda c: fill(c, 5))
    await database.write(
        lambda c: c.execute(
            text("UPDATE credentials SET sealed = substr(sealed, 1, 30) WHERE integration_id = 'i00001'")
        )
    )
    done = await rotation.rotate(database, BOTH, 2)
    assert (done.count, done.shut) == (4, ["credentials i00001"])
    with pytest.raises(CredentialUnreadable):
        await database.read(lambda c: token(c, 1, BOTH))


async def test_a_refresh_in_between_wins(database: Database) -> None:
    await database.write(lambda c: fill(c, 300))

    async def refresh(number: int) -> None:
        renewed = Credential(access_token=Secret(f"renewed-{number}"))
        await database.write(lambda c: Vault(BOTH).put(c, f"i{number:05}", renewed, NOW))

    await asyncio.gather(rotation.rotate(database, BOTH, 5), *(refresh(number) for number in range(0, 300, 3)))
    told = [await database.read(lambda c, n=n: token(c, n)) for n in range(300)]
    assert told == [f"{'token' if n % 3 else 'renewed'}-{n}" for n in range(300)]


async def command(url: str) -> asyncio.subprocess.Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNNER_")}
    own = {"RUNNER_DATABASE_URL": url, "RUNNER_ENCRYPTION_KEYS": f"{NEW},{OLD}"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runner.cli.main", "keys", "rotate", cwd=ROOT, env={**kept, **own},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture
async def many(database: Database) -> Database:
    await database.write(lambda c: fill(c, 2000))
    return database


async def test_a_rotation_that_is_killed_goes_on_where_it_was(many: Database, database_url: str) -> None:
    done = 0
    for _ in range(20):
        first = await command(database_url)
        while first.returncode is None and not done:
            done = (await many.read(by_key)).get("new", 0)
        with suppress(ProcessLookupError):
            first.send_signal(signal.SIGKILL)
        await first.wait()
        done = (await many.read(by_key)).get("new", 0)
        if done < 2000:
            break
        done = 0
        await rotation.rotate(many, BACK)  # it had ended before it could be killed: once more
    assert 0 < done < 2000
    second = await command(database_url)
    out, _ = await second.communicate()
    assert (second.returncode, out.decode()) == (
        0,
        f"{2000 - done} secrets were sealed anew; all are sealed with key new\n",
    )
    assert await many.read(by_key) == {"new": 2000}
    assert await many.read(lambda c: token(c, 1999)) == "token-1999"
