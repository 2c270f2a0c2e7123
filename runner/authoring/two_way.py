"""Whether a rule by which both sides change a thing can work: what it compares, decides by, and gives back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runner.authoring.kinds import Kinds
from runner.connector.connector import Connector
from runner.connector.delivery_rule import DeliveryRule
from runner.connector.document import Document, Path
from runner.errors import Finding
from runner.mapping.fields import Fields
from runner.model.words import suggest

OWN_NAMES = {"id", "inactive"}
"""What an expression may read of a record beside its fields."""
DECIDED = ("host_wins", "newest_wins")
"""Policies by which the destination's value may stay: it must be known."""


@dataclass(frozen=True)
class TwoWay:
    """`sources` are the connectors that the rule's records come from; None for one with findings of its own."""

    rule: DeliveryRule
    path: Path
    document: Document
    sources: Mapping[str, Connector | None]
    destination: Connector | None
    kinds: Kinds

    def findings(self) -> Iterator[Finding]:
        """Everything that leads nowhere."""
        yield from self._inputs("on_conflict", self.rule.on_conflict)
        yield from self._inputs("theirs", self.rule.theirs.parts)
        yield from self._theirs()
        yield from self._policies()
        if self.rule.back is not None:
            yield from self._back()

    def _inputs(self, part: str, names: Iterable[str]) -> Iterator[Finding]:
        known = self.rule.input.parts
        for name in names:
            if name not in known:
                place = self.document.key_place((*self.path, part, name))
                message = f"`{name}` is no input of this rule"
                yield Finding(place, "unknown-input", message, suggest(name, known) or "write `input` first")

    def _theirs(self) -> Iterator[Finding]:
        """The destination must make such records, and they must have those fields."""
        fields, kind = self.rule.theirs, self.rule.there
        if fields.parts and self.destination is not None and kind not in _made(self.destination):
            message = f"no processor of {self.rule.to} makes records of kind {kind}, which `theirs` reads"
            remedy = suggest(kind, _made(self.destination)) or "take `theirs` out"
            yield Finding(self.document.key_place((*self.path, "theirs")), "unknown-record", message, remedy)
        known = self.kinds.fields(kind) if kind in self.kinds else None
        for name in sorted(_read(fields) - OWN_NAMES - set(known or ())) if known is not None else ():
            place = self.document.key_place((*self.path, "theirs"))
            message = f"a record of kind {kind} has no field `{name}`"
            yield Finding(place, "unknown-record-field", message, suggest(name, known or ()))

    def _policies(self) -> Iterator[Finding]:
        for name, policy in self.rule.on_conflict.items():
            place = self.document.place((*self.path, "on_conflict", name))
            if policy in DECIDED and name not in self.rule.theirs.parts:
                message = f"`{policy}` needs to know what {self.rule.to} has"
                yield Finding(place, "no-theirs", message, f"add `theirs: {{{name}: <expression>}}`")
            if policy == "newest_wins":
                for connector, kind in self._timeless():
                    message = f"records of kind {kind} of {connector} do not say when they were changed"
                    remedy = "give their processor a `cursor` or the field `updated_at`, or choose another policy"
                    yield Finding(place, "no-time", message, remedy)

    def _timeless(self) -> Iterator[tuple[str, str]]:
        sides = [(name, one, self.rule.record) for name, one in self.sources.items()]
        for name, connector, kind in [*sides, (self.rule.to, self.destination, self.rule.there)]:
            made = [one for one in connector.processors.values() if one.record == kind] if connector else []
            if made and not any(one.cursor is not None or "updated_at" in one.fields.parts for one in made):
                yield name, kind

    def _back(self) -> Iterator[Finding]:
        back = self.rule.back
        assert back is not None
        path = (*self.path, "back")
        if self.rule.sources is None or not self.rule.theirs.parts:
            lacks = "from" if self.rule.sources is None else "theirs"
            message = f"`back` needs `{lacks}`: whose records are changed, and what {self.rule.to} has"
            yield Finding(self.document.key_place(path), "half-way-back", message, f"add `{lacks}`")
        unknown = sorted(_read(back.input) - set(self.rule.input.parts))
        for name in unknown:
            place = self.document.key_place((*path, "input"))
            message = f"`back` reads `{name}`, which is no input of this rule"
            yield Finding(place, "unknown-input", message, suggest(name, self.rule.input.parts))
        for connector in self.sources.values() if self.rule.sources else ():
            if connector is not None:
                yield from self._update(connector, back.update, back.input, path)

    def _update(self, connector: Connector, name: str, given: Fields, path: Path) -> Iterator[Finding]:
        action = connector.actions.get(name)
        if action is None:
            message = f"{connector.connector} has no action `{name}`"
            remedy = suggest(name, connector.actions) or "it has none"
            yield Finding(self.document.place((*path, "update")), "unknown-action", message, remedy)
            return
        for key in given.parts:
            if key not in action.input:
                place = self.document.key_place((*path, "input", key))
                message = f"the action `{name}` of {connector.connector} takes no `{key}`"
                yield Finding(place, "unknown-input", message, suggest(key, action.input))
        for key, declared in action.input.items():
            if declared.required and key not in (*given.parts, "id"):
                place = self.document.place((*path, "update"))
                message = f"the action `{name}` of {connector.connector} needs `{key}`"
                yield Finding(place, "missing-input", message, f"add `{key}: <expression>` to the `input` of `back`")


def unseen(rules: Mapping[str, DeliveryRule], document: Document) -> Iterator[Finding]:
    """Rules that go to and fro between the same records, where neither can tell what the other wrote."""
    names = list(rules)
    for place, name in enumerate(names):
        for earlier in names[:place]:
            one, other = rules[earlier], rules[name]
            meet = one.to in (other.sources or ()) and other.to in (one.sources or ())
            same = (one.record, one.there) == (other.there, other.record)
            if meet and same and not one.theirs.parts and not other.theirs.parts:
                message = (
                    f"`{earlier}` and `{name}` go to and fro, and neither knows what the other wrote: they may loop"
                )
                remedy = f"add `theirs` to `{earlier}`, or make it one rule with `back`"
                yield Finding(document.key_place(("deliver", name)), "to-and-fro", message, remedy)


def _made(connector: Connector) -> set[str]:
    return {processor.record for processor in connector.processors.values()}


def _read(fields: Fields) -> set[str]:
    return {path[0] for _, expression in fields.flat() for path in expression.reads or ()}
