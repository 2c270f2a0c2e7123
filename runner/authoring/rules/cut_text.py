"""A text that ends where its author did not end it."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule


@rule("cut-text")
def cut_text(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `title: A visit #with photos`, which YAML reads as `A visit`.

    Prefer: `title: "A visit #with photos"`, and for a comment a space after its `#`.

    Why: ` #` begins a comment in YAML, so the rest of the text is lost without a word.
    """
    for place, text in subject.document.cuts:
        yield Doubt(place, f"YAML ends the text before `{text}`", "put it in quotes, or write a comment as `# ...`")
