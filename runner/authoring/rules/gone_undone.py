"""A deletion that no answer leads to."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.connector.reaction import Fetch


@rule("gone-undone")
def gone_undone(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `gone` of a `fetch`, where no rule of the errors of the call, or of `http`, does `skip_record`.

    Prefer: a rule that says by which answer the partner tells that the thing is not there:

        errors:
          - {status: [404], do: skip_record, message: error.message}

    Why: `gone` is done when the fetch ends as `skip_record`. Without such a rule a 404 fails, is tried again and again,
    and the record stays.
    """
    connector, webhooks = subject.connector, subject.connector.webhooks
    for pattern, reaction in (webhooks.on if webhooks else {}).items():
        if not isinstance(reaction, Fetch) or reaction.gone is None or reaction.most is not None:
            continue
        rules = [*connector.endpoints[reaction.endpoint].errors, *connector.http.errors]
        if not any(one.do == "skip_record" for one in rules):
            yield Doubt(
                subject.document.key_place(("webhooks", "on", pattern)),
                f"`gone` of `{pattern}` is never done: no answer of `{reaction.endpoint}` is a `skip_record`",
                "add `{status: [404], do: skip_record}` to the errors of the endpoint, or of `http`",
            )
