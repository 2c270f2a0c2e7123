"""An event that nobody proves, and that is believed."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.connector.reaction import Delete, Disconnect, Process


@rule("unproved-effect")
def unproved_effect(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `process`, `delete` or `disconnect` in `on`, beside `verify: {type: none}`.

    Prefer: `fetch` or `sync`, with `gone` for what is not there any more.

    Why: anybody who knows the address can send such an event. What is fetched is the partner's own word; what stands in
    the event is not.
    """
    webhooks = subject.connector.webhooks
    if webhooks is None or webhooks.verify.secret_name is not None:
        return
    for pattern, reaction in webhooks.on.items():
        if isinstance(reaction, Process | Delete | Disconnect):
            place = subject.document.key_place(("webhooks", "on", pattern))
            message = f"anybody can have `{reaction.do}` done by sending `{pattern}`, since nothing proves it"
            yield Doubt(place, message, "let it do `fetch` or `sync`")
