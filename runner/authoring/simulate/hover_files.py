"""
Hover's files: photos, which lead on to signed addresses at another host, and measurements.

Source: developers.hover.to/docs/rotated-images. The signed address takes no other credential: like stores of its kind,
it refuses a request that carries a token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.hover_errors import answer, refusal
from runner.authoring.simulate.hover_jobs import Organisation
from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.table import Row

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
FORMS = ("summarized_json", "full_json")


class Files:
    """What belongs to a model."""

    def __init__(self, home: Organisation, options: HoverOptions, acting: Callable[[Mapping[str, Any]], None]) -> None:
        self._home = home
        self._options = options
        self._acting = acting

    def routes(self) -> Iterable[Route]:
        route = self._home.route
        yield route("GET", "/api/v2/images/{id:int}/image.jpg", self._image)
        yield route("GET", "/api/v2/jobs/{id}/measurements.json", self._measurements)
        yield route("GET", "/api/v3/models/{id:int}/artifacts/{name}", self._artifact)
        yield route("GET", "/photos/{id:int}.jpg", self._stored, api=False)

    async def _image(self, request: Request) -> Response:
        number = request.path_params["id"]
        if all(image["id"] != number for model in self._models() for image in model["images"]):
            raise refusal(404, "Image not found")
        return RedirectResponse(f"{self._options.storage}/photos/{number}.jpg?signature={_signature(number)}", 302)

    async def _stored(self, request: Request) -> Response:
        number = request.path_params["id"]
        if "authorization" in request.headers or urlsplit(self._options.storage).netloc != request.url.netloc:
            return Response("Only one auth mechanism allowed", 400)
        if request.query_params.get("signature") != _signature(number):
            return Response("Forbidden", 403)
        return Response(JPEG, media_type="image/jpeg")

    async def _measurements(self, request: Request) -> Response:
        self._acting(request.query_params)
        row, form = (
            self._home.table("jobs").get(request.path_params["id"]),
            request.query_params.get("version", FORMS[0]),
        )
        if row is None or not row["models"]:
            raise refusal(404, "Job not found")
        return (
            reply({"version": form, "summary": {"roof_area": 2000 + row["id"] % 97}}) if form in FORMS else answer(400)
        )

    async def _artifact(self, request: Request) -> Response:
        self._acting(request.query_params)
        if all(model["id"] != request.path_params["id"] for model in self._models()):
            raise refusal(404, "Model not found")
        return reply({"model_id": request.path_params["id"], "name": request.path_params["name"]})

    def _models(self) -> Iterator[Row]:
        for job in self._home.table("jobs"):
            yield from job["models"]


def _signature(number: int) -> str:
    return hashlib.sha256(f"photo:{number}".encode()).hexdigest()[:32]
