"""The API is called as its own document allows, and as it does not: no 5xx, and no answer that it does not tell.

`make fuzz` runs the same for minutes (FUZZ=long).
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from runner.service.api import Api
from runner.service.app import App
from runner.service.operation import openapi
from runner.service.settings import Settings
from runner.store import integrations
from tests.partners import ALWAYS, BASE, World
from tests.service.conftest import API_KEY
from tests.service.test_hostile import FUZZ, LONG

CHECKS: Any = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NOBODY: Any = None
OPERATIONS = [f"{one.method} {one.path}" for one in Api(NOBODY, ()).operations]


@pytest.fixture
async def app(here: World) -> App:
    """With one integration that works, and one in error; calls add more."""
    await here.connect("servicetitan")
    await here.connect("companycam", access_token="wrong")
    return App(here.house, Settings.read({"RUNNER_API_KEYS": API_KEY}))


@pytest.fixture
def document(app: App) -> Any:
    """The API as it says that it is."""
    return schemathesis.openapi.from_dict(openapi(app.api.operations, BASE))


class Known:
    """What is there, and what is not: else nearly every call would be about nothing."""

    def __init__(self, ids: list[str]) -> None:
        self.ids = st.sampled_from([*ids, "nobody"])
        self.connectors = st.sampled_from([*ALWAYS, "nobody"])

    def mend(self, data: st.DataObject, case: Case) -> None:
        """Put names of what is there in the place of some that were made up."""
        places: tuple[tuple[Any, str, st.SearchStrategy[str]], ...] = (
            (case.path_parameters, "id", self.ids),
            (case.query, "integration", self.ids),
            (case.query, "connector", self.connectors),
            (case.body, "connector", self.connectors),
        )
        for part, name, names in places:
            if isinstance(part, dict) and name in part and data.draw(st.booleans()):
                part[name] = data.draw(names)


async def call(app: App, case: Case) -> httpx.Response:
    """One call, as the bytes that a client would send."""
    sent = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
    headers = dict(sent.headers) | {"Authorization": f"Bearer {API_KEY}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE) as web:
        return await web.request(sent.method or "", sent.url or "", headers=headers, content=sent.body)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(FUZZ, max_examples=1_000 if LONG else 10)
@given(data=st.data(), mode=st.sampled_from(GenerationMode))
async def test_an_answer_is_as_the_document_says(
    here: World, app: App, document: Any, operation: str, data: st.DataObject, mode: GenerationMode
) -> None:
    method, path = operation.split(" ")
    case = data.draw(document[path][method].as_strategy(mode))
    listed = await here.read(integrations.find)
    Known([one.id for one in listed]).mend(data, case)
    case.validate_response(await call(app, case), checks=CHECKS)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"/api/records?after={2**63}", 400),
        ("/api/records?after=%00", 422),
        (f"/api/changes?after={2**63}", 422),
        ("/api/integrations?company=%00", 422),
        ("/api/integrations/%00", 404),
        ("/webhooks/jobber/%00", 404),
    ],
)
async def test_what_a_database_cannot_hold_is_refused_before_it_is_asked(
    web: httpx.AsyncClient, url: str, status: int
) -> None:
    method = "POST" if url.startswith("/webhooks") else "GET"
    answer = await web.request(method, url, headers={"X-API-Key": API_KEY})
    assert answer.status_code == status
