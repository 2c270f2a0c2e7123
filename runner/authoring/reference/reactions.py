"""What a connector does by itself and on demand, as Markdown tables: syncs, events, actions."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.durations import spelled
from runner.authoring.kinds import Kinds
from runner.authoring.reference.markdown import code, codes, table
from runner.authoring.reference.phrases import component, option_rows, phrase
from runner.authoring.reference.processors import to_kind, to_processor
from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.connector.events import Events
from runner.connector.input import Input
from runner.connector.reaction import Delete, Disconnect, Drop, Fetch, Process, Reaction, RunSync
from runner.connector.subscription import Subscription
from runner.connector.sync import Sync
from runner.connector.webhook import Webhooks

_AFTER_FULL = {
    "keep": "records that it no longer finds are kept",
    "missing": "records that it no longer finds are deleted",
}


def syncs(connector: Connector) -> str:
    """A row a sync: what, how often, how it asks for what is new, and when it passes over everything."""
    rows = [
        (
            code(name),
            code(sync.endpoint),
            to_processor(sync.processor),
            spelled(sync.every) if sync.every else f"{sync.cron} ({sync.timezone})",
            _asks_for(sync),
            _full(sync),
        )
        for name, sync in connector.syncs.items()
    ]
    return table(("sync", "endpoint", "processor", "every", "asks for what is new", "full pass"), rows)


def webhooks(declared: Webhooks, kinds: Kinds) -> Iterator[str]:
    """The parts: how a request proves itself, what it is answered, what each type of event leads to."""
    yield f"Verified by {component(declared.verify)}"
    yield option_rows(declared.verify)
    if declared.handshake is not None:
        yield f"The address is tried by {component(declared.handshake)}"
        yield option_rows(declared.handshake)
    within = f", within {spelled(declared.answer.within)}" if declared.answer.within else ""
    yield f"Answered with {declared.answer.status}{within}. {_told(declared.events)}"
    if declared.subscription is not None:
        yield _subscribed(declared.subscription)
    for drop in declared.drop:
        yield f"Left out, whatever their type: those with {code(drop.when)}, because {drop.because}."
    rows = [(code(pattern), reaction_words(reaction, kinds)) for pattern, reaction in declared.on.items()]
    yield table(("event", "what it leads to"), rows)


def _told(events: Events) -> str:
    each = f", or {code(events.each)} in each of them" if events.each else ""
    whose = code(events.account) if events.account else "not told: the address names the integration"
    if events.subscription:
        whose += f", the subscription {code(events.subscription)}"
    same = "" if events.duplicates == "drop" else " Equal events are news again."
    none = "" if events.empty == "refuse" else " A request may hold no event."
    return (
        f"The events of a request are {code(events.split)} of its "
        f"{'headers, query and body' if events.reads == 'request' else 'body'}{each}; of each, the id is "
        f"{code(events.id)}, the type {code(events.type)}, the account {whose}.{same}{none}"
    )


def _subscribed(declared: Subscription) -> str:
    words = [f"Asked for by {code(declared.create)} on connect, ended by {code(declared.delete)} on disconnect"]
    if declared.expires is not None:
        words.append(f"made anew {spelled(declared.renew_before)} before it ends")
    if declared.check is not None:
        mend = f"mended by {code(declared.check.mend)}" if declared.check.mend else "made anew"
        words.append(f"looked for hourly with {code(declared.check.endpoint)}, {mend} when no events come by it")
    return "; ".join(words) + "."


def reaction_words(reaction: Reaction, kinds: Kinds) -> str:
    """What an event leads to, in one sentence without its full stop."""
    match reaction:
        case Process():
            return f"maps {code(reaction.payload)} by {to_processor(reaction.processor)}"
        case Fetch():
            return "; ".join(_fetch(reaction, kinds))
        case RunSync():
            return f"runs the sync {code(reaction.sync)}"
        case Delete():
            return f"marks the {to_kind(reaction.record, kinds)} {code(reaction.id)} as deleted"
        case Disconnect():
            return "switches the integration off and forgets its credential"
        case Drop():
            return f"nothing: {reaction.because}"


def actions(connector: Connector) -> str:
    """A row an action: what it does, its call, what the caller gives, what is kept of the answer."""
    rows = [
        (code(name), action.title or "", _call(action), _inputs(action), _results(action))
        for name, action in connector.actions.items()
    ]
    return table(("action", "what it does", "call", "input", "kept of the answer"), rows)


def _asks_for(sync: Sync) -> str:
    return phrase(sync.incremental) if sync.incremental else "no: every run reads everything"


def _full(sync: Sync) -> str:
    if sync.full is None:
        return ""
    other = f" from {code(sync.full.endpoint)}" if sync.full.endpoint else ""
    return f"every {spelled(sync.full.every)}{other}; {_AFTER_FULL[sync.full.deletes]}"


def _fetch(reaction: Fetch, kinds: Kinds) -> Iterator[str]:
    given = ", ".join(f"{name} {code(rule)}" for name, rule in reaction.hand_over.items())
    fetched = f"{code(reaction.endpoint)} ({given})" if given else code(reaction.endpoint)
    many = f", up to {reaction.most} at once" if reaction.most else ""
    yield f"fetches {fetched}{many}, maps it by {to_processor(reaction.processor)}"
    if reaction.coalesce:
        yield f"waits {spelled(reaction.coalesce)} for more of the same thing"
    if reaction.gone:
        yield f"when it is gone, {reaction_words(reaction.gone, kinds)}"


def _call(action: Action) -> str:
    return code(f"{action.method} {action.path}" if action.path else "GraphQL")


def _inputs(action: Action) -> str:
    return "<br>".join(f"{code(name)}: {_input(declared)}" for name, declared in action.input.items())


def _input(declared: Input) -> str:
    words = [declared.title or "", _kind(declared)]
    return ", ".join(word for word in (*words, "" if declared.required else "may be left out") if word) or "text"


def _kind(declared: Input) -> str:
    """What it must be, down to what it holds; empty for a text."""
    if declared.choices is not None:
        return f"one of {codes(declared.choices)}"
    if declared.fields is not None:
        return f"object of {codes(declared.fields)}"
    if declared.items is not None:
        return f"list of {_kind(declared.items) or 'texts'}"
    return declared.type if declared.type != "text" else ""


def _results(action: Action) -> str:
    return ", ".join(f"{code(name)} from {code(rule)}" for name, rule in action.result.items())
