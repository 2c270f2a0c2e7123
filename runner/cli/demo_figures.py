"""The figures of the demo: what the database says, what the partners counted, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import httpx
import orjson
from sqlalchemy import Connection, func, select

from runner.cli.demo_outside import PICTURES, picture
from runner.cli.demo_stage import Stage
from runner.cli.demo_world import CAM, World
from runner.engine.house import House
from runner.model.push import Push, PushState
from runner.service.assemble import save_calls
from runner.store import calls, deliveries, feed, figures, integrations, links, push_table, pushes, rejections
from runner.store.events import events

EVERY = 100_000
NOT_API = ("/connect/token", "/oauth/", "/oauth2/")
PIECES = "POST /2/files/upload_session/append_v2"
"""The call by which Dropbox takes a piece of a file."""


@dataclass(frozen=True)
class Check:
    """One figure from both sides."""

    what: str
    runner: object
    partners: object

    @property
    def agrees(self) -> bool:
        return self.runner == self.partners


@dataclass(frozen=True)
class Figures:
    """What the database says at one moment."""

    records: int
    contents: str
    kinds: dict[tuple[str, str], int]
    deliveries: int
    keys: frozenset[str]
    duplicates: int
    rejected: dict[str, int]
    calls: int
    limited: int
    projects: int
    archived: int
    crew: frozenset[tuple[str, str]]
    stored: int
    noted: int
    told: int
    made: dict[tuple[str, str], int]
    failed: int


async def measure(house: House) -> Figures:
    """Read all figures in one view."""
    await save_calls(house)
    return await house.store.database.read(_read)


async def compare(world: World, acts: Stage, before: Figures, after: Figures) -> list[Check]:
    """Each figure of this demo from the database, beside what the partners and the postman saw."""
    made = sum(_api_calls(world))
    over = sum(partner.violations for partner in world.partners.values())
    accepted = [one for one in acts.attempts if one.accepted]
    keys = {_key(one.body) for one in accepted}
    host, known = world.companycam, after.projects - before.projects
    titan, clients = world.servicetitan, [row for row in world.jobber.table("clients") if not row["isLead"]]
    return [
        Check(
            "technicians of ServiceTitan", after.kinds.get(("servicetitan", "user")), len(titan.table("technicians"))
        ),
        Check(
            "locations of ServiceTitan", after.kinds.get(("servicetitan", "location")), len(titan.table("locations"))
        ),
        Check("customers of ServiceTitan", after.kinds.get(("servicetitan", "contact")), len(titan.table("customers"))),
        Check("jobs of ServiceTitan", after.kinds.get(("servicetitan", "project")), len(titan.table("jobs"))),
        Check(
            "estimates of ServiceTitan", after.kinds.get(("servicetitan", "estimate")), len(titan.table("estimates"))
        ),
        Check("clients of Jobber", after.kinds.get(("jobber", "contact")), len(clients)),
        Check("users of CompanyCam", after.kinds.get(("companycam", "user")), len(host.table("users"))),
        Check("webhook requests accepted", after.deliveries - before.deliveries, len(accepted) + acts.knocks[200]),
        Check("events told more than once", after.duplicates - before.duplicates, _twice(acts, keys, before)),
        Check("wrong signatures turned away", _refused(before, after, "bad-signature"), acts.knocks[401]),
        Check("malformed requests turned away", _refused(before, after, "malformed-delivery"), acts.knocks[400]),
        Check("projects pushed to the host", known, len(host.table("projects")) - len(world.past.projects)),
        Check("projects archived at the host", *_archived(world, before, after)),
        Check("people assigned at the host", *await _crew(world, before, after)),
        *_both_ways(world, before, after),
        *(Check(what, *pair) for what, pair in acts.moments.items()),
        Check("unchanged records pushed once more", *await _late(world, acts)),
        Check("calls to partners", after.calls - before.calls, made),
        Check("calls over a limit, retried", after.limited - before.limited, over),
    ]


def _read(connection: Connection) -> Figures:
    found = integrations.find(connection)
    turned = rejections.find(connection)
    return Figures(
        records=sum(sum(kinds.values()) for one in found for kinds in feed.counts(connection, one.id).values()),
        contents=_contents(connection),
        kinds={
            (one.connector, kind): sum(states.values())
            for one in found
            for kind, states in feed.counts(connection, one.id).items()
        },
        deliveries=connection.scalar(select(func.count()).select_from(deliveries.deliveries)) or 0,
        keys=frozenset(connection.scalars(select(events.c.key).distinct())),
        duplicates=_events(connection, "duplicate"),
        rejected={one.reason: one.count for one in turned},
        calls=calls.total(connection).calls,
        limited=calls.total(connection).limited,
        projects=sum(link.how == "pushed" for link in links.find(connection, kind="project", limit=EVERY)),
        archived=sum(push.archived for push in _pushes(connection, "projects")),
        crew=frozenset(_assigned(connection)),
        stored=len(_pushes(connection, "photos")),
        noted=len(_pushes(connection, "notes")),
        told=len(_pushes(connection, "told_photos")),
        made=_made(connection),
        failed=pushes.counts(connection).states[PushState.FAILED],
    )


def _contents(connection: Connection) -> str:
    """A fingerprint of all records' kinds, ids and fields: the same after a demo that changed nothing."""
    told = [
        (one.record.kind, one.record.external_id, one.record.inactive, one.record.fields)
        for one in feed.iterate(connection)
    ]
    told.sort(key=lambda one: one[:2])
    return blake2b(orjson.dumps(told, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _events(connection: Connection, state: str) -> int:
    return connection.scalar(select(func.count()).where(events.c.state == state)) or 0


def _pushes(connection: Connection, rule: str) -> list[Push]:
    return [one for one in pushes.find(connection, limit=EVERY) if one.rule == rule and one.state is PushState.DONE]


def _assigned(connection: Connection) -> Iterator[tuple[str, str]]:
    """Pairs of project and user at the host, by the pushes that have arrived."""
    hosts = {
        (one.integration_id, one.kind, one.external_id): one.host_id for one in links.find(connection, limit=EVERY)
    }
    for push in _pushes(connection, "crew"):
        if push.fingerprint is None or push.archived:
            continue
        fields = feed.get(connection, push.integration_id, push.kind, push.external_id).record.fields
        pair = [hosts.get((push.integration_id, kind, str(fields[kind]))) for kind in ("project", "user")]
        yield str(pair[0]), str(pair[1])


def _made(connection: Connection) -> dict[tuple[str, str], int]:
    """Calls by connector and endpoint."""
    found: dict[tuple[str, str], int] = {}
    for one in figures.find(connection):
        found[one.connector, one.endpoint] = found.get((one.connector, one.endpoint), 0) + one.calls
    return found


def _both_ways(world: World, before: Figures, after: Figures) -> Iterator[Check]:
    """What went on from the host."""
    host, cloud, notes = world.companycam, world.dropbox, world.servicetitan.job_notes.notes
    pieces, update = ("dropbox", "append_upload"), ("companycam", "update_project")
    expected = [picture(name) for name in PICTURES]
    whole = sum(cloud.tree.contents[row["id"]] in expected for row in cloud.table("entries") if row[".tag"] == "file")
    yield Check("photos of CompanyCam", after.kinds.get(("companycam", "photo")), len(host.table("photos")))
    yield Check("photos in Dropbox, byte for byte", after.stored - before.stored, whole)
    yield Check("pieces of large photos", after.made.get(pieces, 0) - before.made.get(pieces, 0), cloud.calls[PIECES])
    yield Check("notes on ServiceTitan's jobs", after.noted - before.noted, sum(map(len, notes.values())))
    yield Check("photos told to the office", after.told - before.told, len(world.outside.changes))
    changes = after.made.get(update, 0) - before.made.get(update, 0)
    yield Check("changes of projects at the host", changes, host.calls["PUT /v2/projects/{id}"])


def _archived(world: World, before: Figures, after: Figures) -> tuple[int, int]:
    archived = sum(bool(row["archived"]) for row in world.companycam.table("projects"))
    return after.archived - before.archived, archived - sum(bool(row["archived"]) for row in world.past.projects)


async def _crew(world: World, before: Figures, after: Figures) -> tuple[int, int]:
    """Asked of the host by its own API, not of its tables."""
    transport = httpx.ASGITransport(app=world.companycam.app)
    headers = {"Authorization": f"Bearer {CAM.access_token}"}
    pairs: set[tuple[str, str]] = set()
    async with httpx.AsyncClient(transport=transport, base_url="http://host", headers=headers) as client:
        for project in list(world.companycam.table("projects")):
            answer = await client.get(f"/v2/projects/{project['id']}/assigned_users")
            pairs |= {(project["id"], user["id"]) for user in answer.raise_for_status().json()}
    return len(after.crew - before.crew), len(pairs)


async def _late(world: World, acts: Stage) -> tuple[int, int]:
    """Pushes that moved, and writes that the host saw, since everything was synced once more."""
    since = acts.again_at
    assert since is not None, "everything was synced once more"

    def moved(connection: Connection) -> int:
        query = select(func.count()).select_from(push_table.pushes).where(push_table.pushes.c.updated_at >= since)
        return connection.scalar(query) or 0

    return await world.house.store.database.read(moved), acts.writes_after_last - acts.writes_before_last


def _api_calls(world: World) -> Iterator[int]:
    for partner in world.partners.values():
        yield from (count for label, count in partner.calls.items() if not any(part in label for part in NOT_API))


def _twice(acts: Stage, keys: set[str], before: Figures) -> int:
    """Accepted webhooks beyond the first of each that the database did not know before the demo."""
    accepted = sum(one.accepted for one in acts.attempts) + acts.knocks[200]
    fresh = keys | {"CLIENT_UPDATE:1:now"}
    return accepted - len(fresh - before.keys)


def _key(body: bytes) -> str:
    """What tells one event from another, by the partners' own documents."""
    told = orjson.loads(body)
    if "userassignedid" in told:
        return str(told["userassignedid"])
    if "webhook_id" in told:
        thing = told["payload"].get("project") or told["payload"]["photo"]
        return f"{told['webhook_id']}:{told['event_type']}:{told['created_at']}:{thing['id']}"
    event = told["data"]["webHookEvent"]
    return ":".join((event["topic"], event["itemId"], event["occurredAt"]))


def _refused(before: Figures, after: Figures, reason: str) -> int:
    return after.rejected.get(reason, 0) - before.rejected.get(reason, 0)
