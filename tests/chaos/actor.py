"""One process of the stage, and what looks after it as a service manager does: it is started again when it ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.clock import Dial
from tests.partners import ROOT

GRACE = 30.0
"""Seconds that it has to end in, before it is told again, and then killed."""
PAUSE = 0.3
"""Seconds after which a process is started again that ended by itself."""


@dataclass
class Actor:
    """`ended` holds the exit codes of those ends that nobody asked for; `starts` counts."""

    name: str
    parts: str
    port: int
    folder: Path
    environ: Mapping[str, str]
    starts: int = 0
    ended: list[int] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _pause: float | None = None
    _is_leaving: bool = False
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.dial = Dial(self.folder / f"{self.name}.dial")

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def enter(self) -> None:
        """Start it, and keep it running."""
        self._is_leaving = False
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def leave(self) -> int | None:
        """Tell it to end; returns its exit code."""
        self._is_leaving = True
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self._task is not None and not self._task.done():
                self.strike(signal.SIGCONT)
                self.strike(number)
                await asyncio.wait({self._task}, timeout=GRACE)
        return self._process.returncode if self._process else None

    async def end(self, how: signal.Signals, pause: float) -> None:
        """End it so, and let it be away for so many seconds."""
        self._pause = pause
        self.strike(how)

    async def freeze(self, seconds: float) -> None:
        """It stands still for so long, and notices nothing."""
        self.strike(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.strike(signal.SIGCONT)

    def strike(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it lives."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _run(self) -> None:
        while not self._is_leaving:
            code = await self._play()
            if self._pause is None and not self._is_leaving:
                self.ended.append(code)
            pause, self._pause = self._pause, None
            await asyncio.sleep(PAUSE if pause is None else pause)

    async def _play(self) -> int:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.process", str(self.folder / f"{self.name}.dial"), self.parts,
                str(self.port), cwd=ROOT, env=dict(self.environ), stdout=log, stderr=log,
            )  # fmt: skip
        self.starts += 1
        try:
            return await self._process.wait()
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
