"""A caller of the app, under its public address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from runner.service.app import App
from runner.service.settings import Settings
from tests.partners import BASE, World

API_KEY = "a-key-of-the-host-0123456789"


@asynccontextmanager
async def calling(here: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser or a program that calls the app, under its public address."""
    settings = Settings.read({"RUNNER_API_KEYS": API_KEY})
    transport = httpx.ASGITransport(app=App(here.house, settings))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


@pytest.fixture
async def web(here: World) -> AsyncIterator[httpx.AsyncClient]:
    """One that calls `here`."""
    async with calling(here) as client:
        yield client
