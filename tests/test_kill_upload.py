"""What is left of an upload whose process is killed (SIGKILL): it goes on there. For real, by `runner act`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import yaml

from runner.authoring.simulate.dropbox import Dropbox
from runner.authoring.simulate.server import start
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store import integrations
from runner.store.keys import KeyRing
from runner.store.store import Store
from tests.partners import ROOT
from tests.victim import KEY

BLOCK = 16_384
PIECES = 40
SESSION = "POST /2/files/upload_session"
LINE = "- {type: window, requests: 300, per: 1m, scope: account}"


def prepared(folder: Path, url: str) -> dict[str, str]:
    """Dropbox with small pieces and no budget of its own, at the simulator; the environment of the process."""
    (folder / "connectors").mkdir()
    (folder / "schemas").symlink_to(ROOT / "schemas")
    text = (ROOT / "connectors" / "dropbox.yaml").read_text("utf-8").replace("8388608", str(BLOCK))
    text = text.replace("4194304", str(BLOCK)).replace(LINE, "- {type: concurrency, at_once: 9}")
    (folder / "connectors" / "dropbox.yaml").write_text(text, encoding="utf-8")
    addresses = dict.fromkeys(("www", "api", "content", "notify"), url)
    config = {"environments": {"dropbox": {"simulated": addresses}}, "allow_hosts": ["127.0.0.1"]}
    (folder / "runner.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    own = {
        "RUNNER_DATABASE_URL": f"sqlite:///{folder / 'runner.db'}",
        "RUNNER_CONNECTORS": str(folder / "connectors"),
        "RUNNER_CONFIG": str(folder / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
        "RUNNER_DROPBOX_CLIENT_ID": "dropbox-app",
        "RUNNER_DROPBOX_CLIENT_SECRET": "dropbox-secret",
        "PYTHONPATH": str(ROOT),
    }
    return {**{name: value for name, value in os.environ.items() if not name.startswith("RUNNER_")}, **own}


async def connected(folder: Path, partner: Dropbox) -> None:
    """A company that has consented."""
    store = Store.open(f"sqlite:///{folder / 'runner.db'}", KeyRing.parse(KEY))
    await asyncio.to_thread(store.database.migrate)
    made = Integration("i1", "acme", "dropbox", "simulated", State.ACTIVE, account_id="a", created_at=datetime.now(UTC))
    token = Credential(access_token=Secret(partner.grants.issue()["access_token"]))
    await store.database.write(lambda c: integrations.add(c, made, ""))
    await store.database.write(lambda c: store.vault.put(c, "i1", token, datetime.now(UTC)))
    await store.close()


async def begun(environ: dict[str, str], path: Path) -> asyncio.subprocess.Process:
    """`runner act` on its way."""
    given = ("--file", str(path), "--input", json.dumps({"path": "/Jobs/roof.bin"}))
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runner.cli.main", "act", "acme/dropbox", "upload_file", *given,
        cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_an_upload_that_is_killed_goes_on_and_sends_nothing_twice(tmp_path: Path) -> None:
    options = {"size": 1, "block": BLOCK, "hash_block": BLOCK, "team_space": False}
    running = await start(["dropbox"], first_port=0, webhook_base=None, post=False, dropbox=options)
    try:
        partner = running.partners["dropbox"]
        assert isinstance(partner, Dropbox)
        environ, path = prepared(tmp_path, running.urls["dropbox"]), tmp_path / "roof.bin"
        path.write_bytes(content := os.urandom(BLOCK * PIECES - 5))
        await connected(tmp_path, partner)
        first = await begun(environ, path)
        async with asyncio.timeout(60):
            while partner.calls[f"{SESSION}/append_v2"] < 10:
                assert first.returncode is None, await first.communicate()
                await asyncio.sleep(0.002)
        first.send_signal(signal.SIGKILL)
        await first.communicate()
        assert partner.calls[f"{SESSION}/append_v2"] < PIECES
        second = await begun(environ, path)
        out, err = await asyncio.wait_for(second.communicate(), 60)
        assert second.returncode == 0, err.decode()
        row = partner.tree.at("/jobs/roof.bin")
        assert row is not None
        assert partner.tree.contents[row["id"]] == content
        assert json.loads(out)["id"] == row["id"]
        assert partner.calls[f"{SESSION}/start"] == 1
        assert partner.calls[f"{SESSION}/append_v2"] <= PIECES + 2  # the two that were on their way
    finally:
        await running.stop()
