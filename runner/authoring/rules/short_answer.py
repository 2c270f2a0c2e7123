"""A partner that waits too short a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from runner.authoring.rules.rule import Doubt, Subject, rule

NEEDED = timedelta(milliseconds=500)


@rule("short-answer")
def short_answer(subject: Subject) -> Iterator[Doubt]:
    """Avoid: to rely on `webhooks.answer.within` of less than 500 ms.

    Prefer: a sync beside such webhooks, so that what they lose is found again.

    Why: an event is answered once it is stored for good. On a slow disk that takes some hundred milliseconds; a partner
    that waits less takes it for a failure, and many switch the webhook off after some.
    """
    webhooks = subject.connector.webhooks
    if webhooks is not None and webhooks.answer.within is not None and webhooks.answer.within < NEEDED:
        yield Doubt(
            subject.document.place(("webhooks", "answer", "within")),
            "the partner waits less than storing an event can take (500 ms)",
            "let a sync fetch the same things, and ignore this",
        )
