"""What systemd is told of this process, where it asks to be: https://www.freedesktop.org/software/systemd/man/sd_notify.html"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import closing

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"


class Supervisor:
    """Tells whoever started us by the socket that it named; nobody, where it named none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        named = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + named[1:] if named.startswith("@") else named

    def tell(self, state: str) -> None:
        """One of the states above. A supervisor that is gone is no reason to end."""
        if not self._address:
            return
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)) as line:
            line.setblocking(False)
            try:
                line.sendto(state.encode(), self._address)
            except OSError:
                return
