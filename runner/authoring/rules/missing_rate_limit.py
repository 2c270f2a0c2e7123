"""A partner that is called as fast as the network allows."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule


@rule("missing-rate-limit")
def missing_rate_limit(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `http` without `rate_limits`.

    Prefer: the partner's published limit, or a guess that is marked under `unverified`:

        http:
          rate_limits:
            - {type: window, requests: 60, per: 1m, scope: account}

    Why: the limit is then kept by all workers together, and not learned from refusals that hit the customer's other
    tools too.
    """
    http = subject.connector.http
    calls = (*subject.connector.endpoints.values(), *subject.connector.actions.values())
    if not http.rate_limits and not all(call.rate_limits for call in calls):
        yield Doubt(
            subject.document.key_place(("http",)),
            "nothing limits how often the partner is called",
            "add `rate_limits` to `http`",
        )
