"""The API of actions: what can be changed at a partner, changing it, and what came of earlier acts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from runner.engine.actions.once import once
from runner.engine.house import House
from runner.model.act import ActState
from runner.model.integration import Integration, State
from runner.service import act_shapes as shapes
from runner.service.operation import Operation, body_of, json, query_of, reads
from runner.service.problems import Problem
from runner.store import acts, integrations

KEY = "Idempotency-Key"
LONGEST_KEY = 200
_ACT = (
    f"Send the header `{KEY}` (up to {LONGEST_KEY} letters, digits and signs; a UUID will do), one for each thing that "
    "is to be done: the same key is the same act, for as long as runs are kept. Once it is done, the same key is "
    "answered with the same result (`repeated`), and a refusal by the partner is told again; while it is being done "
    "the answer is 409 `under-way`, with another input 422 `key-reused`. 422 `bad-input` names every value that is "
    "wrong in `error.fields`; 422 `partner-refused` has the partner's own words in `error.partner`. 502 "
    "`unknown-outcome` says that the answer was lost: the thing may be done. Nothing is then repeated blindly: ask "
    "again with the key of the message, and where `repeat` of the action is not `never` it is settled."
)


class ActionsApi:
    """The handlers of `/api/integrations/{id}/actions` and `/api/integrations/{id}/acts`."""

    def __init__(self, house: House) -> None:
        self._house = house
        path = "/api/integrations/{id}/actions"
        self.operations = [
            reads(path, "listActions", "What can be changed at the partner", self.listed, shapes.Actions),
            Operation("POST", f"{path}/{{name}}", "act", "Change something at the partner", self.act, shapes.ActDone,
                      takes=shapes.ActNow, description=_ACT, fails=(409, 502), headers={KEY: "The act's own key"}),
            reads("/api/integrations/{id}/acts", "listActs", "What came of acts", self.acts, shapes.Acts,
                  shapes.WhichActs),
        ]  # fmt: skip

    async def listed(self, request: Request) -> Response:
        """The actions of an integration's connector."""
        found = await self._integration(request)
        connector = self._house.connectors.get(found.connector)
        return json(shapes.Actions(actions=[*shapes.shown(connector)]))

    async def act(self, request: Request) -> Response:
        """Do one."""
        asked, key = await body_of(request, shapes.ActNow), _key(request)
        found, name = await self._integration(request), request.path_params["name"]
        if found.state is not State.ACTIVE:
            raise Problem(409, "not-active", f"the integration is {found.state.value}", "connect it first")
        return json(shapes.ActDone.of(name, await once(self._house, found, name, asked.input, key)))

    async def acts(self, request: Request) -> Response:
        """The latest acts."""
        asked, found = query_of(request, shapes.WhichActs), await self._integration(request)
        state = ActState(asked.state) if asked.state else None
        listed = await self._house.store.database.read(lambda c: acts.find(c, found.id, state, asked.limit))
        return json(shapes.Acts(acts=[shapes.ActShape.of(one) for one in listed]))

    async def _integration(self, request: Request) -> Integration:
        wanted = request.path_params["id"].replace("\0", "?")  # a null is in no id, and PostgreSQL fails at it
        return await self._house.store.database.read(lambda c: integrations.get(c, wanted))


def _key(request: Request) -> str | None:
    key = request.headers.get(KEY)
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        message = f"the header {KEY} is empty, longer than {LONGEST_KEY}, or has other than letters, digits and signs"
        raise Problem(422, "bad-key", message, "send a UUID")
    return key
