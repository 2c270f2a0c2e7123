"""A processor that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.connector.connector import Connector
from runner.connector.reaction import Fetch, Process


@rule("unused-processor")
def unused_processor(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a processor that no sync, reaction or relation names.

    Prefer: to remove it, or to use it.

    Why: it costs reading, and its records never come. A connector without any sync and webhook is still being written;
    nothing is said of it.
    """
    if not subject.connector.syncs and subject.connector.webhooks is None:
        return
    used = set(_used(subject.connector))
    for name in subject.connector.processors:
        if name not in used:
            place = subject.document.key_place(("processors", name))
            yield Doubt(place, f"nothing uses the processor `{name}`", "remove it, or name it in a sync or reaction")


def _used(connector: Connector) -> Iterator[str]:
    yield from (sync.processor for sync in connector.syncs.values())
    reactions = connector.webhooks.on.values() if connector.webhooks else ()
    yield from (reaction.processor for reaction in reactions if isinstance(reaction, Fetch | Process))
    for processor in connector.processors.values():
        yield from (relation.processor for relation in processor.relations.values() if relation.processor)
