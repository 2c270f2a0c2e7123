"""
What Pipedrive's calls cost, and what is left: a daily budget of the company, bursts of a token.

Sources: pipedrive.readme.io core-api-concepts-rate-limiting and `x-token-cost` of the official OpenAPI v2. That the day
ends at midnight UTC is this module's reading of "server time"; the daily headers were seen live only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.pipedrive_errors import answer, blocked
from runner.authoring.simulate.pipedrive_options import PipedriveOptions

V1 = {"GET": 2, "LIST": 20, "POST": 10, "PUT": 10, "PATCH": 10, "DELETE": 6, "SEARCH": 40}
V2 = {"GET": 1, "LIST": 10, "POST": 5, "PATCH": 5, "DELETE": 3, "SEARCH": 20}
CHEAP, DEAR = ("/api/v2/pipelines", "/api/v2/stages"), ("/api/v2/deals/archived",)
LISTS = re.compile(r"/api/v\d/\w+(/archived)?")


class Meter:
    """Counts what one company spends, and what each of its tokens asks."""

    def __init__(self, options: PipedriveOptions, now: Callable[[], datetime]) -> None:
        self._options = options
        self._now = now
        self._apps = Gate(now, (options.burst,))
        self._api = Gate(now, (options.api_burst,))
        self._searches = Gate(now, (options.search_burst,))
        self._day = now().date()
        self.spent = 0
        self._refused = 0
        self._blocked_until: datetime | None = None

    def admit(self, request: Request, token: str, by_api_token: bool) -> None:
        """Raises Refusal: over the burst, over the day's budget, or blocked for not listening."""
        if self._blocked_until is not None and self._now() < self._blocked_until:
            raise blocked()
        if self._wait(request, token, by_api_token):
            self._refused += 1
            if by_api_token and self._refused >= self._options.block_after:
                self._refuse_for_good()
            raise self._over(token, by_api_token)
        self._refused, self._blocked_until = 0, None
        self._spend(request, token, by_api_token)

    def left(self, token: str, by_api_token: bool) -> dict[str, str]:
        """The headers of every answer."""
        window = self._options.api_burst if by_api_token else self._options.burst
        gate = self._api if by_api_token else self._apps
        headers = {
            "x-ratelimit-limit": str(window.requests),
            "x-ratelimit-remaining": str(gate.left(token)),
            "x-ratelimit-reset": str(math.ceil(window.seconds)),
        }
        if self._options.daily_headers:
            headers["x-daily-ratelimit-token-limit"] = str(self._options.daily)
            headers["x-daily-ratelimit-token-remaining"] = str(max(0, self._options.daily - self.spent))
        return headers

    def _wait(self, request: Request, token: str, by_api_token: bool) -> bool:
        if cost(request)[1] and self._searches.wait():
            return True
        return bool((self._api if by_api_token else self._apps).wait(token))

    def _spend(self, request: Request, token: str, by_api_token: bool) -> None:
        """The budget begins anew with each day. Raises Refusal."""
        if self._now().date() != self._day:
            self._day, self.spent = self._now().date(), 0
        if self.spent + cost(request)[0] > self._options.daily:
            self.spent = self._options.daily
            raise self._over(token, by_api_token)
        self.spent += cost(request)[0]

    def _over(self, token: str, by_api_token: bool) -> Refusal:
        refused = answer(429)
        refused.headers.update(self.left(token, by_api_token))
        return Refusal(refused)

    def _refuse_for_good(self) -> None:
        gap = self._options.block
        self._blocked_until = datetime.fromtimestamp(self._now().timestamp() + gap, self._now().tzinfo)


def cost(request: Request) -> tuple[int, bool]:
    """Points of a call, and whether it is a search."""
    path = request.url.path
    table = V2 if path.startswith("/api/v2/") else V1
    if path.endswith(("/search", "/itemSearch")):
        return table["SEARCH"], True
    if request.method != "GET":
        return table[request.method], False
    if path in CHEAP:
        return 5, False
    if path in DEAR:
        return 20, False
    listed = LISTS.fullmatch(path) and not path.endswith("/me")
    return table["LIST" if listed else "GET"], False
