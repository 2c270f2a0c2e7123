"""What the operator says by environment variables, read once into one frozen value."""

from __future__ import annotations

import base64
import binascii
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from runner.components.verifiers.standard_webhooks import SHARED
from runner.errors import SettingsError
from runner.model.secret import Secret
from runner.store.keys import KeyRing

LogForm = Literal["plain", "json"]
SHORTEST_API_KEY = 20


@dataclass(frozen=True)
class Variable:
    """One environment variable: what it says, what it is when it is not set, and a value that would do."""

    name: str
    meaning: str
    default: str | None
    example: str
    secret: bool = False


VARIABLES = (
    Variable(
        "RUNNER_DATABASE_URL",
        "The database: an SQLite file, or PostgreSQL.",
        "sqlite:///runner.db",
        "sqlite:////var/lib/runner/runner.db",
    ),
    Variable(
        "RUNNER_DATABASE_POOL",
        "How many connections to PostgreSQL a process has at most: half of them write, half of them read.",
        "8",
        "12",
    ),
    Variable("RUNNER_CONNECTORS", "The folder of the connectors.", "./connectors", "/etc/runner/connectors"),
    Variable(
        "RUNNER_CONFIG", "The file with delivery rules, environments and limits.", "./runner.yaml", "/etc/runner.yaml"
    ),
    Variable(
        "RUNNER_ENCRYPTION_KEYS",
        "The keys that seal credentials, `id:key` each: the first seals, all open. Made by `runner keys new`.",
        None,
        "k2:<44 characters>,k1:<44 characters>",
        secret=True,
    ),
    Variable(
        "RUNNER_BASE_URL",
        "The public address: partners send webhooks and consents there.",
        "http://127.0.0.1:8080",
        "https://runner.example.com",
    ),
    Variable(
        "RUNNER_API_KEYS",
        f"The keys that open /api, separated by commas, {SHORTEST_API_KEY} characters or more each. "
        "Without one /api is shut.",
        None,
        "<at least 20 random characters>",
        secret=True,
    ),
    Variable(
        "RUNNER_NOTIFY_SECRET",
        "What signs the webhooks by which the host is told of its integrations (`notify` in runner.yaml): `whsec_` and "
        "base64 of 24 to 64 bytes; two, separated by a comma, while the host changes over.",
        None,
        "whsec_<32 characters or more>",
        secret=True,
    ),
    Variable("RUNNER_LOG", "How log lines are written: plain for people, json for machines.", "plain", "json"),
)
"""Every variable but `RUNNER_<CONNECTOR>_<APP FIELD>`: those come with the connectors."""


LEAST_POOL, MOST_POOL = 3, 100
"""Two that write, so that one may wait for a row, and one that reads."""


@dataclass(frozen=True)
class Settings:
    """The operator's settings. `environ` holds what connectors read of it (`RUNNER_JOBBER_CLIENT_ID`)."""

    database_url: str
    connectors: Path
    config: Path
    base_url: str
    log: LogForm
    keys: KeyRing | None = field(default=None, repr=False)
    api_keys: tuple[Secret, ...] = ()
    notify_secrets: tuple[Secret, ...] = ()
    pool: int = 8
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in `environ`; SettingsError names every variable that is wrong, and never its secret value."""
        wrong: list[str] = []
        values = {variable.name: environ.get(variable.name) or variable.default or "" for variable in VARIABLES}
        keys = _keys(values["RUNNER_ENCRYPTION_KEYS"], wrong)
        api_keys = _api_keys(values["RUNNER_API_KEYS"], wrong)
        notify_secrets = signing_secrets("RUNNER_NOTIFY_SECRET", values["RUNNER_NOTIFY_SECRET"], wrong)
        base_url = _base_url(values["RUNNER_BASE_URL"], wrong)
        log = _log(values["RUNNER_LOG"], wrong)
        pool = _pool(values["RUNNER_DATABASE_POOL"], wrong)
        if wrong:
            raise SettingsError("\n".join(wrong))
        return cls(
            database_url=values["RUNNER_DATABASE_URL"],
            connectors=Path(values["RUNNER_CONNECTORS"]),
            config=Path(values["RUNNER_CONFIG"]),
            base_url=base_url,
            log=log,
            keys=keys,
            api_keys=api_keys,
            notify_secrets=notify_secrets,
            pool=pool,
            environ={name: value for name, value in environ.items() if name.startswith("RUNNER_")},
        )

    @property
    def schemas(self) -> Path:
        """The folder of the records' schemas: beside that of the connectors."""
        return self.connectors.parent / "schemas" / "records"

    def keyring(self) -> KeyRing:
        """The encryption keys; SettingsError without any: credentials are never stored in the clear."""
        if self.keys is None:
            raise SettingsError(
                "RUNNER_ENCRYPTION_KEYS is not set: credentials would have nothing to seal them; "
                "make a key with `runner keys new`, keep it safe, and set the variable to what it prints"
            )
        return self.keys


def _pool(text: str, wrong: list[str]) -> int:
    if not text.isdecimal() or not LEAST_POOL <= int(text) <= MOST_POOL:
        wrong.append(f"RUNNER_DATABASE_POOL is {text!r}: it is a number from {LEAST_POOL} to {MOST_POOL}")
        return LEAST_POOL
    return int(text)


def signing_secrets(name: str, text: str, wrong: list[str]) -> tuple[Secret, ...]:
    """The secrets in a variable that signs Standard Webhooks; what is wrong is added to `wrong`, without a value."""
    found = tuple(Secret(part.strip()) for part in text.split(",") if part.strip())
    for number, secret in enumerate(found, 1):
        if not _signs(secret):
            wrong.append(
                f"{name}: secret {number} is not `whsec_` and base64 of 24 to 64 bytes; make one with "
                "python -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
            )
    return found


def strangers(environ: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """A sentence for every RUNNER_ variable that nothing reads: most likely it is misspelt."""
    names = sorted({variable.name for variable in VARIABLES} | set(known))
    told = []
    for name in sorted(environ):
        if name.startswith("RUNNER_") and name not in names:
            near = difflib.get_close_matches(name, names, 1)
            told.append(f"{name} is set, but nothing reads it" + (f" (did you mean {near[0]}?)" if near else ""))
    return told


def _keys(text: str, wrong: list[str]) -> KeyRing | None:
    if not text:
        return None
    try:
        return KeyRing.parse(text)
    except SettingsError as error:
        wrong.append(f"RUNNER_ENCRYPTION_KEYS: {error}")
        return None


def _api_keys(text: str, wrong: list[str]) -> tuple[Secret, ...]:
    keys = [key.strip() for key in text.split(",") if key.strip()]
    for number, key in enumerate(keys, 1):
        if len(key) < SHORTEST_API_KEY:
            wrong.append(
                f"RUNNER_API_KEYS: key {number} has {len(key)} characters, and {SHORTEST_API_KEY} are the least; make "
                'one with python -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
    return tuple(Secret(key) for key in keys)


def _signs(secret: Secret) -> bool:
    try:
        return 24 <= len(base64.b64decode(secret.reveal().removeprefix(SHARED), validate=True)) <= 64
    except (binascii.Error, ValueError):
        return False


def _base_url(text: str, wrong: list[str]) -> str:
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        fine = fine and not parts.query and not parts.fragment
    except ValueError:
        fine = False
    if not fine or "@" in text or re.search(r"\s", text):
        wrong.append(f"RUNNER_BASE_URL: {text!r} is no address of a service; write it like https://runner.example.com")
    return text.rstrip("/")


def _log(text: str, wrong: list[str]) -> LogForm:
    if text not in ("plain", "json"):
        wrong.append(f"RUNNER_LOG: {text!r} is not known; it is plain or json")
    return cast(LogForm, text)
