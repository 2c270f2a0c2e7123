"""What one chooses about the simulated QuickBooks Online, and about Agave before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.authoring.simulate.limits import Window


@dataclass(frozen=True)
class QuickBooksOptions:
    """
    The app in Intuit's portal, the company that is connected, and the account at Agave that reads the same company.

    Args:
        redirect_uris: those that the app registered; empty: any.
        access_lifetime, refresh_lifetime: seconds; the partner says 3600 and 8726400.
        refresh_grace: seconds for which an older refresh token works unless the newer one was used (unverified).
        chain_lifetime: seconds until people must connect again, however often tokens were renewed.
        webhook_form: `cloudevents` (an array of events) or `notifications` (the form before it).
        verifier_token: signs the webhooks; not the client secret.
        neighbour: another company of the app; each webhook request then tells of it too. Empty: none.
        limits: of each company, as documented. batch_limits: of the batch endpoint.
        throttle_code: of a 429 (unverified).
        inactive_found: is a customer that was made inactive still read by id? Documents speak of error 610.
        retries: seconds before each repeat of a webhook (unverified).
        reach: seconds that change data capture looks back. most_changes: objects in one answer of it (unverified).
        bare_source_data: Agave's `source_data` without `path` and `data`, as its guide shows it.
    """

    client_id: str = "quickbooks-app"
    client_secret: str = "quickbooks-secret"  # noqa: S105 - made up, opens only this simulator
    realm_id: str = "9130355377388383"
    company_name: str = "Sample Roofing Books"
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("com.intuit.quickbooks.accounting", "com.intuit.quickbooks.payment", "openid", "email")
    access_lifetime: float = 3600.0
    refresh_lifetime: float = 8_726_400.0
    refresh_grace: float = 86_400.0
    chain_lifetime: float = 5 * 365 * 86_400.0
    code_lifetime: float = 600.0
    webhook_form: Literal["cloudevents", "notifications"] = "cloudevents"
    verifier_token: str = "quickbooks-verifier-token"  # noqa: S105 - made up, signs only this simulator's notices
    neighbour: str = ""
    duplicates: int = 1
    limits: tuple[Window, ...] = (Window(500, 60.0), Window(10, 1.0))
    batch_limits: tuple[Window, ...] = (Window(40, 60.0),)
    throttle_code: str = "003001"
    inactive_found: bool = True
    answer_within: float = 3.0
    retries: tuple[float, ...] = (1200.0, 1800.0, 3000.0)
    reach: float = 30 * 86_400.0
    most_changes: int = 1000
    agave_client_id: str = "6a8a3f0e-1b7c-4c1d-9a55-0b1c2d3e4f50"
    agave_client_secret: str = "agave-client-secret-of-forty-characters-"  # noqa: S105 - made up
    agave_account_token: str = "agave-account-token"  # noqa: S105 - made up
    agave_limits: tuple[Window, ...] = ()
    bare_source_data: bool = False
