"""runner.yaml: what the operator decides beside the connectors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field as Declared
from pydantic import StringConstraints, field_validator

from runner.components.block import Block, Name, Period, refusal
from runner.connector.retention import Retention
from runner.connector.schedule import Schedule
from runner.connector.sync import Sync
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\[\]:-]+$")]
"""Scheme, host and perhaps a port, without a path."""

Address = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\[\]:-]+(/[^\s@]*)?$")]
"""An address with a path, without a user's name or password."""


class Linked(Block):
    """A host id that must be known before a record can be pushed.

    user: {record: user, id: user, match: email}

    The id is remembered from an earlier push, or (with `match`) found among the destination's own records of that
    kind: the one whose field equals ours. A push waits until it is there.
    """

    record: Name = Declared(description="The kind of the other record.")
    id: Expression = Declared(description="Its partner id, read from this record.")
    match: Name | None = Declared(None, description="The field by which an unlinked record finds its twin at the host.")


class Included(Block):
    """Another record of the same integration, read in the rule's expressions under this name.

    location: {record: location, field: location}

    When that record changes, the records that include it are looked at again.
    """

    record: Name = Declared(description="The kind of the other record.")
    field: Name = Declared(description="The field of this record that holds its id.")


class DeliveryRule(Block):
    """Which records go to which connector's actions, and as what.

        deliver:
          projects:
            record: project
            to: companycam
            when: name
            input: {name: name, address: {street_address_1: address.street}}
            create: create_project
            update: update_project
            archive: archive_project

    Expressions read the record's fields, beside them `id`, `kind`, `connector`, `inactive` and `links`. The host's id
    is remembered and given to `update`, `archive` and `restore` as the input `id`. A record whose input did not change
    since the last push is not pushed again.
    """

    record: Name = Declared(description="The kind of record.")
    sources: list[Name] | None = Declared(
        None, alias="from", description="The connectors it comes from; all but the destination when left out."
    )
    to: Name = Declared(description="The connector of the destination.")
    when: Expression | None = Declared(None, description="Only records for which this is true.")
    include: dict[Name, Included] = Declared(
        {}, description="Other records to read from: null while they are not there."
    )
    links: dict[Name, Linked] = Declared({}, description="Host ids that must be known first, read as `links.<name>`.")
    input: Fields = Declared(description="The input of the actions.")
    create: Name = Declared(description="The action for a record that the host does not know.")
    update: Name | None = Declared(None, description="The action for one that it knows and that changed.")
    archive: Name | None = Declared(None, description="The action for one that became inactive or was deleted.")
    restore: Name | None = Declared(None, description="The action for one that came back.")
    on_conflict: Literal["partner_wins"] = Declared("partner_wins", description="Whose value stays.")


class Serving(Block):
    """Limits of the process.

    serve: {largest_delivery: 1000000, workers: 4, redirect_origins: [https://app.example.com]}
    """

    largest_delivery: int = Declared(1_000_000, ge=1_000, description="The largest webhook body, in bytes.")
    workers: int = Declared(4, ge=1, le=64, description="How many wake-ups run at once in one process.")
    redirect_origins: list[Origin] = Declared(
        [], description="Where admins may be sent after consent, beside our own address: the host's origins."
    )
    sweep_every: Period = Declared("60s", description="How often lost wake-ups are re-made.", validate_default=True)


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
    events: list[Literal["pending", "active", "error", "disabled", "removed"]] = Declared(
        ["pending", "active", "error", "disabled", "removed"], description="Which changes to tell: the new states."
    )


class Config(Block):
    """runner.yaml: delivery rules, further environments of connectors, limits of the process."""

    deliver: dict[Name, DeliveryRule] = Declared({}, description="Which records go where, in this order.")
    environments: dict[Name, dict[Name, dict[Name, str]]] = Declared(
        {}, description="Further environments by connector: the same keys as in the connector, other addresses."
    )
    allow_hosts: list[str] = Declared([], description="Private hosts that may be called all the same.")
    connect: Connecting = Declared(Connecting(), description="How companies connect.")
    serve: Serving = Declared(Serving(), description="Limits of the process.")
    retention: Retention = Declared(Retention(), description="How long what arrived and what was done is kept.")
    notify: Notify | None = Declared(None, description="Where the host is told what becomes of its integrations.")
    schedules: dict[Name, dict[Name, Schedule]] = Declared(
        {}, description="When syncs run, by connector and sync, in place of what the connector says."
    )

    def schedule(self, connector: str, name: str, sync: Sync) -> Schedule:
        """When a sync of a connector runs."""
        return self.schedules.get(connector, {}).get(name) or sync.schedule
