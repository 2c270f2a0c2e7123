"""runner.yaml: what the operator decides beside the connectors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field as Declared
from pydantic import StringConstraints, field_validator

from runner.components.block import Block, Duration, Name, Period, refusal
from runner.components.catalog import AnyDestination
from runner.components.destinations.base import Destination
from runner.components.destinations.connector import ConnectorDestination
from runner.connector.delivery_rule import DeliveryRule
from runner.connector.retention import Retention
from runner.connector.schedule import Schedule
from runner.connector.sync import Sync

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\[\]:-]+$")]
"""Scheme, host and perhaps a port, without a path."""

Address = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\[\]:-]+(/[^\s@]*)?$")]
"""An address with a path, without a user's name or password."""


ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A name that stands where ids of integrations do."""


class Serving(Block):
    """Limits of the process.

    serve: {largest_delivery: 1000000, workers: 4, redirect_origins: [https://app.example.com]}
    """

    largest_delivery: int = Declared(1_000_000, ge=1_000, description="The largest webhook body, in bytes.")
    connections: int = Declared(
        1_000, ge=10, description="Open connections that are served; beyond, requests are answered 503."
    )
    workers: int = Declared(4, ge=1, le=64, description="How many wake-ups run at once in one process.")
    redirect_origins: list[Origin] = Declared(
        [], description="Where admins may be sent after consent, beside our own address: the host's origins."
    )
    sweep_every: Period = Declared("60s", description="How often lost wake-ups are re-made.", validate_default=True)
    late_after: Period = Declared(
        "10m",
        validate_default=True,
        description="How long work may wait before `runner status`, `runner doctor` and `/readyz` call it late.",
    )
    leave_after: Duration = Declared(
        "0s",
        validate_default=True,
        description="How long a web process that is told to stop goes on answering, with `/readyz` at 503, until the "
        "load balancer has turned away from it.",
    )


class Connecting(Block):
    """How companies connect.

    connect: {link_lifetime: 30m, choose_environment: [servicetitan], start_page: https://app.example.com/integrations}
    """

    link_lifetime: Period = Declared(
        "30m",
        validate_default=True,
        description="How long a connect link may wait for its first use, and how long its browser then has: 1m to 24h.",
    )
    choose_environment: list[Name] = Declared(
        [], description="Connectors for which the company itself chooses the environment, on the connect page."
    )
    start_page: str | None = Declared(
        None,
        pattern=r"^https?://[^\s@\\]+$",
        description="The host's page where companies begin to connect: for who comes from a partner's marketplace.",
    )

    @field_validator("link_lifetime")
    @classmethod
    def _is_short(cls, lifetime: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= lifetime <= timedelta(hours=24):
            raise refusal(
                "a connect link does not live so long or so short", "write something from 1m to 24h, like 30m"
            )
        return lifetime


class Notify(Block):
    """Where the host is told, by a signed webhook, what becomes of its integrations.

    notify: {url: https://app.example.com/hooks/runner, events: [error, disabled, active]}

    The form is that of Standard Webhooks (headers `webhook-id`, `webhook-timestamp`, `webhook-signature`), signed with
    RUNNER_NOTIFY_SECRET. What is not answered 2xx is sent again for three days and a half; those of one integration
    keep their order.
    """

    url: Address = Declared(description="Where to post.")
    events: list[Literal["pending", "active", "error", "disabled", "removed", "unmatched"]] = Declared(
        ["pending", "active", "error", "disabled", "removed", "unmatched"],
        description="What to tell: the new states, and who has no match at a destination.",
    )


class Sending(Block):
    """Which files actions may send on.

    files: {largest: 10000000000, folders: [/srv/photos]}

    Files are fetched from public addresses, and from hosts under `allow_hosts`. `file:///srv/photos/roof.jpg` is read
    from this machine where it lies in one of the folders.
    """

    largest: int = Declared(10_000_000_000, ge=1, description="The largest file, in bytes.")
    folders: list[str] = Declared([], description="Folders of this machine that files may be read from.")


class Config(Block):
    """runner.yaml: delivery rules, destinations, further environments of connectors, limits of the process."""

    deliver: dict[Name, DeliveryRule] = Declared({}, description="Which records go where, in this order.")
    destinations: dict[ShortName, AnyDestination] = Declared(
        {}, description="Where records go besides connectors: addresses, files, tables; and how fast they go."
    )
    environments: dict[Name, dict[Name, dict[Name, str]]] = Declared(
        {}, description="Further environments by connector: the same keys as in the connector, other addresses."
    )
    allow_hosts: list[str] = Declared([], description="Private hosts that may be called all the same.")
    connect: Connecting = Declared(Connecting(), description="How companies connect.")
    serve: Serving = Declared(Serving(), description="Limits of the process.")
    files: Sending = Declared(Sending(), description="Which files actions may send on.")
    retention: Retention = Declared(Retention(), description="How long what arrived and what was done is kept.")
    notify: Notify | None = Declared(None, description="Where the host is told what becomes of its integrations.")
    schedules: dict[Name, dict[Name, Schedule]] = Declared(
        {}, description="When syncs run, by connector and sync, in place of what the connector says."
    )

    def schedule(self, connector: str, name: str, sync: Sync) -> Schedule:
        """When a sync of a connector runs."""
        return self.schedules.get(connector, {}).get(name) or sync.schedule

    def outlet(self, name: str) -> Destination | None:
        """The destination of that name that is no connector; None for connectors, which have integrations."""
        found = self.destinations.get(name)
        return None if isinstance(found, ConnectorDestination) else found
