"""What one chooses about the simulated CompanyCam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.authoring.simulate.limits import Window

PER_MINUTE: Mapping[str, Window] = {
    "GET": Window(240, 60.0),
    "POST": Window(100, 60.0),
    "PUT": Window(100, 60.0),
    "DELETE": Window(100, 60.0),
}


@dataclass(frozen=True)
class CompanyCamOptions:
    """
    The account and its access token.

    Args:
        webhook_token: of the subscription that `WebhookTarget.url` stands for, where it is not empty.
        limits: by method, as documented; a PATCH counts as a PUT, which is our choice; `{}` for none.
        wrapped: is a webhook's object wrapped by its type (`payload.photo`), as live deliveries show, or bare,
            as the docs say?
        processing: seconds until a new photo is processed and its `photo.created` goes out.
        backoff: seconds before the first repeat of a webhook, doubled each time; the partner names no figure.
        attempts, errors: a webhook is tried so often; more than so many errors in a row disable it.
    """

    access_token: str = "companycam-token"  # noqa: S105 - made up, opens only this simulator
    company_id: str = "8292212"
    company_name: str = "Sample Exteriors"
    webhook_token: str = "companycam-webhook-token"  # noqa: S105 - made up, signs only this simulator's notices
    limits: Mapping[str, Window] = field(default_factory=lambda: PER_MINUTE)
    wrapped: bool = True
    processing: float = 2.0
    backoff: float = 10.0
    attempts: int = 10
    errors: int = 25
    answer_within: float = 10.0
