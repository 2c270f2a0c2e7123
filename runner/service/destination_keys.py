"""What opens the destinations of runner.yaml, read from the operator's environment."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.components.destinations.table import TableDestination
from runner.components.destinations.webhook import WebhookDestination
from runner.connector.config import Config
from runner.engine.pushes.outlets import PREFIX, secret_name, url_name
from runner.errors import SettingsError
from runner.model.destination import DestinationKeys
from runner.model.secret import Secret
from runner.service.settings import Settings, signing_secrets


def read_destination_keys(config: Config, settings: Settings) -> DestinationKeys:
    """The keys of every destination; SettingsError names all variables that are missing or wrong."""
    secrets: dict[str, tuple[Secret, ...]] = {}
    urls: dict[str, Secret] = {}
    wrong: list[str] = []
    for name, found in config.destinations.items():
        if isinstance(found, WebhookDestination):
            text = settings.environ.get(secret_name(name), "")
            secrets[name] = signing_secrets(secret_name(name), text, wrong)
            if not text:
                wrong.append(
                    f"{secret_name(name)} is not set: who is posted to as `{name}` could not tell who writes (set "
                    "it to `whsec_` and the base64 of 32 random bytes, and give the receiver the same)"
                )
        elif isinstance(found, TableDestination):
            text = settings.environ.get(url_name(name), "")
            urls[name] = Secret(text)
            if not text:
                wrong.append(
                    f"{url_name(name)} is not set: it says where the table of `{name}` is "
                    "(like postgresql+psycopg://user:password@host/name)"
                )
    if wrong:
        raise SettingsError(*wrong)
    return DestinationKeys(secrets, urls)


def variables_of(config: Config) -> Iterator[str]:
    """The variables that destinations read."""
    for name, found in config.destinations.items():
        if isinstance(found, WebhookDestination):
            yield secret_name(name)
        elif isinstance(found, TableDestination):
            yield url_name(name)


def secrets_of_destinations(settings: Settings) -> list[Secret]:
    """Whatever in the environment is for destinations, named in runner.yaml or not; of addresses the password too."""
    texts = [value for name, value in settings.environ.items() if name.startswith(PREFIX)]
    whole = [part.strip() for text in texts for part in text.split(",")]
    return [Secret(text) for text in (*whole, *filter(None, map(_password, texts))) if text]


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
