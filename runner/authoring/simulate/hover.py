"""
A simulated Hover: jobs with their models and photos, webhooks that are confirmed.

Sources: developers.hover.to, as named in the modules beside this one. Estimates, inspections, wallets, orders and their
events are not simulated. One app stands for hover.to and for the host of the files.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.consents import bearer_of
from runner.authoring.simulate.hover_captures import Captures
from runner.authoring.simulate.hover_data import jobs, model
from runner.authoring.simulate.hover_errors import answer, refusal
from runner.authoring.simulate.hover_files import Files
from runner.authoring.simulate.hover_hooks import Hooks
from runner.authoring.simulate.hover_jobs import Jobs
from runner.authoring.simulate.hover_oauth import HoverGrants
from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookAttempt, WebhookTarget
from runner.authoring.simulate.partner import Change, Partner
from runner.authoring.simulate.table import Row

NEWER: Mapping[str, str] = {"complete": "completed"}
NEWER_STATES = ("working", "waiting_approval", "processing", "paying", "completed", "failed")


class Hover(Partner):
    """Tables: jobs, capture_requests, webhooks; ids are numbers, times moments."""

    name = "hover"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: HoverOptions,
    ) -> None:
        manners = Manners(options.retries, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall, settle=self._settled)
        self.options = options
        self.grants = HoverGrants(options, now, self.dice)
        self.hooks = Hooks(self, options)
        self._captures = Captures(self, self.hooks, self._acting)
        self.tables = {
            "jobs": jobs(now(), self.dice, size, options),
            "capture_requests": self._captures.table,
            "webhooks": self.hooks.table,
        }
        self._gate = Gate(now, (options.limits,) if options.limits else ())

    def routes(self) -> Iterable[Route]:
        yield self.route("GET", "/oauth/authorize", self.grants.consents.ask, api=False)
        yield self.route("POST", "/oauth/authorize", self.grants.consents.decide, api=False)
        yield self.route("POST", "/oauth/token", self.grants.token, api=False)
        yield from self.hooks.routes()
        yield from self._captures.routes()
        yield from Files(self, self.options, self._acting).routes()
        yield from Jobs(self, self.options, self._acting).routes()

    # Being let in

    async def admit(self, request: Request) -> None:
        token = bearer_of(request)
        if self.grants.admitted(token) is None:
            raise refusal(401)
        if self._gate.wait(token):
            self.violations += 1
            raise refusal(429)

    def _acting(self, given: Mapping[str, Any]) -> None:
        """A token of an organisation speaks for one of its users. Raises Refusal."""
        named = (str(given.get("current_user_email") or "").lower(), str(given.get("current_user_id") or ""))
        own = (self.options.user_email, str(self.options.user_id))
        if self.options.owner_type == "orgs" and not any(one == other for one, other in zip(named, own, strict=True)):
            raise refusal(422, "current_user_id or current_user_email must name a user of the organization")

    def disconnect(self) -> None:
        """The customer removes the integration: no token is good any more, and nobody is told."""
        self.grants.end_all()

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        return answer(status, message)

    def stray(self, request: Request) -> Response:  # noqa: ARG002 - the same for every path
        return reply({"error": "Not found"}, 404)

    # Changing

    def stamp(self) -> datetime:
        return self.now()

    def new_row(self, what: str, row: Row) -> Row:
        key, now = self.table(what).next_number(), self.now()
        times = {"created_at": now, "updated_at": now}
        models = [{**one, "id": one["id"] + 1_000_000 + key, "job_id": key} for one in row.get("models", [])]
        return {**row, "id": key, **times, **({"models": models} if "models" in row else {})}

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        """Only a change of state is told; a job that is made is not."""
        if what != "jobs" or verb != "change" or before["state"] == after["state"]:
            return
        state, key = after["state"], after["id"]
        if state in {"complete", "failed"} and not after["models"]:
            made = model(key, 10_000 + key % 10_000, self.now(), self.now(), state)
            after["models"] = [made]
            self.hooks.tell("model-created", job_id=key, model_id=made["id"])
            self.hooks.tell("model-state-changed", job_id=key, model_id=made["id"], state=made["state"])
        said = {"job_external_identifier": after["external_identifier"], "job_id": key}
        more = {"content-available": 1, "job_estimated_hours_to_completion": 0}
        self.hooks.tell("job-state-changed", **said, state=state, **more)
        newer = NEWER.get(state, state)
        if newer in NEWER_STATES:
            self.hooks.tell("job-state-changed-v2", **said, state=newer)

    def _settled(self, attempt: WebhookAttempt) -> None:
        self.hooks.settled(attempt)


hover = maker(Hover, HoverOptions)
"""A Hover with `size` jobs. Options: see HoverOptions."""
