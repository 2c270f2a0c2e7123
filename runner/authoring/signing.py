"""The signed example of a connector, made of a body and a secret: for the `vector` of partners that publish none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import yaml

from runner.authoring.vector import defaults, delivered, refused
from runner.connector.connector import Connector
from runner.connector.document import read
from runner.connector.loader import examine, text_of
from runner.connector.webhook import Vector
from runner.errors import ConnectorError, SettingsError
from runner.model.secret import Secret

WIDTH = 1_000_000
"""Of a line: a body is never broken."""


@dataclass(frozen=True)
class Unsigned:
    """What is to be signed, and when it arrives. `headers` are those that the partner sends beside its proof."""

    body: bytes
    at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    url: str = Vector.model_fields["url"].default


@dataclass(frozen=True)
class Signed:
    """A `vector`, and why the connector does not take it as it is: what the partner writes around its signature, only
    the partner knows."""

    vector: Vector
    refusal: str | None


def unproved(path: Path) -> Connector:
    """The connector in a file that may lack the `vector`, which is about to be made. Raises ConnectorError with every
    other finding."""
    document = read(text_of(path), str(path))
    webhooks = document.data.get("webhooks") if isinstance(document.data, dict) else None
    if isinstance(webhooks, dict):
        webhooks.setdefault("vector", {"secret": "", "headers": {}, "body": ""})
    connector, findings = examine(document)
    if connector is None or findings:
        raise ConnectorError(findings)
    return connector


def signed(connector: Connector, what: Unsigned, secret: str) -> Signed:
    """The body as it is, with the headers that prove it. The operator's values are their defaults. SettingsError when
    there are no webhooks, or the body is no UTF-8."""
    if connector.webhooks is None:
        raise SettingsError(f"{connector.connector} declares no webhooks")
    try:
        text = what.body.decode()
    except UnicodeDecodeError:
        raise SettingsError("the body is not UTF-8, so it cannot stand in a connector") from None
    verify = connector.webhooks.verify
    made = Vector(secret=secret, headers=dict(what.headers), body=text, method=what.method, url=what.url)
    delivery = delivered(connector.connector, made, what.at)
    proof = verify.sign(delivery, Secret(secret), defaults(connector))
    at = f"{what.at:%Y-%m-%dT%H:%M:%SZ}" if verify.notices_age else None
    vector = made.model_copy(update={"headers": {**what.headers, **proof}, "at": at})
    error = refused(connector, connector.webhooks, delivered(connector.connector, vector, what.at), Secret(secret))
    return Signed(vector, str(error) if error else None)


def written(vector: Vector) -> str:
    """As it stands under `webhooks`."""
    plain = {"vector": vector.model_dump(exclude_defaults=True)}
    text = yaml.dump(plain, Dumper=_Lines, sort_keys=False, allow_unicode=True, width=WIDTH)
    return "".join(f"  {line}\n" for line in text.splitlines())


class _Lines(yaml.SafeDumper):
    """A text with ends of lines stands in one line."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = '"' if set(data) & {"\n", "\r"} else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Lines.add_representer(str, _Lines.represent_str)
