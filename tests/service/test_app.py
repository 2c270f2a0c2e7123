from __future__ import annotations

import httpx
import pytest
from sqlalchemy import text

from tests.partners import World
from tests.service.conftest import API_KEY


@pytest.mark.sqlite_only
async def test_a_call_that_a_full_disk_refuses_is_a_line_in_the_log(here: World, web: httpx.AsyncClient) -> None:
    pages = await here.read(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    await here.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}").close())
    asked = {"connector": "companycam", "settings": {"access_token": "hidden-token"}}
    statuses = set()
    for number in range(40):  # the last pages have room for a few
        body = asked | {"company": f"{number}{'a' * 190}"}
        statuses.add((await web.post("/api/integrations", json=body, headers={"X-API-Key": API_KEY})).status_code)
    assert 503 in statuses
    told = next(values for _, event, values in here.log.lines if event == "request-failed")
    assert (told["method"], told["path"], told["code"]) == ("POST", "/api/integrations", "store-unavailable")
    assert "hidden-token" not in str(here.log.lines)


async def test_what_is_the_callers_own_fault_is_none(here: World, web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/integrations/nobody", headers={"X-API-Key": API_KEY})
    assert answer.status_code == 404
    assert "request-failed" not in here.log.events()
