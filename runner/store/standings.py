"""How syncs stand, of thousands of them at once: their last runs, what failed since, and whether they rest or walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Subquery, exists, func, select

from runner.model.run import RunState
from runner.store.checkpoints import checkpoints
from runner.store.columns import json_text
from runner.store.given import rows_of
from runner.store.pauses import EVERY, pauses
from runner.store.runs import sync_runs

Key = tuple[str, str]
"""The id of an integration, and a sync of it."""


@dataclass(frozen=True)
class Standing:
    """How one sync stands: how its last run did that began then, how many have failed since one was done, whether its
    schedule is paused, and whether a walk stopped in the middle."""

    state: RunState | None = None
    started_at: datetime | None = None
    failures: int = 0
    is_paused: bool = False
    has_place: bool = False


def of(connection: Connection, keys: Sequence[Key]) -> dict[Key, Standing]:
    """How each of these stands; two statements, however many there are."""
    dialect, found = connection.dialect.name, {}
    if not keys:
        return {}
    for integration_id, sync, state, started_at, is_paused, has_place in connection.execute(
        _last(rows_of(dialect, "keys", ("integration_id", "sync"))), {"keys": json_text(keys)}
    ):
        last = RunState(state) if state is not None else None
        found[integration_id, sync] = Standing(last, started_at, 0, is_paused, has_place)
    unwell = [key for key, one in found.items() if one.state not in (None, RunState.DONE)]
    if unwell:
        query = _failures(rows_of(dialect, "keys", ("integration_id", "sync")))
        for integration_id, sync, failures in connection.execute(query, {"keys": json_text(unwell)}):
            found[integration_id, sync] = replace(found[integration_id, sync], failures=failures)
    return found


def _last(wanted: Subquery) -> Select[Any]:
    runs, mine = sync_runs.c, wanted.c
    last = (
        select(runs.id)
        .where(runs.integration_id == mine.integration_id, runs.sync == mine.sync)
        .order_by(runs.started_at.desc(), runs.id.desc())
        .limit(1)
        .correlate(wanted)
        .scalar_subquery()
    )
    paused = exists().where(
        pauses.c.integration_id == mine.integration_id, (pauses.c.sync == EVERY) | (pauses.c.sync == mine.sync)
    )
    place = exists().where(
        checkpoints.c.integration_id == mine.integration_id,
        checkpoints.c.sync == mine.sync,
        checkpoints.c.progress.is_not(None),
    )
    return select(mine.integration_id, mine.sync, runs.state, runs.started_at, paused, place).select_from(
        wanted.outerjoin(sync_runs, runs.id == last)
    )


def _failures(wanted: Subquery) -> Select[Any]:
    """How many runs have failed since the last one that was done."""
    failed, done, mine = sync_runs.alias("failed").c, sync_runs.alias("done").c, wanted.c
    since = (
        select(func.max(done.started_at))
        .where(done.integration_id == mine.integration_id, done.sync == mine.sync, done.state == RunState.DONE.value)
        .correlate(wanted)
        .scalar_subquery()
    )
    number = (
        select(func.count())
        .where(
            failed.integration_id == mine.integration_id,
            failed.sync == mine.sync,
            failed.state == RunState.FAILED.value,
            (failed.started_at > since) | since.is_(None),
        )
        .correlate(wanted)
        .scalar_subquery()
    )
    return select(mine.integration_id, mine.sync, number)
