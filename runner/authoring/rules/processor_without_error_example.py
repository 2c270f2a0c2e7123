"""A processor whose error accessors nothing proves."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule


@rule("processor-without-error-example")
def processor_without_error_example(subject: Subject) -> Iterator[Doubt]:
    """Avoid: a processor with `errors` and no example named `<processor>.error_<case>.json`.

    Prefer: the partner's own error answer as an example: `connectors/examples/jobber/client.error_throttled.json`.

    Why: an error answer that is not recognised is mapped like a payload, and ends in quarantine without the
    partner's words.
    """
    shown = {case.processor for case in subject.cases if case.name.startswith("error")}
    for name, processor in subject.connector.processors.items():
        if processor.errors is not None and name not in shown:
            yield Doubt(
                subject.document.key_place(("processors", name, "errors")),
                f"no example shows an error answer in place of `{name}`",
                f"add connectors/examples/{subject.connector.connector}/{name}.error_<case>.json",
            )
