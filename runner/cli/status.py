"""How everything stands, in words for one screen."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import timedelta

from runner.authoring.report import counted
from runner.cli.output import table
from runner.model.circuit import CircuitState
from runner.model.event import EventState
from runner.model.push import PushState
from runner.service.attendance import Attendance
from runner.service.overview import Overview, Standing
from runner.store.changes import Telling
from runner.store.works import CLOSED


def lines(found: Overview, late_after: timedelta) -> Iterator[str]:
    """The screen: integrations, their syncs, the backlog, and at the end what wants a person. `late_after` is how long
    work may wait before somebody should look."""
    if found.closed_since is not None:
        closed = CLOSED.removeprefix("this")
        yield f"This{closed} (since {found.closed_since:%Y-%m-%d %H:%M} UTC)."
        yield ""
    if not found.integrations:
        yield "no integrations; `runner connect` makes one"
    else:
        yield from table([_integration(one) for one in found.integrations], _COLUMNS)
        yield ""
        yield from table([row for one in found.integrations for row in _syncs(one)], _SYNCS)
    yield ""
    backlog = found.attendance.backlog
    pending, lost = found.events[EventState.PENDING], found.events[EventState.UNROUTED]
    yield (
        f"Backlog: {backlog.waiting} wake-ups wait ({backlog.due} are due), {backlog.running} run; {pending} events "
        f"pending, {lost} of unknown accounts"
    )
    yield _working(found.attendance)
    yield from _destinations(found)
    for refused in found.rejections:
        yield f"Turned away: {counted(refused.count, 'request')} for {refused.connector} ({refused.reason})"
    yield _kept(found)
    problems = [*(f"- {one}" for one in found.attendance.complaints(late_after)), *_problems(found)]
    yield ""
    yield "What wants a person:" if problems else "Nothing wants a person."
    yield from problems


def _working(found: Attendance) -> str:
    if not found.processes:
        return "Processes: none runs"
    counts = ", ".join(f"{count} {part}" for part, count in found.at_work.items())
    hosts = len({one.host for one in found.processes})
    return f"Processes: {len(found.processes)} on {counted(hosts, 'host')} ({counts})"


_COLUMNS = (
    "integration",
    "state",
    "records",
    "events_done",
    "events_failed",
    "pushed",
    "waiting",
    "failed",
    "calls",
    "limited",
)
_COUNTS = ("seen", "created", "changed", "unchanged", "quarantined", "deleted", "calls")
_SYNCS = ("integration", "sync", "state", "last_run", "took", *_COUNTS, "checkpoint")


def _name(one: Standing) -> str:
    return f"{one.integration.company}/{one.integration.connector}"


def _integration(one: Standing) -> dict[str, object]:
    return {
        "integration": _name(one),
        "state": one.integration.state.value,
        "records": sum(sum(kinds.values()) for kinds in one.records.values()),
        "events_done": one.events[EventState.DONE],
        "events_failed": one.events[EventState.DEAD],
        "pushed": one.pushes[PushState.DONE],
        "waiting": one.pushes[PushState.WAITING],
        "failed": one.pushes[PushState.FAILED],
        "calls": one.calls.calls,
        "limited": one.calls.limited,
    }


def _syncs(one: Standing) -> Iterator[dict[str, object]]:
    for sync in one.syncs:
        ran = sync.ended_at or sync.started_at
        yield {
            "integration": _name(one),
            "sync": sync.sync,
            "state": f"{sync.state or 'never ran'}{', paused' if sync.paused else ''}",
            "last_run": f"{ran:%Y-%m-%d %H:%M:%S}" if ran else None,
            "checkpoint": sync.checkpoint,
            "took": f"{(sync.ended_at - sync.started_at).total_seconds():.1f} s"
            if sync.ended_at and sync.started_at
            else None,
            **{name: sync.counts.get(name) for name in _COUNTS},
        }


def _destinations(found: Overview) -> Iterator[str]:
    """Those of runner.yaml, which are no integrations of the table above."""
    for one in found.destinations:
        if one.connector is None:
            done, failed = one.pushes[PushState.DONE], one.pushes[PushState.FAILED]
            waiting = one.pushes[PushState.PENDING] + one.pushes[PushState.WAITING]
            yield f"To {one.name}: {done} pushed, {waiting} wait, {failed} failed"


def _shut(found: Overview) -> Iterator[str]:
    """Destinations to which nothing goes out, and what they refused."""
    for one in found.destinations:
        if one.circuit.state != CircuitState.CLOSED:
            since, trial = one.circuit.opened_at, one.circuit.trial_at
            yield (
                f"- {one.name} cannot be reached since {since:%Y-%m-%d %H:%M}; its pushes wait, the next try is at "
                f"{trial:%H:%M:%S}: {one.circuit.note}."
            )
        if one.connector is None and one.pushes[PushState.FAILED]:
            most = one.dead[0]
            what = f"{counted(most.count, 'record')} of rule {most.rule}"
            yield (
                f"- {one.name} refused {what} ({most.reason}): {most.note}. "
                f"See `runner pushes --dead`, then `runner replay pushes --reason {most.reason}`."
            )


def _kept(found: Overview) -> str:
    since = f"webhooks since {found.kept.oldest:%Y-%m-%d}" if found.kept.oldest else "no webhooks"
    return f"Kept: {since}, {found.kept.bytes / 1e6:,.1f} MB in all (`retention` in runner.yaml)"


def _problems(found: Overview) -> Iterator[str]:
    """Each with the command or deed that mends it."""
    if dead := found.notices.get(Telling.DEAD):
        what = counted(dead, "change")
        yield f"- The host could not be told of {what}. See its log, then `runner replay notices --failed`."
    yield from _shut(found)
    for one in found.integrations:
        name, reason = _name(one), one.integration.reason
        typed = shlex.quote(name)
        if reason is not None:
            yield f"- {name} is {one.integration.state.value}: {reason.message}. {reason.remedy}".rstrip(". ") + "."
        for sync in one.syncs:
            if sync.state == "failed":
                often = f" {sync.failures} times in a row" if sync.failures > 1 else ""
                yield f"- {name} sync {sync.sync} failed{often}: {sync.error}. Try `runner sync {typed} {sync.sync}`."
        yield from _unheard(name, one)
        if count := one.events[EventState.DEAD]:
            again = f"`runner replay events --failed --integration {typed}`"
            yield f"- {name} has {counted(count, 'failed event')}. See `runner deliveries --failed`, then {again}."
        if count := one.pushes[PushState.FAILED]:
            what = f"{count} {'push' if count == 1 else 'pushes'}"
            yield f"- {name} refused {what}. See `runner pushes --dead`, then `runner replay pushes --to {typed}`."
        for waits in one.waits:
            most = f"most often ({waits.alike})" if waits.alike < waits.count else "because"
            what = f"1 {waits.kind} waits" if waits.count == 1 else f"{waits.count} pushes of kind {waits.kind} wait"
            yield f"- {name}: {what} for a link, {most}: {waits.note}. See `runner deliveries --waiting`."
        if one.quarantined:
            yield f"- {name} has {counted(one.quarantined, 'quarantined payload')}. See `runner records --quarantined`."


def _unheard(name: str, one: Standing) -> Iterator[str]:
    """Webhooks that were asked for and do not come, or perhaps not."""
    for asked in one.subscriptions:
        if asked.note is not None and asked.state in ("failed", "live"):
            what = "gets no webhooks" if asked.state == "failed" else "may get no webhooks any more"
            again = f" (tried again at {asked.due_at:%Y-%m-%d %H:%M} UTC)" if asked.due_at else ""
            yield f"- {name} {what}: {asked.note}{again}."
