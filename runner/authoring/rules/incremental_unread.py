"""A sync and an endpoint that do not agree on what is new."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.block import parts
from runner.components.incrementals.since import Since
from runner.components.incrementals.window import DateWindow
from runner.connector.endpoint import Endpoint
from runner.connector.sync import Sync
from runner.mapping.template import Template


@rule("incremental-unread")
def incremental_unread(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `incremental: {type: since}` for an endpoint that never reads `{{ checkpoint }}` (or `window` and
    `{{ window.start }}`), and an endpoint that reads one of them in a sync without that `incremental`.

    Prefer: `params: {modifiedOnOrAfter: "{{ checkpoint }}"}` and `incremental: {type: since}` together.

    Why: without the first every run fetches everything; without the second the value is null or missing.
    """
    for name, sync in subject.connector.syncs.items():
        read = _read(subject.connector.endpoints[sync.endpoint])
        for given, type_ in _offered(sync):
            if (type_ is None) == (given in read):
                what = f"never reads `{given}`" if type_ else f"reads `{given}`, which the sync does not give"
                remedy = f"write `{{{{ {given} }}}}` into its params" if type_ else "add `incremental` to the sync"
                place = subject.document.key_place(("syncs", name))
                yield Doubt(place, f"the endpoint `{sync.endpoint}` of the sync `{name}` {what}", remedy)


def _offered(sync: Sync) -> Iterator[tuple[str, str | None]]:
    yield "checkpoint", "since" if isinstance(sync.incremental, Since) else None
    yield "window", "window" if isinstance(sync.incremental, DateWindow) else None


def _read(endpoint: Endpoint) -> set[str]:
    return {name[0] for _, part in parts(endpoint) if isinstance(part, Template) for name in part.names}
