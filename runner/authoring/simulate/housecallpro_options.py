"""What one chooses about the simulated Housecall Pro."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window


@dataclass(frozen=True)
class HousecallProOptions:
    """
    The app of an approved partner, the company that is connected, and its two locations.

    Args:
        redirect_uris: those that the app registered; empty: any.
        api_key: the company's own. application_key: the partner's; either goes behind the word `Token`.
        company_id: the first location, that of calls which name none. location_id: the second one.
        reachable: locations that the person who consented may see; empty: both.
        access_lifetime: seconds, of the first token; renewed_lifetime: of the later ones.
        rotating: does a refresh end the old refresh token (unverified)?
        webhook_secret: shown in the app when the webhook was made there. prefixed: is the signature `sha256=...`?
        limits: of each company: a community's figure, none is published. line_item_limits: of one call that is said
            to be limited (unverified).
        retries: seconds before each repeat of a webhook (unverified).
        gone_when_archived: does a deleted job answer 410 (one source says so), or is it still read?
    """

    client_id: str = "housecallpro-app"
    client_secret: str = "housecallpro-secret"  # noqa: S105 - made up, opens only this simulator
    redirect_uris: tuple[str, ...] = ()
    api_key: str = "housecallpro-company-key"
    application_key: str = "housecallpro-application-key"
    company_id: str = "00000000-1111-2222-3333-444444444444"
    company_name: str = "Sample Pros"
    location_id: str = "00000000-1111-2222-3333-555555555555"
    location_name: str = "Sample Pros West"
    reachable: tuple[str, ...] = ()
    access_lifetime: float = 2_592_000.0
    renewed_lifetime: float = 2_629_745.0
    code_lifetime: float = 600.0
    rotating: bool = True
    webhook_secret: str = "housecallpro-webhook-secret"  # noqa: S105 - made up, signs only this simulator's notices
    prefixed: bool = False
    limits: tuple[Window, ...] = (Window(150, 60.0),)
    line_item_limits: tuple[Window, ...] = (Window(30, 60.0),)
    answer_within: float = 10.0
    retries: tuple[float, ...] = (60.0, 300.0, 3600.0)
    gone_when_archived: bool = True

    @property
    def locations(self) -> dict[str, str]:
        """Id to name."""
        return {self.company_id: self.company_name, self.location_id: self.location_name}
