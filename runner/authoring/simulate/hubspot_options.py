"""What one chooses about the simulated HubSpot."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window

SCOPES = (
    "oauth",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.owners.read",
    "crm.schemas.deals.read",
)


@dataclass(frozen=True)
class HubSpotOptions:
    """
    The app and the account ("portal") that installs it.

    Args:
        redirect_uris: those that the app registered; empty: any.
        scopes: all that the app may ask for. required: those that every question must hold.
        private_token: of a private app in the same account; it has the daily limit that OAuth apps have not.
        developer_key: opens the app's webhook settings.
        limits, private_limits, search_limits, daily: as documented; the daily one is counted in 24 sliding hours.
        search_lag: seconds until a change is found by a search.
        deepest: a search gives no results beyond this one.
        ties_page: associations in one answer (v4).
        longest_url: characters; a longer one is answered 414. The partner names no figure.
        retries: seconds before each repeat of a webhook: ten in 24 hours, how spread the partner does not say.
        decodes_url: is the URL decoded as documents say before version 3 signs it? The partner's SDKs do not.
    """

    client_id: str = "hubspot-app"
    client_secret: str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"  # noqa: S105 - the secret of the SDKs' own tests
    app_id: int = 777001
    hub_id: int = 1234567
    account_name: str = "Sample Exteriors"
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES
    required: tuple[str, ...] = ("oauth",)
    private_token: str = "pat-na1-00000000-0000-4000-8000-000000000000"  # noqa: S105 - made up
    developer_key: str = "hubspot-developer-key"
    access_lifetime: float = 1800.0
    code_lifetime: float = 600.0
    limits: tuple[Window, ...] = (Window(110, 10.0),)
    private_limits: tuple[Window, ...] = (Window(100, 10.0),)
    search_limits: tuple[Window, ...] = (Window(5, 1.0),)
    daily: int = 250_000
    search_lag: float = 5.0
    deepest: int = 10_000
    ties_page: int = 500
    longest_url: int = 8_000
    most_events: int = 100
    duplicates: int = 1
    decodes_url: bool = True
    answer_within: float = 5.0
    retries: tuple[float, ...] = (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 14_400.0, 18_000.0, 21_600.0)
