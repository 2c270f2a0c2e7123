"""A walk that stops at what is known, of a list that nobody asked to be sorted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.incrementals.newest_first import NewestFirst
from runner.connector.endpoint import Endpoint

_SORTS = re.compile(r"sort|order|desc", re.IGNORECASE)


@rule("newest-first-unsorted")
def newest_first_unsorted(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `incremental: {type: newest_first}` for an endpoint that does not ask the partner to sort.

    Prefer: `params: {sort_by: updated_at, sort_direction: desc}`; or `{type: only_newer}` where the partner cannot.

    Why: the walk stops at the first page that is known; whatever the partner puts behind it is never read.
    """
    for name, sync in subject.connector.syncs.items():
        endpoint = subject.connector.endpoints[sync.endpoint]
        if isinstance(sync.incremental, NewestFirst) and not _is_sorted(endpoint):
            yield Doubt(
                subject.document.key_place(("syncs", name)),
                f"the sync `{name}` stops at what is known, and `{sync.endpoint}` does not ask for the newest first",
                "add the partner's parameter that sorts by change, the newest first",
            )


def _is_sorted(endpoint: Endpoint) -> bool:
    """Whether anything in the request speaks of an order; what the parameter is called differs."""
    asked: list[Any] = [{name: tree.value for name, tree in endpoint.params.items()}, endpoint.graphql or ""]
    asked += [tree.value for tree in (endpoint.json_, endpoint.variables) if tree is not None]
    return bool(_SORTS.search(str(asked)))
