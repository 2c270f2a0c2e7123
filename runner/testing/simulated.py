"""Partners that a test puts behind the hosts of a connector: ours by name, or a small app of one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from runner.authoring.simulate.guide import GUIDES
from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.server import PARTNERS, UnknownPartnerError
from runner.connector.library import Connectors
from runner.model.clock import Clock

_HOST = re.compile(r"https?://([A-Za-z0-9][A-Za-z0-9.-]*)")


@dataclass(frozen=True)
class Simulated:
    """A partner of one's own: any ASGI app, such as one of Starlette.

    Attributes:
        asgi: answers whatever is sent to its hosts.
        app: what the operator registered there: `RUNNER_<CONNECTOR>_<FIELD>`, by field.
        settings: what a company fills in when it connects.
        hosts: where it is; those that the connector's file names when nothing is said. `*.acme.example` is every host
            below.
        partner: what a test wants to find as `world.partners[name]`; the app itself when nothing is said.
    """

    asgi: Any
    app: Mapping[str, str] = field(default_factory=dict, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    hosts: tuple[str, ...] = ()
    partner: Any = None

    def at_hosts_of(self, path: Path) -> Simulated:
        """The same, at the hosts that a connector's file names unless others were said."""
        named = dict.fromkeys(_HOST.findall(path.read_text(encoding="utf-8")))
        return replace(self, hosts=self.hosts or tuple(named), partner=self.partner or self.asgi)


@dataclass(frozen=True)
class Shipped:
    """One of the partners of `runner simulate`; `options` are its own, such as `{"size": 500}`."""

    options: Mapping[str, Any] = field(default_factory=dict)

    def made(self, name: str, clock: Clock, out: httpx.AsyncClient, base_url: str, told: bool) -> Simulated:
        """It, set up as its guide says; `told`: it sends webhooks without being asked for them. UnknownPartnerError
        when nobody simulates it."""
        if name not in PARTNERS:
            raise UnknownPartnerError(f"nobody simulates {name!r}; there are {', '.join(PARTNERS)}")
        guide = GUIDES[name](base_url)
        target = WebhookTarget(f"{base_url}/webhooks/{name}" if told else "", out)
        partner = PARTNERS[name](now=clock.now, **{"webhooks": target, **self.options})
        return Simulated(partner, guide.app, guide.settings, partner=partner)


Cast = Mapping[str, Simulated | Shipped]
"""The partners of a test, by the name of their connector."""


def staged(
    cast: Cast, connectors: Connectors, clock: Clock, out: httpx.AsyncClient, base_url: str
) -> dict[str, Simulated]:
    """Every partner, ready to be called at its hosts."""
    made = {}
    for name, one in cast.items():
        webhooks = connectors.get(name).webhooks
        told = webhooks is not None and webhooks.subscription is None
        ready = one.made(name, clock, out, base_url, told) if isinstance(one, Shipped) else one
        made[name] = ready.at_hosts_of(connectors.path(name))
    return made
