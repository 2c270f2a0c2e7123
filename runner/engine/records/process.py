"""The one hall: raw payloads become records, whichever door they came in by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from runner.connector.at_once import Straight
from runner.connector.connector import Connector
from runner.connector.processor import Processor
from runner.engine.house import House
from runner.engine.records.batch import Bad, Batch
from runner.errors import MappingError
from runner.mapping.functions import iso8601
from runner.model.record import Flaw, Processed, Record, as_id
from runner.store.columns import utc_text


def digest(house: House, connector: Connector, processor: str, payloads: Iterable[Any], observed_at: datetime) -> Batch:
    """Map and check raw payloads. Nothing is read or written.

    A record whose processor declares no cursor is as new as `observed_at`: the time before it was asked for.
    """
    intake = Intake(house, connector, processor, utc_text(observed_at))
    intake.take(payloads)
    return intake.batch


@dataclass
class Intake:
    """Raw payloads of one processor on their way into a batch, some at a time; see `digest`."""

    house: House
    connector: Connector
    name: str
    observed_at: str
    batch: Batch = field(init=False)

    def __post_init__(self) -> None:
        self.batch = Batch(self.name)

    @cached_property
    def processor(self) -> Processor:
        """Whose payloads they are."""
        return self.connector.processor(self.name)

    @cached_property
    def straight(self) -> Straight | None:
        """What makes a record of most of them."""
        return self.connector.straight(self.name)

    @cached_property
    def owning(self) -> frozenset[str]:
        """The processors whose records own records inside them."""
        processors = self.connector.processors.items()
        return frozenset(
            name for name, made in processors if any(relation.owned for relation in made.relations.values())
        )

    def take(self, payloads: Iterable[Any]) -> None:
        """Map and check some more."""
        if self.straight is None:
            for payload in payloads:
                self._look_at(payload)
            return
        batch, made, usual = self.batch, self.straight, []
        is_valid, keep = self.house.schemas.check_of(self.processor.record), self.batch.records.append
        for payload in payloads:
            record = made(payload)
            if record is None or record.version is None or not is_valid(record.fields):
                self._look_at(payload)
                continue
            keep(record)
            usual.append(record)
        batch.note_good(usual, has_cursor=self.processor.cursor is not None)

    def _look_at(self, payload: Any) -> None:
        """Take one payload of whatever sort: bad, left out, with others inside."""
        batch = self.batch
        batch.seen += 1
        made = self.connector.process(self.name, payload)
        if made.gone is not None:
            batch.gone.append((len(batch.records), made.gone))
            batch.note_cursor(made.gone.version)
        elif made.error is not None:
            batch.errors += 1
            batch.bad.append(Bad(None, payload, (self._refusal(made.error),)))
        else:
            if made.skipped is not None:
                batch.skipped.append(as_id(self.processor.id.search(payload)) or "")
            self._settle(made, payload)

    def _settle(self, made: Processed, payload: Any) -> None:
        batch = self.batch
        if self.processor.cursor is not None:
            batch.note_cursor(made.record.version if made.record else cursor_of(self.processor, payload))
        fatal: list[Flaw] = []
        self._collect(made, fatal)
        external_id = _external_id(made)
        if fatal:
            batch.bad.append(Bad(external_id, payload, tuple(fatal)))
        elif external_id is not None:
            batch.good.append(external_id)

    def _collect(self, made: Processed, fatal: list[Flaw]) -> None:
        before = len(fatal)
        if made.quarantined:
            fatal.extend(flaw for flaw in made.flaws if flaw.fatal)
        elif made.error is not None:
            fatal.append(self._refusal(made.error))
        self.batch.warnings.extend(flaw for flaw in made.flaws if not flaw.fatal)
        self.batch.timeless += any(flaw.part == "cursor" and not flaw.fatal for flaw in made.flaws)
        record = self._checked(made, fatal) if made.record else None
        for nested in made.nested:
            self._collect(nested, fatal)
        if record is not None and len(fatal) == before and record.processor in self.owning:
            self.batch.owners[f"{record.kind}:{record.external_id}"] = record

    def _checked(self, made: Processed, fatal: list[Flaw]) -> Record | None:
        assert made.record is not None
        mended, flaws = self.house.schemas.mend(made.record)
        flaws = [self._placed(flaw) for flaw in flaws]
        if mended is None:  # a field that it needs is null: with it goes the reason why, if an expression failed
            fatal.extend([*made.flaws, *flaws])
            return None
        self.batch.warnings.extend(flaws)
        if mended.version is None and self.connector.processor(mended.processor).cursor is None:
            mended = replace(mended, version=self.observed_at)
        self.batch.records.append(mended)
        return mended

    def _placed(self, flaw: Flaw) -> Flaw:
        """A flaw that a schema found, with the expression that gave the value."""
        fields = dict(self.connector.processor(flaw.processor).fields.flat())
        parts = flaw.part.split(".")
        names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        rule = next((fields[name] for name in names if name in fields), None)
        placed = replace(flaw, connector=self.connector.connector)
        if rule is None:
            return placed
        return replace(placed, expression=rule.text, place=str(rule.place) if rule.place.line else "")

    def _refusal(self, error: dict[str, Any]) -> Flaw:
        words = " ".join(str(part) for part in (error.get("code"), error.get("message")) if part)
        message = f"the partner sent an error in place of a payload: {words}"[:300]
        return Flaw(self.name, "errors", message, connector=self.connector.connector)


def cursor_of(processor: Processor, payload: Any) -> str | None:
    """How new a payload says it is, as UTC text, whatever else becomes of it."""
    if processor.cursor is None:
        return None
    try:
        found: str | None = iso8601(processor.cursor.search(payload))
    except (MappingError, TypeError, ValueError):
        return None
    return found


def _external_id(made: Processed) -> str | None:
    if made.record is not None:
        return made.record.external_id
    return next((flaw.external_id for flaw in made.flaws if flaw.external_id is not None), None)
