"""What one chooses about the simulated Pipedrive."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window

SCOPES = (
    "base",
    "deals:full",
    "contacts:full",
    "leads:full",
    "activities:full",
    "products:full",
    "users:read",
    "search:read",
    "admin",
)
APP_BURST, API_BURST, SEARCH_BURST = Window(80, 2.0), Window(20, 2.0), Window(10, 2.0)


@dataclass(frozen=True)
class PipedriveOptions:
    """
    The app, and the company account that installs it.

    Args:
        redirect_uris: those that the app registered; empty: any.
        scopes: set on the app, not asked for.
        api_token: of the user who is the account's admin, beside any app.
        api_domain: what the token answer names; the company's own host. More than one letter of it is not checked here:
            one app stands for all hosts.
        token_lifetime, refresh_idle: seconds; a refresh token ends after so long without use.
        burst, api_burst, search_burst: requests of one token, as documented for OAuth, for API tokens, for searches.
        daily: tokens of the company for one day (30,000 times plan and seats), from midnight UTC.
        daily_headers: are the headers sent that were seen live and are documented nowhere?
        block_after: so many refusals of an API token in a row bring the block page. block: seconds that it stands.
        null_when_empty: is an empty v1 list null?
        cursor_bound: is a cursor refused where the other parameters changed? Not said by the documents.
        most_webhooks: of one user. bans_after: failed first attempts. ban: seconds in which events are lost.
        removed_after: seconds without success after which a webhook is removed.
        iso_times: is a webhook's time ISO 8601, or ten digits, as their table says?
        same_ids: does a repeated webhook keep its `meta.id`? Not said by the documents.
        retries: seconds before each repeat of a webhook.
    """

    client_id: str = "pipedrive-app"
    client_secret: str = "pipedrive-secret"  # noqa: S105 - made up
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES
    api_token: str = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - made up
    api_domain: str = "https://example.pipedrive.com"
    company_id: int = 1234567
    company_name: str = "Example Roofing"
    token_lifetime: float = 3600.0
    refresh_idle: float = 60 * 86_400.0
    code_lifetime: float = 300.0
    burst: Window = APP_BURST
    api_burst: Window = API_BURST
    search_burst: Window = SEARCH_BURST
    daily: int = 30_000
    daily_headers: bool = True
    block_after: int = 10
    block: float = 600.0
    null_when_empty: bool = True
    cursor_bound: bool = True
    most_webhooks: int = 40
    bans_after: int = 10
    ban: float = 1800.0
    removed_after: float = 3 * 86_400.0
    iso_times: bool = True
    same_ids: bool = True
    duplicates: int = 1
    retries: tuple[float, ...] = (3.0, 30.0, 150.0)
    answer_within: float = 10.0
