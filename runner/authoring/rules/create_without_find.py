"""An action that may do its work twice."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule


@rule("create-without-find")
def create_without_find(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a POST or PATCH that is neither `repeatable` nor has `find` or `idempotency`.

    Prefer: `find`, by which a second try sees what the first one did after all:

        find: {endpoint: search_projects, with: {query: name}, same: [name]}

    or `idempotency`, where the partner takes a key.

    Why: when the answer to a create gets lost, nobody knows whether it was done; a second try makes a second project.
    The actions of a subscription need neither: one whose answer got lost is given up for another.
    """
    webhooks = subject.connector.webhooks
    asked = webhooks.subscription.actions if webhooks and webhooks.subscription else ()
    for name, action in subject.connector.actions.items():
        if not action.may_repeat and action.find is None and name not in asked:
            yield Doubt(
                subject.document.key_place(("actions", name)),
                f"the action `{name}` can do its work twice when an answer gets lost",
                "add `find` or `idempotency`, or `repeatable: true` when twice does no harm",
            )
