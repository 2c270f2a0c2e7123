"""What one YAML file says about a partner, read top-down in the order in which data flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field as Declared
from pydantic import PrivateAttr

from runner.components.auth.base import Auth
from runner.components.block import Block, Name
from runner.components.catalog import AnyAuth
from runner.connector.account_table import AccountTable
from runner.connector.action import Action
from runner.connector.at_once import Straight
from runner.connector.endpoint import Endpoint
from runner.connector.field import Field
from runner.connector.http import Http
from runner.connector.processor import Processor
from runner.connector.sync import Sync
from runner.connector.webhook import Webhooks
from runner.mapping.fields import Fields
from runner.model.record import Processed


class Unverified(Block):
    """A fact that the partner's public documents do not confirm: what was assumed, and which key holds it.

    unverified: [{fact: "The signature header's name is not public", where: webhooks.verify.header}]
    """

    fact: str = Declared(description="What was assumed.")
    where: str = Declared(description="The key that holds it, by its path.")


class Connector(Block):
    """What one YAML file says about a partner: who they are, how we are let in, how we call, what we read, what it
    means, when we fetch, what they send us, what we may change."""

    connector: Name = Declared(description="The partner's name: that of the file.", examples=["jobber"])
    title: str = Declared(description="The partner's name as people write it.", examples=["Jobber"])
    docs: str = Declared(description="The address of the partner's API documentation.")
    unverified: list[Unverified] = Declared([], description="Facts that public documents do not confirm.")
    integrations: Literal["one_per_company", "many_per_company"] = Declared(
        "one_per_company", description="How many integrations a company may have with this partner."
    )
    environments: dict[Name, dict[Name, str]] = Declared(
        min_length=1,
        description="Addresses by environment, read as `{{ environment.<key> }}`; the first is the default.",
    )
    app: dict[Name, Field] = Declared({}, description="The operator's own registration at the partner.")
    settings: dict[Name, Field] = Declared({}, description="What a company fills in.")
    auth: AnyAuth = Declared(description="How we are let in.")
    other_auth: dict[Name, AnyAuth] = Declared({}, description="Further ways in; a call picks one with `auth: <name>`.")
    http: Http = Declared(description="How we call.")
    endpoints: dict[Name, Endpoint] = Declared({}, description="What we read: one call each.")
    groups: dict[Name, Fields] = Declared(
        {}, description="Fields that processors share: `address: {group: address, of: billingAddress}`."
    )
    tables: dict[Name, AccountTable] = Declared(
        {}, description="Small tables of the account, for partners whose keys differ from account to account."
    )
    processors: dict[Name, Processor] = Declared({}, description="What it means: one processor per kind of payload.")
    syncs: dict[Name, Sync] = Declared({}, description="When we fetch.")
    webhooks: Webhooks | None = Declared(None, description="What they send us.")
    actions: dict[Name, Action] = Declared({}, description="What we may change.")
    _entries: Mapping[str, Mapping[str, Any]] = PrivateAttr(default_factory=dict)

    def with_tables(self, entries: Mapping[str, Mapping[str, Any]]) -> Connector:
        """The connector as one account has it: its processors read these entries as `tables.<name>.<key>`."""
        made = self.model_copy()
        made._entries = entries
        return made

    def way_in(self, way: str | None) -> Auth:
        """How an integration is let in that picked `way` (None where there is no choice, or the first was meant).

        SettingsError when there is none of that name.
        """
        return self.auth.chosen(way)

    @property
    def ways(self) -> dict[tuple[str, ...], Auth]:
        """Every way in by its path: `auth`, those that it lets a company choose among, and `other_auth`."""
        found: dict[tuple[str, ...], Auth] = {("auth",): self.auth}
        found |= {("auth", "ways", name): way for name, way in self.auth.options.items()}
        return found | {("other_auth", name): way for name, way in self.other_auth.items()}

    def syncs_of(self, way: str | None) -> dict[str, Sync]:
        """The syncs of integrations that picked `way` (None where there is no choice, or the first was meant)."""
        picked = way or next(iter(self.auth.options), None)
        return {name: sync for name, sync in self.syncs.items() if not sync.ways or picked in sync.ways}

    def processor(self, name: str) -> Processor:
        """The processor of that name; the loader has proved that it exists."""
        return self.processors[name]

    def process(self, processor: str, payload: Any) -> Processed:
        """The outcome of one raw payload by one of the processors. Its flaws bear the connector's name."""
        payload = _equipped(payload, self._entries)
        return _signed(self.processors[processor].process(payload, processor, self.processor), self.connector)

    def straight(self, processor: str) -> Straight | None:
        """What makes a record of most payloads of a processor; what it gives None for is for `process`. None where all
        are."""
        made, entries = self.processors[processor].straight(processor), self._entries
        if made is None or not entries:
            return made
        return lambda payload: made(_equipped(payload, entries))


def _equipped(payload: Any, tables: Mapping[str, Any]) -> Any:
    """A payload whose expressions read the account's tables, where it has any."""
    return {**payload, "tables": tables} if tables and isinstance(payload, Mapping) else payload


def _signed(made: Processed, connector: str) -> Processed:
    if not made.flaws and not made.nested:
        return made
    flaws = tuple(replace(flaw, connector=connector) for flaw in made.flaws)
    return replace(made, flaws=flaws, nested=tuple(_signed(inner, connector) for inner in made.nested))
