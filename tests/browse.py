"""What a browser without scripts does at a connect link: open it, fill in its form, send it."""

from __future__ import annotations

import html
import re

import httpx


def key_of(page: httpx.Response) -> str:
    """The hidden key of the form on a page."""
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


async def go_on(client: httpx.AsyncClient, url: str, **fields: str) -> httpx.Response:
    """Open a connect link and send its form; fields are settings, and `way` and `environment`."""
    page = await client.get(url)
    assert page.status_code == 200, page.text
    return await send(client, url, key_of(page), **fields)


async def send(client: httpx.AsyncClient, url: str, key: str, **fields: str) -> httpx.Response:
    """Send the form of a connect link."""
    names = {name: name if name in ("way", "environment") else f"setting.{name}" for name in fields}
    return await client.post(url, data={"key": key} | {names[name]: text for name, text in fields.items()})
