"""How a simulated partner is made: by the clock, the data and the webhooks that all share, and options of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from runner.authoring.simulate.faults import hang_up
from runner.authoring.simulate.outbox import WebhookTarget

P = TypeVar("P")
Made = TypeVar("Made", covariant=True)


class Make(Protocol[Made]):
    """Makes a partner. `size` is how many rows its main table has; what else may be chosen, its options class says."""

    def __call__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int = ...,
        size: int = ...,
        webhooks: WebhookTarget | None = ...,
        stall: Callable[[], Awaitable[None]] = ...,
        **options: Any,
    ) -> Made: ...


def maker(made: Callable[..., P], options: Callable[..., Any], size: int = 60) -> Make[P]:
    """What makes partners of one sort, by their class, the class of their options, and the size where none is said."""
    usual = size

    def make(
        *,
        now: Callable[[], datetime],
        seed: int = 1,
        size: int = usual,
        webhooks: WebhookTarget | None = None,
        stall: Callable[[], Awaitable[None]] = hang_up,
        **chosen: Any,
    ) -> P:
        return made(now=now, seed=seed, size=size, webhooks=webhooks, stall=stall, options=options(**chosen))

    return make
