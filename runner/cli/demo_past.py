"""What one demo leaves to the next in the same folder: when the first began, how far its clock was put forward, and
what the simulated host held; the other partners make up the same data again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row
from runner.errors import SettingsError

TABLES = ("projects", "photos", "webhooks")


class DemoClock:
    """The machine's clock, which may be put forward: what waits for a minute need not be watched for a minute."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def put_forward(self, span: timedelta) -> None:
        """Let so much time have passed."""
        self.ahead += span


class PartnersClock:
    """The partners' clock: the demo's own, but set to the first demo of the folder while they make up data."""

    def __init__(self, clock: DemoClock, first: datetime) -> None:
        self.clock = clock
        self.first = first
        self.stands = True

    def now(self) -> datetime:
        """The present, or the moment at which the clock stands."""
        return self.first if self.stands else self.clock.now()


@dataclass
class Past:
    """The files in the demo's folder; `projects` are those that the host held already."""

    folder: Path
    projects: list[Row] = field(default_factory=list)

    def first(self, now: datetime) -> datetime:
        """When the first demo of this folder began: a later one meets the same data. SettingsError when the last one
        left a database, and nobody knows what the host held."""
        file = self.folder / "began"
        if not file.exists():
            file.write_text(now.replace(microsecond=0).isoformat(), encoding="utf-8")
        elif (self.folder / "runner.db").exists() and not (self.folder / "host.json").exists():
            raise SettingsError(
                f"the last demo in {self.folder} was broken off, and what its simulated host held is lost; remove "
                f"{self.folder}, or choose another folder with --dir"
            )
        return datetime.fromisoformat(file.read_text(encoding="utf-8"))

    def ahead(self) -> timedelta:
        """How far the clock of the last demo was put forward: what it stored must not lie in the future."""
        file = self.folder / "ahead"
        return timedelta(seconds=float(file.read_text(encoding="utf-8"))) if file.exists() else timedelta()

    def recall(self, host: Partner, base_url: str) -> None:
        """Give the host back what it held; its webhooks go to where the runner listens now."""
        file = self.folder / "host.json"
        held = orjson.loads(file.read_bytes()) if file.exists() else {}
        self.projects = [dict(row) for row in held.get("projects", [])]
        for name, rows in held.items():
            for row in rows:
                moved = {"url": base_url + urlsplit(row["url"]).path} if name == "webhooks" else {}
                host.table(name).add({**row, **moved})

    def keep(self, host: Partner, clock: DemoClock) -> None:
        """For the next demo."""
        held = {name: list(host.table(name)) for name in TABLES}
        (self.folder / "host.json").write_bytes(orjson.dumps(held, option=orjson.OPT_INDENT_2))
        (self.folder / "ahead").write_text(str(clock.ahead.total_seconds()), encoding="utf-8")
