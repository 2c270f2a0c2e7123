"""What one part of runner.yaml says of another, each disagreement with its place."""

from __future__ import annotations

from collections.abc import Iterator

from runner.components.destinations.connector import ConnectorDestination
from runner.connector.config import Config
from runner.connector.delivery_rule import DeliveryRule
from runner.connector.document import Document, Path
from runner.errors import Finding
from runner.model.words import suggest

ACTIONS = ("create", "update", "archive", "restore")


def check(config: Config, document: Document) -> Iterator[Finding]:
    """The findings that need no connector: whoever runs with this file must know them too."""
    for name, rule in config.deliver.items():
        path: Path = ("deliver", name)
        outlet = config.outlet(rule.to)
        yield from _without_create(rule, path, document) if outlet is None else _beside(rule, path, document)
        yield from _order(config, name, path, document)


def _without_create(rule: DeliveryRule, path: Path, document: Document) -> Iterator[Finding]:
    if rule.create is None:
        message = f"the rule brings records to the connector `{rule.to}`, and does not say by which action"
        remedy = f"add `create: <action>`, or name one of `destinations` where no connector `{rule.to}` is meant"
        yield Finding(document.key_place(path), "missing-field", message, remedy)


def _beside(rule: DeliveryRule, path: Path, document: Document) -> Iterator[Finding]:
    """What only a connector can do."""
    for key in (*ACTIONS, "links", "theirs", "on_conflict", "back"):
        if rule.theirs.parts if key == "theirs" else getattr(rule, key):
            message = f"`{rule.to}` is no connector: it has no actions and knows no ids of its own"
            yield Finding(document.key_place((*path, key)), "not-for-destination", message, f"leave `{key}` out")


def _order(config: Config, name: str, path: Path, document: Document) -> Iterator[Finding]:
    """A rule can wait only for what comes before it, to the same destination."""
    names = list(config.deliver)
    earlier = names[: names.index(name)]
    for other in config.deliver[name].after:
        place = document.key_place((*path, "after", other))
        if other not in earlier:
            message = f"no rule `{other}` comes before this one"
            remedy = "write that rule above this one" if other in names else suggest(other, earlier)
            yield Finding(place, "wrong-order", message, remedy or "leave `after` out")
        elif config.deliver[other].to != config.deliver[name].to:
            message = f"the rule `{other}` brings its records elsewhere: to `{config.deliver[other].to}`"
            yield Finding(place, "wrong-order", message, "wait for a rule to the same destination")


def destinations(config: Config, document: Document, connectors: list[str]) -> Iterator[Finding]:
    """Names of destinations that connectors have, or (of type `connector`) that none has."""
    for name, found in config.destinations.items():
        place = document.key_place(("destinations", name))
        if isinstance(found, ConnectorDestination):
            if name not in connectors:
                remedy = suggest(name, connectors) or "there is no connector at all"
                yield Finding(place, "unknown-connector", f"there is no connector `{name}`", remedy)
        elif name in connectors:
            message = f"`{name}` is a connector: rules could not tell which is meant"
            yield Finding(place, "taken-name", message, "give the destination another name")
