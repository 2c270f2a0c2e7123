"""What one chooses about the simulated Hover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.authoring.simulate.limits import Window

PER_MINUTE = Window(120, 60.0)


@dataclass(frozen=True)
class HoverOptions:
    """
    The app and the organisation that lets it in. What is marked so, the partner does not publish.

    Args:
        redirect_uris: those that the app registered; empty: any.
        owner_type: `orgs` or `users`; a token of an organisation asks for a user in most calls.
        user_email, user_id: who is in the organisation.
        base: where the addresses inside answers are. storage: the host of the files themselves.
        limits: 120 a minute, as documented; None: no limit.
        size_param: the name of the page-size parameter (unpublished).
        digest: `sha1` or `sha256` of the signature (unpublished). signs_uri: is the request's path part of what is
            signed, as in the gem api_auth, or blank, as their page shows?
        retries: seconds before each repeat of a webhook (unpublished).
    """

    client_id: str = "hover-app"
    client_secret: str = "hover-secret"  # noqa: S105 - made up
    redirect_uris: tuple[str, ...] = ()
    org_id: int = 785
    org_name: str = "Sample Roofing"
    owner_type: Literal["orgs", "users"] = "orgs"
    user_email: str = "tech@example.com"
    user_id: int = 1537006
    base: str = "https://hover.to"
    storage: str = "https://hover-storage.example"
    token_lifetime: float = 7200.0
    code_lifetime: float = 600.0
    limits: Window | None = PER_MINUTE
    size_param: str = "per"
    digest: Literal["sha1", "sha256"] = "sha1"
    signs_uri: bool = False
    retries: tuple[float, ...] = (60.0, 600.0)
    answer_within: float = 30.0
