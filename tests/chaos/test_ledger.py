"""The destination that counts."""

from __future__ import annotations

from typing import Any

import httpx

from tests.chaos.ledger import Ledger


def change(key: str, name: str, *, deleted: bool = False) -> dict[str, Any]:
    whose = {"rule": "told", "connector": "jobber", "kind": "contact", "external_id": "1"}
    return {**whose, "key": key, "fields": {"name": name}, "inactive": False, "deleted": deleted}


async def post(ledger: Ledger, *changes: dict[str, Any]) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(ledger.app), base_url="http://ledger") as client:
        answer = await client.post(
            "/changes", json={"data": {"changes": changes}}, headers={"webhook-signature": "v1,x"}
        )
    return answer.status_code


async def test_tries_of_one_change_count_once() -> None:
    ledger = Ledger()
    for _ in range(3):
        await post(ledger, change("a", "Ann"))
    await post(ledger, change("b", "Bea"))
    assert (len(ledger.tries), ledger.tries.total(), ledger.doubled()) == (2, 4, [])
    assert [content["fields"] for content in ledger.standing().values()] == [{"name": "Bea"}]


async def test_the_same_under_another_key_is_doubled() -> None:
    ledger = Ledger()
    await post(ledger, change("a", "Ann"), change("b", "Ann"))
    assert len(ledger.doubled()) == 1


async def test_what_is_lost_was_taken_in_and_what_fails_was_not() -> None:
    ledger = Ledger()
    ledger.stumble("lose", 1)
    ledger.stumble("fail", 1)
    assert [await post(ledger, change("a", "Ann")), await post(ledger, change("b", "Bea"))] == [502, 500]
    assert set(ledger.tries) == {"a"}


async def test_what_is_deleted_stands_no_more() -> None:
    ledger = Ledger()
    await post(ledger, change("a", "Ann"), change("b", "Ann", deleted=True))
    assert ledger.standing() == {}
