"""A sync and an endpoint that do not agree on what is new."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.block import parts
from runner.components.incrementals.base import Incremental
from runner.components.incrementals.since import Since
from runner.components.incrementals.token import Token
from runner.components.incrementals.window import DateWindow
from runner.connector.endpoint import Endpoint
from runner.mapping.template import Template


@rule("incremental-unread")
def incremental_unread(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `incremental: {type: since}` for an endpoint that never reads `{{ checkpoint }}` (or `window` and
    `{{ window.start }}`), and an endpoint that reads one of them in a sync without that `incremental`.

    Prefer: `params: {modifiedOnOrAfter: "{{ checkpoint }}"}` and `incremental: {type: since}` together.

    Why: without the first every run fetches everything; without the second the value is null or missing.
    """
    for name, sync in subject.connector.syncs.items():
        for keys, endpoint, asked_by in sync.endpoints:
            declared = subject.connector.endpoints[endpoint]
            for given, is_given in _offered(declared, asked_by, is_full=len(keys) > 1):
                if is_given is not None and is_given != (given in _read(declared)):
                    what = f"never reads `{given}`" if is_given else f"reads `{given}`, which the sync does not give"
                    remedy = f"write `{{{{ {given} }}}}` into its params" if is_given else "add `incremental`"
                    place = subject.document.key_place(("syncs", name))
                    yield Doubt(place, f"the endpoint `{endpoint}` of the sync `{name}` {what}", remedy)


def _offered(endpoint: Endpoint, asked_by: Incremental | None, *, is_full: bool) -> Iterator[tuple[str, bool | None]]:
    """Which names must be read (true), must not (false), or may be either way (None)."""
    takes_over = isinstance(asked_by, Token) and endpoint.paginate.opening("x") is not None
    by_checkpoint = isinstance(asked_by, Since | Token) and not takes_over
    yield "checkpoint", (None if is_full and by_checkpoint else by_checkpoint)
    yield "window", isinstance(asked_by, DateWindow)


def _read(endpoint: Endpoint) -> set[str]:
    return {name[0] for _, part in parts(endpoint) if isinstance(part, Template) for name in part.names}
