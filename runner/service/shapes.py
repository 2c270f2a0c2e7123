"""What the API and `--json` show of integrations, their syncs and subscriptions; the answers and OpenAPI alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from runner.model.integration import Integration, Reason
from runner.model.lifecycle import REMOVED, matter_of
from runner.model.run import Checkpoint, SyncRun
from runner.store.changes import Notice
from runner.store.subscriptions import Subscribed


class Shape(BaseModel):
    """Base of what is shown: nothing but what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonShape(Shape):
    """Why an integration is not active."""

    code: str
    matter: str | None = Field(
        description="Whose matter it is: auth (the company connects again), configuration, partner, operator or host"
    )
    message: str
    remedy: str

    @classmethod
    def of(cls, found: Reason | None) -> ReasonShape | None:
        """A reason as it is shown; None for none."""
        return cls(**vars(found), matter=matter_of(found.code)) if found else None


class IntegrationShape(Shape):
    """One connector for one company. Settings are shown without the secret ones."""

    id: str
    company: str
    connector: str
    environment: str
    way: str | None = Field(description="The way in that was picked, where there are several")
    state: str = Field(description="pending, active, error or disabled")
    since: datetime | None = Field(description="When it came into this state")
    reason: ReasonShape | None
    settings: dict[str, Any]
    account_id: str | None = Field(description="The partner's name for the company")
    account_name: str | None
    created_at: datetime | None
    updated_at: datetime | None

    @classmethod
    def of(cls, found: Integration) -> IntegrationShape:
        """An integration as it is shown."""
        reason = ReasonShape.of(found.reason)
        names = set(cls.model_fields) - {"reason", "state", "settings"}
        plain = {name: getattr(found, name) for name in names}
        return cls(**plain, state=found.state.value, reason=reason, settings=dict(found.settings))


class ChangeShape(Shape):
    """One move of an integration, and how far the host has been told of it."""

    id: int
    integration_id: str
    company: str
    connector: str
    environment: str
    event: str = Field(
        description="What happened: begun, connected, refused, mended, disconnected, removed, unmatched ..."
    )
    before: str | None = Field(description="The state before; null when it was begun")
    state: str = Field(description="The state after: pending, active, error, disabled or removed")
    reason: ReasonShape | None
    at: datetime
    telling: str = Field(description="pending, told, skipped (nobody is to be told) or dead (given up)")
    attempts: int
    note: str | None

    @classmethod
    def of(cls, found: Notice) -> ChangeShape:
        """A change as it is shown."""
        own = found.change
        names = set(cls.model_fields) - {"before", "state", "reason", "telling", "attempts", "note"}
        return cls(
            **{name: getattr(own, name) for name in names},
            before=own.before.value if own.before else None,
            state=own.state.value if own.state else REMOVED,
            reason=ReasonShape.of(own.reason),
            telling=found.telling.value,
            attempts=found.attempts,
            note=found.note,
        )


def counted(run: SyncRun) -> dict[str, int | float]:
    """The counts of a run, seconds to the millisecond."""
    return {name: round(value, 3) for name, value in vars(run.counts).items()}


class RunShape(Shape):
    """One execution of a sync."""

    id: str
    integration_id: str
    sync: str
    full: bool
    state: str = Field(description="running, done or failed")
    started_at: datetime
    ended_at: datetime | None
    counts: dict[str, int | float] = Field(description="What became of the payloads, of the calls, and of the time")
    error: str | None = Field(description="Why it failed; of one that is done, what was left undone and why")

    @classmethod
    def of(cls, run: SyncRun) -> RunShape:
        """A run as it is shown."""
        names = set(cls.model_fields) - {"state", "counts"}
        return cls(**{name: getattr(run, name) for name in names}, state=run.state.value, counts=counted(run))


class SyncShape(Shape):
    """One sync of an integration: its checkpoint and its last run."""

    sync: str
    checkpoint: str | None
    state: str | None = Field(description="running, done or failed; null before the first run")
    full: bool | None
    started_at: datetime | None
    ended_at: datetime | None
    counts: dict[str, int | float] = Field(description="What became of the payloads, of the calls, and of the time")
    error: str | None
    failures: int = Field(description="How many runs have failed since the last one that was done")
    paused: bool = Field(False, description="Whether its schedule stands still")

    @classmethod
    def of(
        cls, sync: str, checkpoint: Checkpoint, run: SyncRun | None, failures: int = 0, *, paused: bool = False
    ) -> SyncShape:
        """A sync as it is shown."""
        return cls(
            sync=sync,
            checkpoint=checkpoint.value,
            state=run.state.value if run else None,
            full=run.full if run else None,
            started_at=run.started_at if run else None,
            ended_at=run.ended_at if run else None,
            counts=counted(run) if run else {},
            error=run.error if run else None,
            failures=failures,
            paused=paused,
        )


class SubscriptionShape(Shape):
    """Webhooks that were asked for, without their secrets."""

    id: str | None = Field(description="The partner's name for it")
    state: str = Field(description="asked, live, failed, ending or lost")
    made_at: datetime
    expires_at: datetime | None
    due_at: datetime | None = Field(description="When it is looked at again")
    attempts: int
    note: str | None = Field(description="What went wrong last")

    @classmethod
    def of(cls, found: Subscribed) -> SubscriptionShape:
        """A subscription as it is shown."""
        names = set(cls.model_fields) - {"id", "state"}
        return cls(**{name: getattr(found, name) for name in names}, id=found.external_id, state=found.state.value)
