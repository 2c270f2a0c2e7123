"""How a request gets to the partner: over the network, or, where a call is recorded and played back, not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from runner.client.errand import Errand
from runner.client.sender import send
from runner.model.http import Request, Response
from runner.model.secret import Secret


@dataclass(frozen=True)
class Parcel:
    """One try on its way: the `plain` request as the connector writes it, how it is signed, and the secrets that it may
    carry."""

    errand: Errand
    plain: Request
    sign: Callable[[Request], Request] = field(repr=False)
    secrets: Sequence[Secret] = field(repr=False)


class Wire(Protocol):
    """Carries requests. `is_live` says that a partner answers, who wants to see a credential."""

    is_live: bool

    async def carry(self, parcel: Parcel) -> Response:
        """The answer, of whatever status; raises as `sender.send`."""
        ...


class Network:
    """The wire to the partner itself."""

    is_live = True

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def carry(self, parcel: Parcel) -> Response:
        """Sign the request and send it."""
        return await send(self._http, parcel.sign(parcel.plain))
