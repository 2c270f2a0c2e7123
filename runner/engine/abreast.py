"""Several works at once, none of which outlives the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def abreast(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results, in order. When one fails, or the caller is stopped, the others have ended before it goes on.

    (asyncio.TaskGroup does so too, but wraps what was raised into a group.)
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
