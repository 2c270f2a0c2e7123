"""The operator's commands that show what is in the store, and run again what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from runner.cli import output
from runner.cli.output import AsJson, example, refuse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from runner.cli.replaying import Wanted
    from runner.service.record_shapes import QuarantinedShape
    from runner.store.store import Store

Integration = typer.Option(None, "--integration", metavar="INTEGRATION", help="Of one: id, or company/connector.")
Limit = typer.Option(50, "--limit", min=1, help="The most rows of each kind.")


@example("runner records --kind project > projects.jsonl")
def records(
    integration: str = Integration,
    kind: str = typer.Option(None, "--kind", help="Records of one kind."),
    after: int = typer.Option(0, "--after", help="Only what changed after this sequence number."),
    quarantined: bool = typer.Option(False, "--quarantined", help="The payloads that gave no record, and why."),
    as_json: bool = typer.Option(False, "--json", help="With --quarantined: all of each reason, as JSON, one a line."),
) -> None:
    """Print records as JSON, one a line, in the order of their last change."""
    from runner.cli.workshop import in_store
    from runner.service.record_shapes import QuarantinedShape, RecordShape
    from runner.store import feed, integrations, quarantine

    async def work(store: Store) -> None:
        found = await store.database.read(lambda c: _id(c, integration))
        if quarantined:
            for bad in await store.database.read(lambda c: quarantine.find(c, found, limit=1_000_000)):
                shape = QuarantinedShape.of(bad)
                for line in [shape.model_dump_json()] if as_json else quarantined_lines(shape):
                    typer.echo(line)
            return

        def show(connection: Connection) -> None:
            last, owners = after, {one.id: one for one in integrations.find(connection)}
            while page := feed.find(connection, found, kind, after=last, limit=500):
                for one in page:
                    typer.echo(RecordShape.of(one, owners[one.integration_id]).model_dump_json())
                last = page[-1].sequence

        await store.database.read(show)

    in_store(work)


def quarantined_lines(shape: QuarantinedShape) -> list[str]:
    """A quarantined payload for people: which it is and how often it came, below it each reason."""
    times = f", {shape.times} times" if shape.times > 1 else ""
    head = f"{shape.id}  {shape.integration_id}  {shape.processor} {shape.external_id or 'without an id'}"
    return [f"{head}  ({shape.last_at:%Y-%m-%d %H:%M}{times})", *(f"    {flaw}" for flaw in shape.flaws)]


@example("runner deliveries --failed")
def deliveries(
    integration: str = Integration,
    failed: bool = typer.Option(False, "--failed", help="Only what failed, with the reason."),
    waiting: bool = typer.Option(False, "--waiting", help="Only what waits: events not done yet, pushes for a link."),
    rejected: bool = typer.Option(False, "--rejected", help="Requests turned away lately, and the reason; no secrets."),
    limit: int = Limit,
    as_json: bool = AsJson,
) -> None:
    """List what partners told us (events) and what was sent to the host (pushes), the latest first."""
    from runner.cli.workshop import look
    from runner.model.event import EventState
    from runner.model.push import PushState
    from runner.service.push_shapes import PushShape
    from runner.service.record_shapes import EventShape
    from runner.store import events, pushes
    from runner.store.events import EventFilter

    if failed + waiting + rejected > 1:
        refuse("give one of --failed, --waiting and --rejected")
    if rejected:
        from runner.cli.files import here
        from runner.cli.rejected import show
        from runner.connector.library import Connectors

        connectors = Connectors(here().connectors)
        look(lambda c: show(c, connectors, _id(c, integration), limit, as_json))
        return
    of_events = EventState.DEAD if failed else EventState.PENDING if waiting else None
    of_pushes = PushState.FAILED if failed else PushState.WAITING if waiting else None

    def work(connection: Connection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        found = _id(connection, integration)
        fitting = EventFilter(integration_id=found, state=of_events)
        told = events.find(connection, fitting, limit)
        sent = pushes.find(connection, found, state=of_pushes, limit=limit)
        return (
            [EventShape.of(one).model_dump(mode="json") for one in told],
            [PushShape.of(one).model_dump(mode="json") for one in sent],
        )

    told, sent = look(work)
    if as_json:
        output.print_json({"events": told, "pushes": sent})
        return
    typer.echo("Events")
    output.listing(told, ("id", "connector", "type", "state", "received_at", "note"), False)
    typer.echo("\nPushes")
    output.listing(sent, ("id", "rule", "kind", "external_id", "state", "retries", "updated_at", "note"), False)


@example(
    "runner replay events --failed",
    "runner replay events --connector jobber --since 30d --dry-run",
    "runner replay pushes 17 18",
    "runner replay pushes --reason answer-422",
)
def replay(
    what: str = typer.Argument(help="events, pushes, quarantined or notices (of changes, to the host)."),
    ids: list[str] = typer.Argument(None, help="Which: their ids."),
    integration: str = Integration,
    failed: bool = typer.Option(False, "--failed", help="All that failed."),
    connector: str = typer.Option(None, "--connector", help="Events of one connector."),
    type_: str = typer.Option(None, "--type", help="Events of one type; * stands for any characters."),
    state: str = typer.Option(None, "--state", help="Events in one state: done, dropped, failed..."),
    since: str = typer.Option(None, "--since", help="Events that came since: a time, or how long ago (30d)."),
    until: str = typer.Option(None, "--until", help="Events that came before: a time, or how long ago."),
    rule: str = typer.Option(None, "--rule", help="Pushes that failed, of one delivery rule."),
    reason: str = typer.Option(None, "--reason", help="Pushes that failed for one reason, as `runner pushes --dead`."),
    to: str = typer.Option(None, "--to", help="Pushes that failed, to one: company/connector, or a name."),
    dry_run: bool = typer.Option(
        False,
        "--dry-run",
        help="Only compare what events would make now with what is stored. Exit code 1 if it differs.",
    ),
    fetch: bool = typer.Option(False, "--fetch", help="With --dry-run: ask partners for what events only name."),
    as_json: bool = AsJson,
) -> None:
    """Run again what failed: events, pushes, quarantined payloads, notices. A running worker takes them up."""
    from runner.cli.replaying import ONE, REPLAYS, Wanted
    from runner.cli.workshop import in_house

    wanted = Wanted(ids or [], integration, failed, connector, type_, state, since, until, rule, reason, to)
    if what not in REPLAYS:
        refuse(f"replay takes {', '.join(REPLAYS)}, not {what}")
    if what != "events" and (wanted.is_of_events or dry_run):
        refuse("--connector, --type, --state, --since, --until and --dry-run are of events")
    if what != "pushes" and wanted.is_of_pushes:
        refuse("--rule, --reason and --to are of pushes")
    if fetch and not dry_run:
        refuse("--fetch goes with --dry-run; a replay asks the partner anyway")
    if wanted.is_open:
        refuse(
            "say which: ids, --failed, --integration INTEGRATION; of events also --connector, --type, --since..., "
            "of pushes --rule, --reason, --to"
        )
    if dry_run:
        _compare(wanted, fetch, as_json)
        return
    count = in_house(lambda house: REPLAYS[what](house, wanted))
    if as_json:
        output.print_json({"replayed": count})
    else:
        typer.echo(f"1 {ONE[what]} is replayed" if count == 1 else f"{count} {what} are replayed")
    if not count:
        raise typer.Exit(output.FOUND)


def _compare(wanted: Wanted, fetch: bool, as_json: bool) -> None:
    from runner.cli import differing
    from runner.cli.replaying import dry_run
    from runner.cli.workshop import in_house

    found = in_house(lambda house: dry_run(house, wanted, fetch))
    if as_json:
        output.print_json(differing.plain(found))
    else:
        for line in differing.lines(found):
            typer.echo(line)
    if found.differences or found.refused:
        raise typer.Exit(output.FOUND)


@example("runner status --json")
def status(as_json: bool = AsJson) -> None:
    """Show on one screen how everything stands, what failed, and what to do about it."""
    from runner.cli.status import lines
    from runner.cli.workshop import in_store, settings_now
    from runner.connector.library import Connectors
    from runner.model.clock import SystemClock
    from runner.service.assemble import read_config
    from runner.service.overview import Overview, overview

    settings = settings_now()
    connectors, late_after = Connectors(settings.connectors), read_config(settings).serve.late_after
    now = SystemClock().now()

    async def work(store: Store) -> Overview:
        return await store.database.read(lambda c: overview(c, connectors, store.queue, now))

    found = in_store(work)
    if as_json:
        output.print_json(found.shown())
        return
    for line in lines(found, late_after):
        typer.echo(line)


def _id(connection: Connection, text: str | None) -> str | None:
    from runner.cli.workshop import chosen

    return chosen(connection, text).id if text else None
