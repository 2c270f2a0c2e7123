"""What one chooses about the simulated ServiceTitan."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.servicetitan_events import Encoding

SCOPE = "tn.jpm.jobs:r tn.jpm.appointments:r tn.crm.customers:r tn.crm.locations:r tn.dis.appointmentassignments:r"


@dataclass(frozen=True)
class ServiceTitanOptions:
    """
    The application and the tenant.

    Args:
        webhook_key: the application's HMAC key (32 to 64 characters); None: unsigned, which the partner allows.
        signature_header, signature_encoding: unverified; the partner's pages that we could read name neither.
        limits: 60 calls a second for each application and tenant, as documented; `()` for none.
        retry_after: answer 429 with `Retry-After`? Only a secondary source says that the partner does.
        external_data_guid: `externalData` shows itself to this application GUID only.
        export_page: rows in one portion of an export feed; the partner names no size.
        export_lag: seconds before a change shows in an export feed without `includeRecentChanges`.
        export_recent: with it, changes of the last so many seconds come again.
    """

    tenant: int = 123456789
    tenant_name: str = "Sample Plumbing"
    client_id: str = "servicetitan-client"
    client_secret: str = "servicetitan-secret"  # noqa: S105 - made up, opens only this simulator
    app_key: str = "ak1.servicetitan-app"
    webhook_key: str | None = "servicetitan-webhook-key-of-32-or-more"
    signature_header: str = "X-ServiceTitan-Signature"
    signature_encoding: Encoding = "hex"
    token_lifetime: float = 900.0
    limits: tuple[Window, ...] = (Window(60, 1.0),)
    retry_after: bool = False
    external_data_guid: str = "8d3c2c1e-0000-4000-8000-000000000001"
    export_page: int = 500
    export_lag: float = 0.0
    export_recent: float = 60.0
