"""A processor that nothing proves."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule


@rule("processor-without-example")
def processor_without_example(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a processor without a payload under `connectors/examples/<connector>/`.

    Prefer: `connectors/examples/jobber/client.typical.json`, a payload as the partner sends it, pinned by
    `runner test --update`.

    Why: without an example nobody sees when a change of an expression changes what it gives.
    """
    shown = {case.processor for case in subject.cases}
    for name in subject.connector.processors:
        if name not in shown:
            yield Doubt(
                subject.document.key_place(("processors", name)),
                f"no example shows what `{name}` makes",
                f"add connectors/examples/{subject.connector.connector}/{name}.typical.json",
            )
