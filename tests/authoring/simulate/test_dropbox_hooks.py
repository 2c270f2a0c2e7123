from __future__ import annotations

import json

import httpx
import pytest

from runner.authoring.simulate.dropbox import dropbox
from runner.authoring.simulate.dropbox_data import ACCOUNT
from runner.authoring.simulate.dropbox_hooks import seal
from runner.authoring.simulate.outbox import WebhookTarget

URL = "https://host.example/webhooks/dropbox"
PLAIN = {"Content-Type": "text/plain", "X-Content-Type-Options": "nosniff"}


@pytest.fixture
def partner(clock, receiver):
    return dropbox(now=clock, size=3, webhooks=WebhookTarget(URL, receiver.client))


def file_of(partner):
    return next(row["id"] for row in partner.table("entries") if row[".tag"] == "file")


SAMPLE = b'{"list_folder": {"accounts": ["dbid:AAAAexampleAccountId000000000000000"]}, "delta": {"users": [12345678]}}'


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (
            "the_secret",
            b'{"delta": {"users": [12345]}}',
            "0a8c16b085420b960dc78664279fe09e936a2a01b1f91064869d9e77dfd64529",
        ),
        ("test-app-secret", SAMPLE, "aef0fbf886cd7e3519c0b485b0f4a647b1fc9b94aa0a90b66cbb44893639d290"),
    ],
)
def test_published_signatures(secret, body, signature):
    assert seal(secret, body) == signature


async def test_a_notice_names_the_account_and_is_signed_with_the_app_s_secret(partner, receiver):
    partner.change("entries", file_of(partner), content="x")
    await partner.deliver()
    (request,) = receiver.received
    assert json.loads(request.content) == {"list_folder": {"accounts": [ACCOUNT]}, "delta": {"users": [12345678]}}
    assert request.headers["x-dropbox-signature"] == seal("dropbox-secret", request.content)
    assert request.headers["user-agent"] == "DropboxWebhooks/1.0"


async def test_several_changes_are_one_notice(partner, receiver):
    partner.add("entries")
    partner.change("entries", file_of(partner), content="x")
    partner.remove("entries", file_of(partner))
    assert len(await partner.deliver()) == 1


async def test_the_app_is_told_of_its_own_changes(partner, receiver):
    token = partner.grants.issue()["access_token"]
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url="https://api.dropboxapi.com/2/")
    headers = {"Authorization": f"Bearer {token}"}
    await client.post("files/get_metadata", json={"path": "/jobs"}, headers=headers)
    assert await partner.deliver() == []
    await client.post("files/create_folder_v2", json={"path": "/x"}, headers=headers)
    assert len(await partner.deliver()) == 1


@pytest.mark.parametrize("status", [204, 302, 500])
async def test_only_200_ends_the_repeats_of_about_ten_minutes(partner, receiver, clock, status):
    partner.add("entries")
    receiver.answers = [status] * 100
    for _ in range(800):
        await partner.deliver()
        clock.pass_by(1)
    assert len(receiver.received) == 8
    assert len(partner.outbox.given_up) == 1


@pytest.mark.parametrize(
    ("status", "headers", "altered", "good"),
    [
        (200, PLAIN, "", True),
        (200, {**PLAIN, "Content-Type": "text/plain; charset=utf-8"}, "", True),
        (204, PLAIN, "", False),
        (200, {"Content-Type": "text/plain"}, "", False),
        (200, {**PLAIN, "Content-Type": "text/html"}, "", False),
        (200, PLAIN, "x", False),
    ],
)
async def test_a_new_address_must_echo_the_challenge(clock, status, headers, altered, good):
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        return httpx.Response(status, headers=headers, text=request.url.params["challenge"] + altered)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        partner = dropbox(now=clock, size=1, webhooks=WebhookTarget("", client))
        assert await partner.hooks.enable(URL) is good
    assert partner.hooks.url == (URL if good else "")
