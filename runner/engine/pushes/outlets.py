"""Destinations of runner.yaml as the places where pushes are handed over: an address, a file, a table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Generic, TypeVar

import orjson
from sqlalchemy import Connection

from runner.components.destinations.base import Destination
from runner.components.destinations.jsonl import JsonlDestination
from runner.components.destinations.table import TableDestination
from runner.components.destinations.webhook import WebhookDestination
from runner.components.waits.amount import seconds_of
from runner.engine.house import House
from runner.engine.links.parcel import Held
from runner.engine.pushes.counter import Counter, Fate
from runner.engine.pushes.entry import Entry, pack_entry
from runner.engine.pushes.hand_over import Handed
from runner.engine.pushes.standard import post
from runner.errors import PartnerUnavailable, RateLimited, SettingsError, UnexpectedResponse
from runner.model.http import Response
from runner.model.push import Push
from runner.model.words import readable
from runner.store.lines import LineFile
from runner.store.outside import table_of
from runner.store.statements import chunks

D = TypeVar("D", bound=Destination)
PREFIX = "RUNNER_DESTINATION_"
"""How the variables of destinations begin."""
REFUSALS = (400, 409, 413, 422)
"""Answers by which the receiver says no to what it was sent; all others are of another day."""
PATIENCE = 60.0
"""Seconds that a limited destination is left alone when it does not say how long."""
SLOWEST = 120.0
"""Seconds that a file or a database has."""


def counter_for(house: House, name: str, outlet: Destination) -> Counter[Entry]:
    """The counter of a destination of runner.yaml."""
    if isinstance(outlet, WebhookDestination):
        return _Address(house, name, outlet)
    if isinstance(outlet, JsonlDestination):
        return _File(house, name, outlet)
    assert isinstance(outlet, TableDestination), f"there is no other type of destination than those listed: {outlet!r}"
    return _Table(house, name, outlet)


@dataclass(frozen=True)
class _Outlet(Generic[D]):
    house: House
    name: str
    pace: D

    def pack(self, connection: Connection, pushes: Sequence[Push]) -> list[Entry | Held]:
        return [pack_entry(connection, self.house.config, push) for push in pushes]

    def lots(self, packed: Sequence[Entry]) -> list[list[list[Entry]]]:
        """One load after the other."""
        return [list(chunks(packed, self.pace.most))]

    async def refuse(self, error: Exception) -> None:
        if isinstance(error, SettingsError):
            self.house.log.error("destination-unusable", destination=self.name, message=str(error))

    async def close(self) -> None:
        """Nothing is counted."""


class _Address(_Outlet[WebhookDestination]):
    """Posts, signed."""

    def lots(self, packed: Sequence[Entry]) -> list[list[list[Entry]]]:
        """Posts go side by side."""
        return [[load] for load in chunks(packed, self.pace.most)]

    async def take(self, load: Sequence[Entry]) -> list[Fate]:
        secrets = self.house.destination_keys.secrets.get(self.name, ())
        if not secrets:
            raise SettingsError(f"nothing signs posts to `{self.name}`; set {secret_name(self.name)} to `whsec_...`")
        answer = await post(self.house, secrets, self.pace.url, _message_id(load), self._body(load))
        if answer.ok:
            return [Handed(one.fingerprint, False) for one in load]
        if answer.status not in REFUSALS:
            raise self._later(answer)
        if len(load) > 1:
            return [fate for one in load for fate in await self._alone(one)]
        return [self._refused(answer)]

    async def _alone(self, one: Entry) -> list[Fate]:
        try:
            return await self.take([one])
        except (PartnerUnavailable, RateLimited) as error:
            return [error]

    def _body(self, load: Sequence[Entry]) -> bytes:
        now = self.house.clock.now()
        told = [one.line(now) for one in load]
        if self.pace.batch == 1:
            return orjson.dumps({"type": "record.changed", "timestamp": now, "data": told[0]})
        return orjson.dumps({"type": "records.changed", "timestamp": now, "data": {"changes": told}})

    def _later(self, answer: Response) -> PartnerUnavailable | RateLimited:
        said = f"`{self.name}` answers {answer.status}"
        if answer.status == 429:
            wait = seconds_of(answer.headers.get("retry-after"), "s", self.house.clock.now())
            return RateLimited(said, wait=PATIENCE if wait is None else wait, status=429)
        return PartnerUnavailable(said, status=answer.status)

    def _refused(self, answer: Response) -> UnexpectedResponse:
        words = " ".join(readable(answer.body[:4096].decode("utf-8", "replace")).split())[:300]
        refused = UnexpectedResponse(
            f"`{self.name}` answers {answer.status}{f': {words}' if words else ''}", status=answer.status
        )
        refused.words = words
        return refused


class _File(_Outlet[JsonlDestination]):
    """Appends lines."""

    async def take(self, load: Sequence[Entry]) -> list[Fate]:
        now, file = self.house.clock.now(), LineFile(Path(self.pace.path), self.pace.size, self.pace.daily)
        try:
            await asyncio.wait_for(asyncio.to_thread(file.append, [one.line(now) for one in load], now), SLOWEST)
        except (OSError, ValueError, KeyError) as error:
            raise PartnerUnavailable(
                f"`{self.name}` cannot be written: {self.pace.path}: {getattr(error, 'strerror', None) or error!r}"
            ) from None
        return [Handed(one.fingerprint, False) for one in load]


class _Table(_Outlet[TableDestination]):
    """Replaces rows."""

    async def take(self, load: Sequence[Entry]) -> list[Fate]:
        url = self.house.destination_keys.urls.get(self.name)
        if url is None:
            raise SettingsError(f"where table `{self.name}` is, nothing says; set {url_name(self.name)}")
        table, remove = table_of(self.pace.table, self.pace.schema_), self.pace.deletes == "remove"
        rows = [one.row() for one in load]
        put = asyncio.to_thread(self.house.outside.put, url, table, rows, remove=remove)
        try:
            fates = await asyncio.wait_for(put, SLOWEST)
        except TimeoutError:
            raise PartnerUnavailable(f"the database of `{self.name}` did not answer in {SLOWEST:.0f} s") from None
        return [fate or Handed(one.fingerprint, False) for one, fate in zip(load, fates, strict=True)]


def secret_name(destination: str) -> str:
    """The variable that holds what signs posts to a destination."""
    return f"{PREFIX}{destination.upper()}_SECRET"


def url_name(destination: str) -> str:
    """The variable that says where a destination's database is."""
    return f"{PREFIX}{destination.upper()}_URL"


def _message_id(load: Sequence[Entry]) -> str:
    """The same for every try of the same load."""
    if len(load) == 1:
        return load[0].key
    keys = "\n".join(one.key for one in load)
    return f"pushes_{blake2b(keys.encode(), digest_size=16).hexdigest()}"
