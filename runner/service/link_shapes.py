"""What the API of links is sent and what it answers, as models: OpenAPI is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, Field

from runner.engine.links.unmatched import Missing
from runner.model.integration import Integration
from runner.model.push import Link
from runner.service.api_shapes import Sent, Words
from runner.service.shapes import Shape


class WhichLinks(Sent):
    """Which links are listed."""

    kind: Words | None = Field(None, description="Of one kind of record, such as user")
    limit: int = Field(1000, ge=1, le=10_000)


class SetLink(Sent):
    """Which thing at the destination a record is."""

    kind: Words = Field(description="The kind of record", examples=["user"])
    external_id: Words = Field(description="Its id at the partner")
    host_id: Words = Field(min_length=1, description="Its id at the destination")
    to: Words | None = Field(None, description="The destination's connector; needed where the rules have several")


class WhichLink(Sent):
    """One link."""

    kind: Words = Field(description="The kind of record")
    external_id: Words = Field(description="Its id at the partner")
    to: Words | None = Field(None, description="The destination's connector; needed where the rules have several")


class LinkShape(Shape):
    """One thing's id at the partner and at the destination."""

    kind: str
    external_id: str
    host_id: str
    destination: str = Field(description="The id of the destination's integration")
    connector: str | None = Field(description="The destination's connector")
    how: str = Field(description="pushed, manual, email (or another field that both sides have alike), or rule")

    @classmethod
    def of(cls, link: Link, names: Mapping[str, Integration]) -> LinkShape:
        """A link as it is shown; `names` are integrations by id."""
        there = names.get(link.destination)
        shown = {name: getattr(link, name) for name in ("kind", "external_id", "host_id", "destination", "how")}
        return cls(**shown, connector=there.connector if there else None)


class CandidateShape(Shape):
    """Somebody or something at the destination that may be meant."""

    host_id: str
    name: str | None
    email: str | None
    likeness: float = Field(description="How alike names or e-mails are, from 0 to 1")


class UnmatchedShape(Shape):
    """A record that a push needs to be linked, and that has no twin at the destination."""

    kind: str
    external_id: str
    name: str | None
    email: str | None
    destination: str
    connector: str | None
    note: str = Field(description="What was looked for, and what to do")
    first_at: datetime | None = Field(description="When it was missed first")
    candidates: list[CandidateShape] = Field(description="Who may be meant, likest first")

    @classmethod
    def of(cls, found: Missing, names: Mapping[str, Integration]) -> UnmatchedShape:
        """One as it is shown; `names` are integrations by id."""
        row, there = found.row, names.get(found.row.destination)
        return cls(
            kind=row.kind,
            external_id=row.external_id,
            name=found.name,
            email=found.email,
            destination=row.destination,
            connector=there.connector if there else None,
            note=row.note,
            first_at=row.first_at,
            candidates=[CandidateShape(**vars(one)) for one in found.candidates],
        )


class Links(BaseModel):
    """Links of an integration."""

    links: list[LinkShape]


class Unlinked(BaseModel):
    """What has no link yet and should have one."""

    unmatched: list[UnmatchedShape]
