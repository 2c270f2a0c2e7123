"""A processor that little proves."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule

ENOUGH = 3


@rule("few-examples", "info")
def few_examples(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a processor with one or two examples.

    Prefer: three: a typical payload, one with as little in it as the partner allows, and one that is skipped,
    quarantined, inactive or an error answer.

    Why: what is null, empty or deleted at the partner is where mappings break; a typical payload shows none of it.
    """
    shown = [case.processor for case in subject.cases]
    for name in subject.connector.processors:
        number = shown.count(name)
        if 0 < number < ENOUGH:
            yield Doubt(
                subject.document.key_place(("processors", name)),
                f"{'one example shows' if number == 1 else 'two examples show'} what `{name}` makes",
                f"add another, such as connectors/examples/{subject.connector.connector}/{name}.minimal.json",
            )
