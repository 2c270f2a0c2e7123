"""A rule that takes every answer with an error in it for a failure, those that only want another try included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.connector.http import ErrorRule

_NARROW = re.compile(r"['`]|[=<>]")
"""A condition with a literal or a comparison knows which error it means."""


@rule("refused-too-early")
def refused_too_early(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `{when: error, do: fail}` in `http.errors`, without a `status` and with no rules for 401, 429 and 5xx
    above it.

    Prefer: those rules first, or a `status`:

        errors:
          - {status: [401], do: refresh_token}
          - {status: [408, 429, "5xx"], do: retry}
          - {when: error, do: fail, message: error.message}

    Why: the first match wins, and the built-in rules come last. Partners write an `error` into those answers too: then
    no token is renewed, and nothing is tried again.
    """
    rules = subject.connector.http.errors
    for number, one in enumerate(rules):
        missing = _missing(rules[:number]) if _takes_all(one) else ()
        if missing:
            yield Doubt(
                subject.document.place(("http", "errors", number)),
                f"`{one.when}` may hold for answers of {' and '.join(missing)} too, which then fail at once",
                'write `{status: [401], do: refresh_token}` and `{status: [408, 429, "5xx"], do: retry}` above it, '
                "or give it a `status`",
            )
            return


def _takes_all(one: ErrorRule) -> bool:
    broad = one.when is not None and not _NARROW.search(str(one.when))
    return one.do == "fail" and broad and one.status is None and not one.header


def _missing(above: Sequence[ErrorRule]) -> list[str]:
    """The statuses of built-in rules that none above looks after."""
    tried = {status for one in above if one.do == "retry" and one.when is None for status in one.status or ()}
    renews = any(one.do in ("refresh_token", "fail_integration") for one in above)
    found = [] if renews else ["status 401"]
    return [*found, *(f"status {status}" for status in (429, "5xx") if status not in tried)]
