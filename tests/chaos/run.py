"""A whole run: the play that is attacked, the same without a disturbance, and the comparison of both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from tests.chaos import picture
from tests.chaos.attacking import Attacker
from tests.chaos.base import Sort
from tests.chaos.cast import READ, today
from tests.chaos.judge import Evidence, host_of, judge, violations_of
from tests.chaos.load import Input, inputs
from tests.chaos.plan import plan
from tests.chaos.posting import Post, posting
from tests.chaos.report import Report, by_what
from tests.chaos.stage import ALONE, TROUPE, Stage, stage
from tests.eavesdrop import leaks
from tests.victim import API_KEY, KEY

SOON = timedelta(seconds=1)


@dataclass(frozen=True)
class Options:
    """How long, from which seed, on which database; `size` is how many things each partner has at first, `pace` how
    many are changed each second."""

    seed: int
    seconds: float
    database: Sort = "postgresql"
    size: int = 12
    pace: float = 5.0
    sync_every: float = 4.0


async def chaos(folder: Path, options: Options) -> Report:
    """Play it twice, and compare."""
    moment = today()
    async with stage(folder / "attacked", options.database, TROUPE, options.seed, options.size, moment) as here:
        await _begin(here)
        attacker = Attacker(here)
        attacks = plan(
            options.seed, options.seconds, list(here.actors), list(here.cast.wires), database=here.base.is_server
        )
        done: list[Input] = []
        async with posting(here, options.seed) as post:
            async with asyncio.TaskGroup() as group:
                group.create_task(_live(here, post, options, done))
                group.create_task(_ask(here, options))
                group.create_task(attacker.carry_out(attacks))
            found = await _finish(here, post)
        figures, skipped = _figures(here, post, done), here.skipped
    async with stage(
        folder / "undisturbed", "sqlite", ALONE, options.seed, options.size, moment, is_limited=False
    ) as calm:
        await _begin(calm)
        for one in done:
            one.happen(calm.cast)
        async with posting(calm, options.seed) as post:
            undisturbed = await _finish(calm, post)
    verdict = judge(found, undisturbed)
    return Report(options.seed, options.seconds, options.database, by_what(attacker.done), figures, skipped, verdict)


async def _begin(here: Stage) -> None:
    await here.connect()
    await quiet(here)


async def _live(here: Stage, post: Post, options: Options, done: list[Input]) -> None:
    """Things happen at a steady pace, and partners tell of them: as many as the time has room for, however long the
    machine takes over them."""
    now = asyncio.get_running_loop().time
    happening, begun = inputs(options.seed, here.cast.partners), now()
    for one in islice(happening, round(options.seconds * options.pace)):
        one.happen(here.cast)
        done.append(one)
        post.collect()
        await asyncio.sleep(begun + len(done) / options.pace - now())


async def _ask(here: Stage, options: Options) -> None:
    """The host asks for syncs of one partner after the other, now and then for a full one."""
    for turn in range(int(options.seconds / options.sync_every)):
        await asyncio.sleep(options.sync_every)
        name = READ[turn % len(READ)]
        await here.insist("POST", f"/integrations/{here.ids[name]}/sync", json={"full": turn % 4 == 3})


async def _finish(here: Stage, post: Post) -> Evidence:
    """Let everything come to rest, first by webhooks alone, then after a last sync of all."""
    here.note("the attacks are over")
    await here.until(here.are_up, "the web processes answer again")
    for integration_id in here.ids.values():
        await here.insist("POST", f"/integrations/{integration_id}/pause", json={})
    await here.until(post.is_done, "every webhook is answered 2xx")
    await quiet(here, post)
    early = await asyncio.to_thread(picture.draw, here.engine)
    for name in READ:
        await here.insist("POST", f"/integrations/{here.ids[name]}/sync", json={})
    await quiet(here, post)
    return Evidence(
        others=post.others,
        told=await asyncio.to_thread(picture.told, here.engine),
        answered=post.answered,
        early=early,
        late=await asyncio.to_thread(picture.draw, here.engine),
        host=host_of(here.cast),
        standing=here.cast.ledger.standing(),
        doubled=here.cast.ledger.doubled(),
        unsigned=here.cast.ledger.unsigned,
        violations=violations_of(here.cast),
        leaks=await asyncio.to_thread(_leaks, here),
    )


async def quiet(here: Stage, post: Post | None = None) -> None:
    """Wait until nothing is to be done any more. Where all that is left waits for a later time, time is skipped: for
    everybody at once, the partners too."""

    async def is_quiet() -> bool:
        if post is not None and not await post.is_done():
            return False
        left = await asyncio.to_thread(picture.unfinished, here.engine)
        here.note(str(left))
        if left:
            await _hurry(here)
        return not left

    await here.until(is_quiet, "nothing is left to do")


async def _hurry(here: Stage) -> None:
    due = await asyncio.to_thread(picture.next_due, here.engine)
    now = datetime.now(UTC) + timedelta(seconds=here.cast.almanac.ahead)
    if due is not None and due[0] > now + SOON:
        await here.skip((due[0] - now).total_seconds(), due[1])


def _leaks(here: Stage) -> list[str]:
    secrets = {**here.cast.ear.heard, API_KEY: "the host's key", KEY.partition(":")[2]: "the encryption key"}
    return leaks(secrets, {actor.log.name: actor.log.read_bytes() for actor in here.actors.values()})


def _figures(here: Stage, post: Post, done: list[Input]) -> dict[str, int]:
    cast = here.cast
    return {
        "changes at the partners": len(done),
        "events answered 2xx": post.answered.total(),
        "webhooks refused or unanswered, and brought again": post.others.total() + post.broken,
        "answers other than 2xx and 503": sum(n for status, n in post.others.items() if status != 503),
        "calls of the partners": sum(partner.calls.total() for partner in cast.partners.values()),
        "changes told to the ledger": len(cast.ledger.tries),
        "tries of those": cast.ledger.tries.total(),
        "projects at the host": len(cast.partners["companycam"].table("projects")),
        "connections cut": sum(wire.cuts for wire in (*cast.wires.values(), here.base.wire) if wire is not None),
        "starts of processes": sum(actor.starts for actor in here.actors.values()),
        "processes that ended by themselves": sum(len(actor.ended) for actor in here.actors.values()),
        "seconds skipped in the end": round(cast.almanac.ahead),
    }
