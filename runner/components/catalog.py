"""The one list of component types: what a connector can name after `type:`.

A Python package adds its own types through the entry-point group `runner.components.<kind>`.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

from runner.components.auth.api_key import ApiKey
from runner.components.auth.base import Auth
from runner.components.auth.basic import Basic
from runner.components.auth.bearer import Bearer
from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.components.auth.oauth2_client_credentials import OAuth2ClientCredentials
from runner.components.block import Block, Choice
from runner.components.incrementals.base import Incremental
from runner.components.incrementals.since import Since
from runner.components.incrementals.window import DateWindow
from runner.components.paginators.base import Paginator
from runner.components.paginators.cursor import Cursor
from runner.components.paginators.offset import Offset
from runner.components.paginators.page_number import PageNumber
from runner.components.paginators.single_page import SinglePage
from runner.components.ratelimits.base import RateLimit
from runner.components.ratelimits.concurrency import ConcurrencyLimit
from runner.components.ratelimits.cost import CostLimit
from runner.components.ratelimits.window import WindowLimit
from runner.components.verifiers.base import Verifier
from runner.components.verifiers.hmac import Hmac
from runner.components.waits.backoff import BackoffWait
from runner.components.waits.base import Wait
from runner.components.waits.body import BodyWait
from runner.components.waits.cost import CostWait
from runner.components.waits.fixed import FixedWait
from runner.components.waits.header import HeaderWait
from runner.errors import SettingsError


def plug_ins(kind: str, base: type[Block], found: tuple[EntryPoint, ...] | None = None) -> tuple[type[Block], ...]:
    """The types that installed packages add to a kind. Raises SettingsError for what is no block of that kind."""
    entries = found if found is not None else tuple(entry_points(group=f"runner.components.{kind}"))
    return tuple(_checked(entry, kind, base) for entry in sorted(entries, key=lambda entry: entry.name))


def _checked(entry: EntryPoint, kind: str, base: type[Block]) -> type[Block]:
    made = entry.load()
    if isinstance(made, type) and issubclass(made, base) and "type" in made.model_fields:
        return made
    raise SettingsError(
        f"the plug-in {entry.name} = {entry.value} is not a {base.__name__} with a field `type` "
        f"(mend it, or uninstall the package that declares it under runner.components.{kind})"
    )


AUTH = Choice(OAuth2AuthorizationCode, OAuth2ClientCredentials, Bearer, ApiKey, Basic, *plug_ins("auth", Auth))
PAGINATORS = Choice(SinglePage, PageNumber, Offset, Cursor, *plug_ins("paginators", Paginator))
INCREMENTALS = Choice(Since, DateWindow, *plug_ins("incrementals", Incremental))
RATE_LIMITS = Choice(WindowLimit, CostLimit, ConcurrencyLimit, *plug_ins("ratelimits", RateLimit))
WAITS = Choice(BackoffWait, HeaderWait, BodyWait, FixedWait, CostWait, *plug_ins("waits", Wait))
VERIFIERS = Choice(Hmac, *plug_ins("verifiers", Verifier))

KINDS: dict[str, Choice] = {
    "auth": AUTH,
    "paginators": PAGINATORS,
    "incrementals": INCREMENTALS,
    "ratelimits": RATE_LIMITS,
    "waits": WAITS,
    "verifiers": VERIFIERS,
}

AnyAuth = Annotated[Auth, AUTH]
AnyPaginator = Annotated[Paginator, PAGINATORS]
AnyIncremental = Annotated[Incremental, INCREMENTALS]
AnyRateLimit = Annotated[RateLimit, RATE_LIMITS]
AnyWait = Annotated[Wait, WAITS]
AnyVerifier = Annotated[Verifier, VERIFIERS]
