"""The web app: webhooks past everything else, then the pages of connecting, the API and the health of the process."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runner.engine.house import House
from runner.errors import RunnerError
from runner.service.api import Api
from runner.service.bodies import PATIENCE, Receive, Scope, Send
from runner.service.connecting import ConnectPage
from runner.service.health import Health
from runner.service.heart import Heart
from runner.service.oauth import Callback
from runner.service.operation import side_by_side
from runner.service.problems import Problem, broken_answer, http_answer, problem_answer, runner_answer
from runner.service.readiness import Readiness
from runner.service.settings import Settings
from runner.service.uninstalling import Uninstalling
from runner.service.webhooks import Webhooks

PREFIX = "/webhooks/"


class App:
    """An ASGI app over a house. Requests to `/webhooks/` do not pass through the web framework."""

    def __init__(
        self, house: House, settings: Settings, patience: float = PATIENCE, heart: Heart | None = None
    ) -> None:
        self.api = Api(house, settings.api_keys)
        self.webhooks = Webhooks(house, patience)
        self._rest = _rest(house, self.api, Readiness(house, heart))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self.webhooks(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def _rest(house: House, api: Api, readiness: Readiness) -> Starlette:
    health, page = Health(house), ConnectPage(house)
    back, uninstalled = Callback(house).answer, Uninstalling(house).answer
    return Starlette(
        routes=[
            Route("/healthz", health.live, methods=["GET"]),
            Route("/readyz", readiness.ready, methods=["GET"]),
            Route("/metrics", health.metrics, methods=["GET"]),
            side_by_side("/oauth/callback", {"GET": back, "DELETE": uninstalled, "POST": uninstalled}, heads=False),
            side_by_side("/oauth/{connector}/authorize", {"GET": page.show, "POST": page.take}),
            *api.routes(),
            Route("/", _home, methods=["GET"]),
        ],
        exception_handlers={
            Problem: problem_answer,
            RunnerError: _logged(house),
            HTTPException: http_answer,
            Exception: broken_answer,
        },
    )


def _logged(house: House) -> Callable[[Request, Exception], Response]:
    """The answer to an error of ours, and a line in the log where the fault is not the caller's."""

    def answer(request: Request, error: Exception) -> Response:
        response = runner_answer(request, error)
        if response.status_code >= 500:
            whose = {"method": request.method, "path": request.url.path, "status": response.status_code}
            house.log.error("request-failed", **whose, code=getattr(error, "code", ""), error=str(error))
        return response

    return answer


async def _home(_: Request) -> Response:
    return PlainTextResponse("The runner is here. Its API is described at /api/openapi.json\n")
