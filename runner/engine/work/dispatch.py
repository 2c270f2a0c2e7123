"""From a wake-up to the verb that it asks for, and from what comes of it to what the worker does with the wake-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from runner.engine.house import House
from runner.engine.integrations import disconnect
from runner.engine.integrations.refresh import refresh
from runner.engine.pushes import notify, push
from runner.engine.subscriptions import subscribe
from runner.engine.syncs import sync
from runner.engine.trouble import backoff, until, words
from runner.engine.webhooks import events
from runner.engine.work import news
from runner.errors import (
    AuthenticationError,
    CredentialUnreadable,
    NotFound,
    PartnerUnavailable,
    RateLimited,
    RunnerError,
    StoreError,
    StoreUnavailable,
)
from runner.model.integration import State
from runner.model.wakeup import WakeUp
from runner.store import integrations

MOST_ATTEMPTS = 10
BUSY = timedelta(seconds=2)


@dataclass(frozen=True)
class Done:
    """Settle the wake-up. `note` says why nothing was done, where that is so; `failed` that it is given up."""

    note: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class Again:
    """Let the wake-up wait until then."""

    at: datetime
    note: str | None = None


Verdict = Done | Again


async def run(house: House, wakeup: WakeUp) -> Verdict:
    """Do what a wake-up asks for; never raises.

    The tables hold the work, so a wake-up that is given up loses nothing: the schedule or the sweep puts the next.
    """
    try:
        return await _run(house, wakeup)
    except (RateLimited, PartnerUnavailable) as error:
        at = until(error, wakeup.attempts, house.clock.now())
        house.log.info("put-off", wakeup=wakeup.key, again_at=at.isoformat(timespec="seconds"), note=words(error))
        return Again(at, words(error))
    except CredentialUnreadable as error:
        house.log.error("credential-unreadable", wakeup=wakeup.key, message=words(error))
        return Again(until(error, wakeup.attempts, house.clock.now()), words(error))
    except StoreUnavailable as error:
        return Again(house.clock.now() + max(BUSY, backoff(wakeup.attempts)), words(error))
    except (AuthenticationError, NotFound) as error:
        return Done(words(error), failed=True)
    except RunnerError as error:
        house.log.error("work-failed", wakeup=wakeup.key, code=error.code, message=words(error))
        return Done(words(error), failed=True)
    except Exception as error:
        house.log.error("work-broken", wakeup=wakeup.key, error=type(error).__name__, exc_info=True)
        if wakeup.attempts + 1 >= MOST_ATTEMPTS:
            return Done(words(error), failed=True)
        return Again(house.clock.now() + backoff(wakeup.attempts), words(error))


async def _run(house: House, wakeup: WakeUp) -> Verdict:
    if wakeup.kind == "events":
        drained = await events.drain(house, wakeup.subject)
        await news.events_done(house, wakeup.subject, drained)
        return _after(drained.next_at)
    if wakeup.kind == "push":
        pushed = await push.drain(house, wakeup.subject)
        await news.pushes_done(house, wakeup.subject, pushed)
        return _after(pushed.next_at)
    if wakeup.kind == "refresh":
        return _after(await refresh(house, wakeup.subject))
    if wakeup.kind == subscribe.KIND:
        return _after(await subscribe.keep(house, wakeup.subject))
    if wakeup.kind == "sync":
        return await _sync(house, wakeup)
    if wakeup.kind == "notify":
        return _after(await notify.drain(house, wakeup.subject))
    if wakeup.kind == "part":
        return _after(await disconnect.finish(house, wakeup.subject, wakeup.attempts))
    return Done(f"nobody knows wake-ups of kind `{wakeup.kind}`", failed=True)


async def _sync(house: House, wakeup: WakeUp) -> Verdict:
    integration = await house.store.database.read(lambda connection: integrations.get(connection, wakeup.subject))
    if integration.state is not State.ACTIVE:
        return Done(f"the integration is {integration.state}")
    options: dict[str, Any] = wakeup.options
    began = house.clock.now()
    try:
        run = await sync.run(house, integration, wakeup.detail, full=bool(options.get("full")))
    except (RateLimited, StoreError):
        raise  # the run stays open and goes on after the wait, or there was none
    except Exception as error:
        await news.sync_failed(house, integration, wakeup.detail, error)
        raise
    await news.sync_done(house, integration, run, (house.clock.now() - began).total_seconds())
    return Done()


def _after(next_at: datetime | None) -> Verdict:
    return Done() if next_at is None else Again(next_at)
