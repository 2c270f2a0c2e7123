"""What an operator sets so that a runner talks to the simulated partners, as lines to copy."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from runner.authoring.simulate.companycam_options import CompanyCamOptions
from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.googlecalendar_options import GoogleCalendarOptions
from runner.authoring.simulate.housecallpro_options import HousecallProOptions
from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.hubspot_options import HubSpotOptions
from runner.authoring.simulate.jobber_options import JobberOptions
from runner.authoring.simulate.pipedrive_options import PipedriveOptions
from runner.authoring.simulate.quickbooks_options import QuickBooksOptions
from runner.authoring.simulate.servicetitan_options import ServiceTitanOptions
from runner.authoring.simulate.teamup_options import TeamUpOptions

ENVIRONMENT = "simulated"


@dataclass(frozen=True)
class Guide:
    """How one partner is reached: the addresses of its environment, the values of the operator's app, what a company
    fills in, and a change to try at `/_control/change`."""

    addresses: Mapping[str, str]
    change: str
    app: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


def _servicetitan(url: str) -> Guide:
    own = ServiceTitanOptions()
    return Guide(
        addresses={"api": url, "auth": url},
        change='{"what": "jobs", "id": 7001, "fields": {"priority": "High"}}',
        app={"app_key": own.app_key, "webhook_key": own.webhook_key or ""},
        settings={"tenant_id": str(own.tenant), "client_id": own.client_id, "client_secret": own.client_secret},
    )


def _jobber(url: str) -> Guide:
    own = JobberOptions()
    return Guide(
        addresses={"api": f"{url}/api"},
        change='{"what": "clients", "id": "Z2lkOi8vSm9iYmVyL0NsaWVudC8xMjM=", "fields": {"firstName": "Ada"}}',
        app={"client_id": own.client_id, "client_secret": own.client_secret},
    )


def _companycam(url: str) -> Guide:
    return Guide(
        addresses={"api": f"{url}/v2", "app": url},
        change='{"what": "projects", "id": "94772883", "fields": {"name": "Oak Street 12"}}',
        settings={"access_token": CompanyCamOptions().access_token},
    )


def _googlecalendar(url: str) -> Guide:
    own = GoogleCalendarOptions()
    return Guide(
        addresses={"api": f"{url}/calendar/v3", "accounts": url, "oauth": url},
        change='{"what": "events", "id": "3b0ad1c4c7d84f0e9a5d2f6b7c8e9d00", "fields": {"summary": "Roof and gutter"}}',
        app={"client_id": own.client_id, "client_secret": own.client_secret},
    )


def _quickbooks(url: str) -> Guide:
    own = QuickBooksOptions()
    return Guide(
        addresses={
            "api": url,
            "accounts": url,
            "revoke": url,
            "discovery": f"{url}/.well-known/openid-sandbox-configuration",
            "agave": url,
        },
        change='{"what": "customers", "id": "58", "fields": {"Notes": "Ring twice"}}',
        app={
            "client_id": own.client_id,
            "client_secret": own.client_secret,
            "webhook_verifier": own.verifier_token,
            "agave_client_id": own.agave_client_id,
            "agave_client_secret": own.agave_client_secret,
        },
    )


def _hubspot(url: str) -> Guide:
    own = HubSpotOptions()
    return Guide(
        addresses={"api": url, "app": url},
        change='{"what": "deals", "id": "5550001", "fields": {"dealname": "Roof and gutter"}}',
        app={"client_id": own.client_id, "client_secret": own.client_secret},
    )


def _dropbox(url: str) -> Guide:
    own = DropboxOptions()
    return Guide(
        addresses={"www": url, "api": url, "content": url, "notify": url},
        change='{"what": "entries", "id": "id:EXAMPLEfile0000000001", "fields": {"path_display": "/Done/survey.pdf"}}',
        app={"client_id": own.client_id, "client_secret": own.client_secret},
    )


def _teamup(url: str) -> Guide:
    own = TeamUpOptions()
    return Guide(
        addresses={"api": url},
        change='{"what": "events", "id": "180300001", "fields": {"title": "Roof and gutter"}}',
        app={"token": own.app_key},
        settings={"calendar_key": own.calendar_key, "webhook_secret": own.webhook_secret},
    )


def _pipedrive(url: str) -> Guide:
    own = PipedriveOptions()
    return Guide(
        addresses={"oauth": url, "api": url},
        change='{"what": "deals", "id": 42, "fields": {"title": "Roof and gutter"}}',
        app={"client_id": own.client_id, "client_secret": own.client_secret},
    )


def _housecallpro(url: str) -> Guide:
    own = HousecallProOptions()
    return Guide(
        addresses={"api": url, "app": url},
        change='{"what": "jobs", "id": "job_00000000000000000000000000000001", "fields": {"description": "Roof"}}',
        app={"client_id": own.client_id, "client_secret": own.client_secret},
        settings={"api_key": own.api_key, "webhook_secret": own.webhook_secret},
    )


def _hover(url: str) -> Guide:
    own = HoverOptions()
    return Guide(
        addresses={"api": url},
        change='{"what": "jobs", "id": 15084304, "fields": {"state": "complete"}}',
        app={"client_id": own.client_id, "client_secret": own.client_secret},
        settings={"user_email": own.user_email},
    )


GUIDES: Mapping[str, Callable[[str], Guide]] = {
    "servicetitan": _servicetitan,
    "jobber": _jobber,
    "companycam": _companycam,
    "quickbooks": _quickbooks,
    "hubspot": _hubspot,
    "googlecalendar": _googlecalendar,
    "dropbox": _dropbox,
    "pipedrive": _pipedrive,
    "hover": _hover,
    "teamup": _teamup,
    "housecallpro": _housecallpro,
}


def guides(urls: Mapping[str, str]) -> dict[str, Guide]:
    """The guide of each partner that listens, from its base address."""
    return {name: GUIDES[name](url) for name, url in urls.items()}


def configuration(urls: Mapping[str, str]) -> dict[str, Any]:
    """What belongs into runner.yaml: each partner as an environment of its connector, and the hosts to be called."""
    made = guides(urls)
    return {
        "environments": {name: {ENVIRONMENT: dict(guide.addresses)} for name, guide in made.items()},
        "allow_hosts": sorted({urlsplit(url).hostname or "" for url in urls.values()}),
    }


def variables(urls: Mapping[str, str]) -> dict[str, str]:
    """The operator's app values, by the environment variable that holds each."""
    return {
        f"RUNNER_{name}_{key}".upper(): value
        for name, guide in guides(urls).items()
        for key, value in guide.app.items()
    }


def lines(urls: Mapping[str, str], company: str = "acme") -> Iterator[str]:
    """All of it, in the order in which it is done."""
    for name, url in urls.items():
        yield f"{name} is at {url}"
    yield "\n# 1. In runner.yaml:"
    yield from _yaml(configuration(urls))
    yield "\n# 2. In the shells in which the runner runs:"
    for variable, value in variables(urls).items():
        yield f"export {variable}={shlex.quote(value)}"
    yield "\n# 3. Connect (where consent is needed, a link is printed: open it while `runner serve` runs):"
    for name, guide in guides(urls).items():
        given = "".join(f" --set {key}={shlex.quote(value)}" for key, value in guide.settings.items())
        yield f"runner connect {name} {company} --environment {ENVIRONMENT}{given}"
    yield "\n# 4. Change something there (GET /_control says what else can be done to a partner):"
    for name, url in urls.items():
        yield f"curl {url}/_control/change -d {shlex.quote(GUIDES[name](url).change)}"


def _yaml(config: Mapping[str, Any]) -> Iterator[str]:
    yield "environments:"
    for name, environments in config["environments"].items():
        for environment, addresses in environments.items():
            written = ", ".join(f"{key}: {value!r}" for key, value in addresses.items())
            yield f"  {name}: {{{environment}: {{{written}}}}}"
    yield f"allow_hosts: {config['allow_hosts']}"
