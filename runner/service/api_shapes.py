"""What the API is sent and what it answers, as models: OpenAPI is made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from runner.service.push_shapes import PushShape
from runner.service.record_shapes import EventShape, RecordShape
from runner.service.shapes import (
    ChangeShape,
    IntegrationShape,
    RunShape,
    SyncShape,
)


class Sent(BaseModel):
    """Base of what is sent to us: an unknown name is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Words = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Text that every database takes."""
Sequence = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A number in the order of changes: one that the database can hold."""
RedirectTo = Annotated[
    str | None,
    Field(
        pattern=r"^(https?://[^\s@\\]+|/[^\s/\\][^\s\\]*)$",
        max_length=1000,
        description="Where the admin goes once connected: a path of the runner, or an address under its own origin or "
        "one of `serve.redirect_origins` in runner.yaml",
    ),
]


class Connect(Sent):
    """Connect a company to a partner."""

    company: Words = Field(min_length=1, max_length=200, description="Your id of the company")
    connector: Words = Field(description="The partner, as its file is called", examples=["jobber"])
    environment: Words | None = Field(None, description="The first of the connector when left out")
    settings: dict[Words, Words] = Field({}, description="What the company filled in", repr=False)
    way: Words | None = Field(None, description="The way in, where the connector has several; else the admin picks it")
    redirect_to: RedirectTo = None


class MakeLink(Sent):
    """Ask for a connect link."""

    redirect_to: RedirectTo = None


class SyncNow(Sent):
    """Run syncs of an integration as soon as may be."""

    sync: Words | None = Field(None, description="One sync; all when left out")
    full: bool = Field(False, description="A pass over everything, ignoring the checkpoint")


class WhichSchedules(Sent):
    """Whose schedule is to stand still, or to go on."""

    sync: Words | None = Field(None, description="One sync; all when left out")


class WhichIntegrations(Sent):
    """Which integrations to list."""

    company: Words | None = None
    connector: Words | None = None
    state: Literal["pending", "active", "error", "disabled"] | None = None


class WhichRecords(Sent):
    """Which records to list: those that changed since a page that you have."""

    after: Words | None = Field(None, max_length=100, description="`next` of the last page; left out, from the start")
    integration: Words | None = None
    company: Words | None = None
    connector: Words | None = None
    kind: Words | None = Field(None, description="One kind of record", examples=["project"])
    limit: int = Field(100, ge=1, le=1000)

    @property
    def filters(self) -> dict[str, str | None]:
        """What a cursor belongs to."""
        return self.model_dump(include={"integration", "company", "connector", "kind"})


class WhichDeliveries(Sent):
    """Which events and pushes to list, the latest first."""

    integration: Words | None = None
    failed: bool = False
    limit: int = Field(100, ge=1, le=1000)


class WhichChanges(Sent):
    """Which changes of integrations to list: those after the last one that you have."""

    after: Sequence = Field(0, description="The id of the last change that you have")
    integration: Words | None = Field(None, description="One integration; a removed one may be asked for too")
    company: Words | None = None
    limit: int = Field(100, ge=1, le=1000)


class Nothing(Sent):
    """No parameters."""


class IntegrationList(BaseModel):
    """Integrations by company, connector and age."""

    integrations: list[IntegrationShape]


class Connecting(BaseModel):
    """An integration, with a connect link for the company's admin where one is to be used."""

    integration: IntegrationShape
    authorize_url: str | None = Field(description="The link; null for one that is active")
    authorize_before: datetime | None = Field(description="Until when it may be taken up")


class IntegrationDetail(Connecting):
    """An integration with its syncs."""

    health: str = Field(description="fine; failing, when a sync fails again and again; else the state")
    syncs: list[SyncShape]


class Queued(BaseModel):
    """The syncs that will run."""

    queued: list[str]


class Paused(BaseModel):
    """The syncs whose schedules stand still."""

    paused: list[str]


class RecordPage(BaseModel):
    """Records in the order of their last change; ask again with `after` = `next`, now or later."""

    records: list[RecordShape]
    next: str = Field(description="Where to go on: an opaque cursor, good for the same filters as long as you like")
    more: bool = Field(description="Whether the page is full; else you have all there was when you asked")


class ChangePage(BaseModel):
    """Changes of integrations in their order; ask again with `after` = `next`, now or later."""

    changes: list[ChangeShape]
    next: int


class WhichRuns(Sent):
    """Which runs of syncs to list, the latest first."""

    integration: Words | None = None
    sync: Words | None = None
    state: Literal["running", "done", "failed"] | None = None
    limit: int = Field(100, ge=1, le=1000)


class Runs(BaseModel):
    """Runs of syncs: what became of the payloads, what the calls cost, and where the time went."""

    runs: list[RunShape]


class Deliveries(BaseModel):
    """What partners told us, and what was sent to the host."""

    events: list[EventShape]
    pushes: list[PushShape]


class Document(BaseModel):
    """This document."""

    model_config = ConfigDict(extra="allow")
