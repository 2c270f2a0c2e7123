"""What the API and `--json` show of pushes and of where they go."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from runner.model.circuit import Circuit
from runner.model.push import Push
from runner.service.shapes import Shape


class PushShape(Shape):
    """One record on its way to a destination."""

    id: int
    rule: str
    integration_id: str
    kind: str
    external_id: str
    destination: str = Field(description="The integration that it goes to, or the name of a destination of runner.yaml")
    state: str = Field(description="pending, waiting, done, failed or skipped")
    attempts: int
    retries: int
    due_at: datetime | None
    note: str | None = Field(description="Why it is not there, in our words; a partner's own are among them")
    reason: str | None = Field(description="Of one that failed, why in a word: `answer-422`, `bad-value`, ...")
    said: str | None = Field(description="Of one that failed, what the destination said, in its own words")
    updated_at: datetime | None

    @classmethod
    def of(cls, found: Push) -> PushShape:
        """A push as it is shown."""
        names = set(cls.model_fields) - {"state"}
        return cls(**{name: getattr(found, name) for name in names}, state=found.state.value)


class CircuitShape(Shape):
    """Whether pushes go out to a destination."""

    state: str = Field(description="closed: they go out; open: none does; half_open: one is tried next")
    failures: int = Field(description="Tries in vain since something last arrived")
    opened_at: datetime | None
    trial_at: datetime | None = Field(description="When the next trial may be made")
    note: str | None = Field(description="What went wrong last")

    @classmethod
    def of(cls, found: Circuit, now: datetime) -> CircuitShape:
        """A circuit as it is shown."""
        plain = {name: getattr(found, name) for name in ("failures", "opened_at", "trial_at", "note")}
        return cls(state=found.state(now).value, **plain)


class DeadShape(Shape):
    """How many pushes of a rule failed for good for one reason, and what was said of one of them."""

    rule: str
    reason: str
    count: int
    note: str | None
    said: str | None


class DestinationShape(Shape):
    """How one destination stands."""

    destination: str = Field(description="The id of an integration, or the name of a destination of runner.yaml")
    company: str | None = Field(description="Whose integration it is")
    connector: str | None = Field(description="Its connector")
    pushes: dict[str, int] = Field(description="How many are in which state")
    circuit: CircuitShape
    dead: list[DeadShape] = Field(description="Those that failed for good, by rule and reason")

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.company}/{self.connector}" if self.connector else self.destination
