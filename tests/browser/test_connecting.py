"""From the click to `active`, as a company's admin lives through it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def shot(page: Page, name: str) -> None:
    """Keep a picture of the page, where somebody wants to see it."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def click(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


async def heading(page: Page, text: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)


async def test_a_wrong_setting_is_mended_and_consent_given(stage: Stage, page: Page) -> None:
    begun = await stage.begin("yard", "mended")
    await page.goto(stage.link(begun))
    await shot(page, "ways")
    await click(page, "Sign in and approve")
    await page.get_by_label("Office number").fill("seven")
    await shot(page, "form")
    await click(page, "Continue to Yard Office")
    await expect(page.get_by_text("Office number has only digits")).to_be_visible()
    await expect(page.get_by_label("Office number")).to_have_value("seven")
    await shot(page, "flaw")
    await page.get_by_label("Office number").fill("7")
    await page.get_by_label("Size of the office").select_option("large")
    await click(page, "Continue to Yard Office")
    await shot(page, "consent")
    await click(page, "Approve")
    await heading(page, "Yard Office is connected")
    await shot(page, "connected")
    assert await stage.state(begun) == "active"


async def test_where_nothing_is_missing_one_button_leads_to_consent_and_back_to_the_host(
    stage: Stage, page: Page
) -> None:
    begun = await stage.begin("jobber", "host")
    await page.goto(stage.link(begun, f"{stage.host}/integrations"))
    assert await page.locator("input:visible, select").count() == 0
    await shot(page, "button")
    await click(page, "Continue to Jobber")
    await click(page, "Approve")
    await heading(page, "Integrations of the host")
    assert await page.locator("#referer").inner_text() == "none"
    assert await stage.state(begun) == "active"


async def test_credentials_are_tried_at_once(stage: Stage, page: Page) -> None:
    begun = await stage.begin("servicetitan", "titan")
    await page.goto(stage.link(begun))
    await page.get_by_label("Tenant ID").fill("123456789")
    await page.get_by_label("Client ID").fill("servicetitan-client")
    await page.get_by_label("Client secret").fill("not the secret")
    await click(page, "Connect ServiceTitan")
    await expect(page.get_by_role("alert")).to_be_visible()
    await shot(page, "refused")
    assert "not the secret" not in await page.content()
    await expect(page.get_by_label("Tenant ID")).to_have_value("123456789")
    await page.get_by_label("Client secret").fill("servicetitan-secret")
    await click(page, "Connect ServiceTitan")
    await heading(page, "ServiceTitan is connected")
    assert await stage.state(begun) == "active"


async def test_another_way_in(stage: Stage, page: Page) -> None:
    begun = await stage.begin("yard", "key")
    await page.goto(stage.link(begun))
    await click(page, "Sign in and approve")
    await click(page, "Another way in")
    await click(page, "Use an access token")
    await page.get_by_label("Office number").fill("7")
    await page.get_by_label("Access token").fill(stage.jobber.grants.issue()["access_token"])
    await shot(page, "key")
    await click(page, "Connect Yard Office")
    await heading(page, "Yard Office is connected")
    assert await stage.state(begun) == "active"


async def test_refused_consent_can_be_given_after_all(stage: Stage, page: Page) -> None:
    begun = await stage.begin("jobber", "refused")
    await page.goto(stage.link(begun, f"{stage.host}/integrations"))
    await click(page, "Continue to Jobber")
    await click(page, "Deny")
    await heading(page, "Access was not given")
    await shot(page, "denied")
    await click(page, "Connect again")
    await click(page, "Continue to Jobber")
    await click(page, "Approve")
    await heading(page, "Integrations of the host")
    assert await stage.state(begun) == "active"


async def test_another_account_is_not_taken_in_place_of_the_first(stage: Stage, page: Page) -> None:
    begun = await stage.begin("jobber", "swapped")
    await page.goto(stage.link(begun))
    await click(page, "Continue to Jobber")
    await click(page, "Approve")
    await heading(page, "Jobber is connected")
    first = stage.jobber.account["id"]
    stage.jobber.account["id"] = "another"
    try:
        await page.goto(stage.link(begun))
        await click(page, "Continue to Jobber")
        await click(page, "Approve")
        await heading(page, "That is another account")
        await shot(page, "wrong-account")
    finally:
        stage.jobber.account["id"] = first
    await click(page, "Connect again")
    await click(page, "Continue to Jobber")
    await click(page, "Approve")
    await heading(page, "Jobber is connected")


async def test_a_partner_that_stumbles_is_told_with_a_way_on(stage: Stage, page: Page) -> None:
    begun = await stage.begin("jobber", "stumbles")
    await page.goto(stage.link(begun))
    await click(page, "Continue to Jobber")
    stage.jobber.fail_next(1, 500, on="token")
    await click(page, "Approve")
    await heading(page, "The partner did not answer as expected")
    await shot(page, "stumbled")
    await click(page, "Connect again")
    await click(page, "Continue to Jobber")
    await click(page, "Approve")
    await heading(page, "Jobber is connected")


async def test_an_old_link_says_so(stage: Stage, page: Page) -> None:
    link = stage.link(await stage.begin("jobber", "old"))
    stage.clock.advance(31 * 60)
    await page.goto(link)
    await heading(page, "This link is too old")
    await shot(page, "expired")


async def test_a_link_works_in_one_browser_and_leads_to_one_connection(
    stage: Stage, page: Page, browser: Browser
) -> None:
    link = stage.link(await stage.begin("jobber", "twice"))
    await page.goto(link)
    await click(page, "Continue to Jobber")
    async with await browser.new_context() as elsewhere:
        other = await elsewhere.new_page()
        await other.goto(link)
        await heading(other, "This link was used already")
        await shot(other, "replayed")
    await click(page, "Approve")
    await heading(page, "Jobber is connected")
    await page.goto(link)
    await heading(page, "Jobber is connected")
    assert await page.get_by_role("button").count() == 0


async def test_going_back_and_sending_the_form_again_does_no_harm(stage: Stage, page: Page) -> None:
    begun = await stage.begin("jobber", "again")
    await page.goto(stage.link(begun))
    await click(page, "Continue to Jobber")
    await page.go_back()
    await click(page, "Continue to Jobber")
    await click(page, "Approve")
    await heading(page, "Jobber is connected")
    await page.reload()
    await heading(page, "Jobber is connected")
    assert await stage.state(begun) == "active"
