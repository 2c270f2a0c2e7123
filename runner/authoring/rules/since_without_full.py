"""A sync that never looks back."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.incrementals.since import Since


@rule("since-without-full")
def since_without_full(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `incremental: {type: since}` without a full pass from time to time.

    Prefer: `full: {every: 24h}`; or a comment that says why not, with `# lint: ignore since-without-full`.

    Why: a filter by time misses what the partner changed without touching its time, and everything that happened while
    the filter or the mapping was wrong.
    """
    for name, sync in subject.connector.syncs.items():
        if isinstance(sync.incremental, Since) and sync.full is None:
            yield Doubt(
                subject.document.key_place(("syncs", name)),
                f"the sync `{name}` never makes a full pass",
                "add `full: {every: 24h}`, or say why not and ignore this",
            )
