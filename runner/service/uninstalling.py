"""`DELETE` and `POST /oauth/callback`: a partner says that a company removed the app there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from runner.engine.house import House
from runner.engine.integrations.uninstall import uninstalled
from runner.errors import DeliveryError, StoreError
from runner.service.bodies import HungUp, TooLarge, TooSlow, read_body
from runner.service.problems import told

LARGEST = 20_000  # bytes


class Uninstalling:
    """The handler; what it answers tells a stranger nothing but that he is one."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def answer(self, request: Request) -> Response:
        """200 once the integrations are switched off, also when there was none."""
        try:
            body = await read_body(request.scope, request.receive, LARGEST)
            await uninstalled(self._house, request.method, request.headers.get("authorization", ""), body)
        except TooLarge:
            return told(413, "body-too-large", f"the body has more than {LARGEST} bytes")
        except (TooSlow, HungUp):
            return told(408, "body-too-slow", "the body did not come in time")
        except DeliveryError as error:
            self._house.log.warning("uninstall-refused", code=error.code)
            return told(error.status, error.code, "this request is not taken")
        except StoreError as error:
            self._house.log.error("uninstall-not-stored", code=error.code)
            return told(503, "store-unavailable", "the store takes nothing now", "send it again")
        return Response(status_code=200)
