"""How each shipped partner lets us in, held against its documents: consent, tokens, refresh, revocation, headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.scope import build
from runner.engine.integrations import connect
from runner.engine.opening import open_house
from runner.model.credential import Credential
from runner.model.http import Request, Response
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store.store import Store
from runner.testing.clock import START, FakeClock
from tests.partners import BASE, CONNECTORS, KEYS, SCHEMAS, Log

BACK = f"{BASE}/oauth/callback"
TOKENS = Credential(access_token=Secret("acc"), refresh_token=Secret("ref"))
ACCOUNT = {
    "api_domain": "https://acme.pipedrive.com",
    "realm_id": "9130355377388383",
    "redirect_uri": BACK,
    "root_namespace_id": "7",
}
BASIC = ("app-client_id", "app-client_secret")
FORM = {"client_id": "app-client_id", "client_secret": "app-client_secret"}


def written(name: str, way: str | None = None, **settings: str) -> tuple[Connector, dict[str, Any]]:
    """The connector, and what its templates read in its first environment."""
    connector = CONNECTORS.get(name)
    integration = Integration("i1", "acme", name, "production", settings=settings, account=ACCOUNT, way=way)
    hidden = {key: Secret(f"company-{key}") for key, field in connector.settings.items() if field.secret}
    app: dict[str, str | Secret] = {key: f"app-{key}" for key in connector.app}
    environment = next(iter(connector.environments.values()))
    credential = Credential(values=hidden)
    return connector, build(connector, integration, app=app, credential=credential, environment=environment)


def code_way(name: str, way: str | None = None) -> tuple[OAuth2AuthorizationCode, dict[str, Any]]:
    connector, scope = written(name, way)
    auth = connector.way_in(way)
    assert isinstance(auth, OAuth2AuthorizationCode)
    return auth, scope


def fields(request: Request) -> dict[str, str]:
    if request.form is not None:
        return dict(request.form)
    return {name: values[0] for name, values in parse_qs((request.content or b"").decode()).items()}


def called(name: str, endpoint: str, way: str | None = None, **settings: str) -> Request:
    """The request of an endpoint, signed."""
    connector, scope = written(name, way, **settings)
    request = connector.endpoints[endpoint].request({**scope, "input": {}, "page": {}}, connector.http)
    return connector.way_in(way).sign(request, {**scope, "access_token": Secret("acc")})


CONSENT = {
    "companycam": ("oauth", "https://app.companycam.com/oauth/authorize", {"scope": "read write destroy"}),
    "dropbox": (None, "https://www.dropbox.com/oauth2/authorize", {"token_access_type": "offline"}),
    "googlecalendar": (
        None,
        "https://accounts.google.com/o/oauth2/v2/auth",
        {"access_type": "offline", "prompt": "consent"},
    ),
    "housecallpro": ("oauth", "https://pro.housecallpro.com/oauth/authorize", {"scope": "public"}),
    "hover": (None, "https://hover.to/oauth/authorize", {}),
    "hubspot": (None, "https://app.hubspot.com/oauth/authorize", {}),
    "jobber": (None, "https://api.getjobber.com/api/oauth/authorize", {}),
    "pipedrive": (None, "https://oauth.pipedrive.com/oauth/authorize", {}),
    "quickbooks": (
        "intuit",
        "https://appcenter.intuit.com/connect/oauth2",
        {"scope": "com.intuit.quickbooks.accounting"},
    ),
}
WITH_PKCE = {"companycam", "dropbox", "googlecalendar"}
WITHOUT_SCOPE = {"hover", "jobber", "pipedrive"}


@pytest.mark.parametrize("name", CONSENT)
def test_the_consent_page_is_asked_as_documented(name: str) -> None:
    way, page, wanted = CONSENT[name]
    auth, scope = code_way(name, way)
    url = urlsplit(auth.authorize_url(scope, state="st", redirect_uri=BACK, verifier="v" * 43))
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    assert url._replace(query="").geturl() == page
    expected = {"client_id": "app-client_id", "redirect_uri": BACK, "state": "st", "response_type": "code"} | wanted
    assert query | expected == query
    assert ("code_challenge" in query) is (name in WITH_PKCE)
    assert ("scope" in query) is (name not in WITHOUT_SCOPE)


TOKEN = {
    "companycam": ("oauth", "https://app.companycam.com/oauth/token", FORM),
    "dropbox": (None, "https://api.dropboxapi.com/oauth2/token", FORM),
    "googlecalendar": (None, "https://oauth2.googleapis.com/token", FORM),
    "housecallpro": ("oauth", "https://api.housecallpro.com/oauth/token", FORM),
    "hover": (None, "https://hover.to/oauth/token", FORM),
    "hubspot": (None, "https://api.hubapi.com/oauth/v3/token", FORM),
    "jobber": (None, "https://api.getjobber.com/api/oauth/token", FORM),
    "pipedrive": (None, "https://oauth.pipedrive.com/oauth/token", {}),
    "quickbooks": ("intuit", "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer", {}),
}


def token_request(flow: Any) -> Request:
    """The request for a token, whatever the flow asks before it."""
    request = next(flow)
    if "openid" in request.url:
        request = flow.send(Response(404, {}, b""))
    assert isinstance(request, Request)
    return request


@pytest.mark.parametrize("name", TOKEN)
def test_a_code_is_traded_as_documented(name: str) -> None:
    way, url, client = TOKEN[name]
    auth, scope = code_way(name, way)
    request = token_request(auth.exchange(scope, code="c", redirect_uri=BACK, verifier="v" * 43, now=START))
    expected = {"grant_type": "authorization_code", "code": "c", "redirect_uri": BACK, **client}
    assert (request.method, request.url, request.auth) == ("POST", url, None if client else BASIC)
    assert fields(request) == expected | ({"code_verifier": "v" * 43} if name in WITH_PKCE else {})


@pytest.mark.parametrize("name", TOKEN)
def test_a_token_is_refreshed_as_documented(name: str) -> None:
    way, url, client = TOKEN[name]
    auth, scope = code_way(name, way)
    request = token_request(auth.refresh(scope, TOKENS, START))
    repeated = {"redirect_uri": BACK} if name == "housecallpro" else {}
    assert (request.url, request.auth) == (url, None if client else BASIC)
    assert fields(request) == {"grant_type": "refresh_token", "refresh_token": "ref", **client, **repeated}


REVOKE = {
    "companycam": ("oauth", "https://app.companycam.com/oauth/revoke", {"token": "ref", **FORM}),
    "googlecalendar": (None, "https://oauth2.googleapis.com/revoke", {"token": "ref"}),
    "hubspot": (None, "https://api.hubapi.com/oauth/v3/token/revoke", {"token": "ref", **FORM}),
    "pipedrive": (
        None,
        "https://oauth.pipedrive.com/oauth/revoke",
        {"token": "ref", "token_type_hint": "refresh_token"},
    ),
}


@pytest.mark.parametrize("name", REVOKE)
def test_a_token_is_revoked_as_documented(name: str) -> None:
    way, url, form = REVOKE[name]
    auth, scope = code_way(name, way)
    request = auth.revocation(scope, TOKENS)
    assert request is not None
    assert (request.method, request.url, dict(request.form or {})) == ("POST", url, form)
    assert request.auth == (BASIC if name == "pipedrive" else None)


def test_quickbooks_is_told_in_json_and_by_basic() -> None:
    auth, scope = code_way("quickbooks", "intuit")
    request = auth.revocation(scope, TOKENS)
    assert request is not None
    assert (request.url, request.json, request.auth) == (
        "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
        {"token": "ref"},
        BASIC,
    )


def test_dropbox_revokes_by_the_token_itself() -> None:
    auth, scope = code_way("dropbox")
    request = auth.revocation(scope, TOKENS)
    assert request is not None
    assert (request.url, request.content) == ("https://api.dropboxapi.com/2/auth/token/revoke", b"null")
    assert request.headers["Authorization"] == "Bearer acc"


def test_jobber_is_told_by_a_mutation() -> None:
    auth, scope = code_way("jobber")
    request = auth.revocation(scope, TOKENS)
    assert request is not None
    assert request.url == "https://api.getjobber.com/api/graphql"
    assert request.json == {"query": "mutation { appDisconnect { userErrors { message } } }"}
    assert (request.headers["Authorization"], request.headers["X-JOBBER-GRAPHQL-VERSION"]) == (
        "Bearer acc",
        "2025-04-16",
    )


@pytest.mark.parametrize("name", ["hover", "servicetitan", "teamup"])
def test_without_a_documented_revocation_nothing_is_sent(name: str) -> None:
    connector, scope = written(name)
    assert connector.way_in(None).revocation(scope, TOKENS) is None


def test_dropbox_headers_say_whose_files_and_which_root() -> None:
    alone = called("dropbox", "account").headers
    assert not [header for header in alone if header.startswith("Dropbox-API-Select")]
    assert orjson.loads(alone["Dropbox-API-Path-Root"]) == {".tag": "root", "root": "7"}
    member = called("dropbox", "account", team_member_id="dbmid:1").headers
    assert member["Dropbox-API-Select-User"] == "dbmid:1"
    admin = called("dropbox", "account", team_admin_id="dbmid:2").headers
    assert admin["Dropbox-API-Select-Admin"] == "dbmid:2"


def test_dropbox_knows_the_app_beside_the_user() -> None:
    connector, scope = written("dropbox")
    request = connector.other_auth["app"].sign(Request("POST", "https://api.dropboxapi.com/2/x"), scope)
    assert request.auth == BASIC


def test_servicetitan_wants_the_app_key_beside_the_token() -> None:
    headers = called("servicetitan", "technicians_probe", tenant_id="1", client_id="c").headers
    assert (headers["ST-App-Key"], headers["Authorization"]) == ("app-app_key", "Bearer acc")


def test_teamup_wants_a_header_and_the_key_in_the_path() -> None:
    request = called("teamup", "configuration")
    assert request.headers["Teamup-Token"] == "app-token"
    assert request.url == "https://api.teamup.com/company-calendar_key/configuration"


@pytest.mark.parametrize(
    ("way", "header"), [(None, "Token company-api_key"), ("key", "Token company-api_key"), ("oauth", "Bearer acc")]
)
def test_housecall_pro_takes_a_key_or_a_token(way: str | None, header: str) -> None:
    assert called("housecallpro", "company", way).headers["Authorization"] == header


@pytest.mark.parametrize(("way", "token"), [(None, "company-access_token"), ("oauth", "acc")])
def test_companycam_takes_a_token_of_either_sort(way: str | None, token: str) -> None:
    assert called("companycam", "company", way).headers["Authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("way", [None, "intuit"])
def test_quickbooks_is_called_at_the_company_of_the_callback(way: str | None) -> None:
    request = called("quickbooks", "company", way)
    assert request.url.startswith("https://quickbooks.api.intuit.com/v3/company/9130355377388383/")
    assert request.headers["Authorization"] == "Bearer acc"


def test_agave_is_called_with_its_own_headers_and_intuit_never_sees_them() -> None:
    wanted = {
        "API-Version": "2021-11-21",
        "Client-Id": "app-agave_client_id",
        "Client-Secret": "app-agave_client_secret",
        "Account-Token": "company-account_token",
        "Include-Source-Data": "true",
    }
    assert called("quickbooks", "agave_companies", "agave").headers.items() >= wanted.items()
    assert called("quickbooks", "company", "agave").host == "api.agaveapi.com"


def test_google_that_granted_less_is_not_enough() -> None:
    auth, _ = code_way("googlecalendar")
    assert auth.scopes_granted is not None
    assert auth.scopes_granted.search({"scope": " ".join(auth.scopes)}) == auth.scopes


@pytest.mark.parametrize("status", [200, 301, 404, 500])
async def test_nothing_tells_the_calendar_key_in_the_path(path: Path, status: int) -> None:
    key = "ksSECRETSECRET01"
    store, log, out = Store.open(f"sqlite:///{path}", KEYS), Log(), []

    def echo(request: httpx.Request) -> httpx.Response:
        out.append(request.url.path)
        words = {"error": {"message": f"{request.url} is not known"}}
        return httpx.Response(status, json=words, headers={"location": str(request.url)})

    async with httpx.AsyncClient(transport=httpx.MockTransport(echo)) as http:
        house = open_house(
            connectors=CONNECTORS,
            config=Config(),
            store=store,
            http=http,
            clock=FakeClock(),
            apps={"teamup": {"token": Secret("app-token")}},
            schemas=SCHEMAS,
            base_url=BASE,
            log=log,
        )
        made = await connect.begin(house, "acme", "teamup", settings={"calendar_key": key})
    await store.close()
    assert set(out) == {f"/{key}/configuration"}
    assert made.state is State.ERROR
    assert key not in f"{made} {log.lines}"
    assert key.encode() not in b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def test_a_request_prints_no_path() -> None:
    assert repr(called("teamup", "configuration")) == "Request(GET https://api.teamup.com/...)"
