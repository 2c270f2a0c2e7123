"""What one chooses about the simulated Jobber."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window


@dataclass(frozen=True)
class JobberOptions:
    """
    The app in the Developer Center and the account that is connected.

    Args:
        redirect_uris: those that the app registered; empty: any.
        rotating: does a refresh give a new refresh token, the old one dying at once? Without it the same
            token comes back with a `warning`.
        code_lifetime: seconds; the partner names none.
        invalid_grant_status: 400 by RFC 6749; the partner's own choice is not documented.
        versions: those of X-JOBBER-GRAPHQL-VERSION that exist.
        limits: 2,500 requests in 300 seconds for each app and account, as documented; `()` for none.
        budget, restore: points of query cost, and points that come back each second.
        throttled_status: 200 by most sources, 429 by one.
        duplicates: how many copies of each webhook go out ("at least once").
        old_spelling: `occuredAt`, as apps made before 2023-12-08 get it.
        retries: seconds before each repeat of a webhook; the partner does not publish them.
    """

    client_id: str = "jobber-app"
    client_secret: str = "jobber-secret"  # noqa: S105 - made up, opens only this simulator
    app_id: str = "3ef22a50-072d-430c-a78f-b7646657560b"
    account_name: str = "Sample Landscaping"
    redirect_uris: tuple[str, ...] = ()
    scopes: str = "read_clients read_jobs read_users"
    token_lifetime: float = 3600.0
    code_lifetime: float = 600.0
    rotating: bool = True
    invalid_grant_status: int = 400
    versions: tuple[str, ...] = ("2025-01-20", "2025-04-16")
    limits: tuple[Window, ...] = (Window(2500, 300.0),)
    budget: int = 10_000
    restore: int = 500
    throttled_status: int = 200
    duplicates: int = 1
    old_spelling: bool = False
    answer_within: float = 1.0
    retries: tuple[float, ...] = (10.0, 60.0, 300.0)
