"""A sync that reads one page."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule


@rule("sync-without-paginator")
def sync_without_paginator(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a sync of an endpoint without `paginate`.

    Prefer: the partner's way of paging; or `paginate: {type: single_page}`, which says that there is one page.

    Why: without it only the first page is read, and nobody notices until a customer has more than one.
    """
    for name, sync in subject.connector.syncs.items():
        endpoint = subject.connector.endpoints[sync.endpoint]
        if "paginate" not in endpoint.model_fields_set:
            yield Doubt(
                subject.document.place(("syncs", name, "endpoint")),
                f"the sync `{name}` reads only the first page of `{sync.endpoint}`",
                f"add `paginate` to the endpoint `{sync.endpoint}`",
            )
