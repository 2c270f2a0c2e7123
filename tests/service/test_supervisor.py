from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runner.service.serve import Parts, serve
from runner.service.settings import Settings
from runner.service.supervisor import ALIVE, READY, STOPPING, Supervisor
from tests.partners import World


@pytest.fixture
def line(tmp_path: Path) -> Iterator[socket.socket]:
    """Where systemd listens."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as opened:
        opened.bind(str(tmp_path / "notify"))
        opened.setblocking(False)
        yield opened


def heard(line: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(line.recv(100).decode())
        except BlockingIOError:
            return found


async def test_systemd_is_told_that_we_are_up_alive_and_ending(
    here: World, line: socket.socket, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    stop.set()
    await serve(here.house, Settings.read({}), stop=stop, parts=Parts(False, False, False), supervisor=supervisor)
    assert heard(line) == [ALIVE, READY, STOPPING]


def test_nobody_is_told_where_nobody_asked(line: socket.socket) -> None:
    Supervisor({}).tell(READY)
    assert heard(line) == []


def test_a_supervisor_that_is_gone_is_no_reason_to_end(tmp_path: Path) -> None:
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell(READY)
    assert list(tmp_path.iterdir()) == []
