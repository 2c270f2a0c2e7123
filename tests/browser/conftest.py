"""A headless Chromium, and the stage on which it acts. Without a Chromium these tests are skipped, but not in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.stage import Stage, open_stage

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; the variable CHROMIUM names it, else the usual names are tried."""
    found = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("there is no Chromium, and in CI the browser tests are not left out (apt-get install chromium)")
    if found is None:
        pytest.skip("there is no Chromium: install one, or name it by the variable CHROMIUM, and run them again")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser process with a profile of its own; each test has cookies of its own in it."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, headless=True, args=[*QUIET])
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The service and the partners; each test connects a company of its own."""
    folder: Path = tmp_path_factory.mktemp("stage")
    async with open_stage(folder) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A tab in a fresh window: no cookies. A script that a page tries to run fails the test."""
    context = await browser.new_context()
    context.set_default_timeout(10_000)
    opened = await context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield opened
    await context.close()
    assert [text for text in wrong if "Content Security Policy" in text] == []
