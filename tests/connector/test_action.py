from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from runner.connector.action import Action, Idempotency
from runner.connector.loader import check
from tests.partners import ROOT

QUICKBOOKS = (ROOT / "connectors/quickbooks.yaml").read_text(encoding="utf-8")


def action(**more: Any) -> Action:
    return Action.model_validate({"post": "/jobs", **more})


def findings(old: str, new: str) -> list[str]:
    assert QUICKBOOKS.count(old) >= 1
    return [f"{one.code}: {one.message}" for one in check(QUICKBOOKS.replace(old, new, 1), "quickbooks.yaml")[1]]


class TestIdempotency:
    def test_a_key_is_the_same_for_the_same_origin_and_no_other(self) -> None:
        key = Idempotency(form="uuid").key
        assert key("i1:7:create") == key("i1:7:create") != key("i1:8:create")
        assert str(UUID(key("i1:7:create"))) == key("i1:7:create")

    def test_hex_is_the_same_key_without_its_dashes(self) -> None:
        assert Idempotency(form="hex").key("x") == Idempotency(form="uuid").key("x").replace("-", "")

    @pytest.mark.parametrize(
        ("more", "may_repeat", "leaves_doubt"),
        [
            ({}, False, True),
            ({"repeatable": True}, True, False),
            ({"idempotency": {"form": "uuid"}}, True, True),
            ({"repeatable": True, "idempotency": {"form": "uuid"}}, True, True),
        ],
    )
    def test_it_may_be_sent_again_as_it_is_and_no_other_way(
        self, more: dict[str, Any], may_repeat: bool, leaves_doubt: bool
    ) -> None:
        made = action(**more)
        assert (made.may_repeat, made.leaves_doubt) == (may_repeat, leaves_doubt)

    def test_the_key_has_no_value_where_it_is_not_declared(self) -> None:
        assert "unknown-name: `idempotency` in `{{ idempotency.key }}` has no value here" in findings(
            "    idempotency: {form: uuid}\n", ""
        )


class TestBefore:
    def test_what_is_read_has_no_value_where_it_is_not_declared(self) -> None:
        (said,) = findings("    before: {endpoint: customer, with: {id: id}}\n", "")
        assert said == "unknown-name: `before` in `{{ before.SyncToken }}` has no value here"

    @pytest.mark.parametrize(
        ("new", "said"),
        [
            ("{endpoint: custmer, with: {id: id}}", "unknown-endpoint: there is no endpoint `custmer`"),
            ("{endpoint: customer}", "missing-input: the endpoint `customer` needs `id`"),
            ("{endpoint: customer, with: {id: id, of: id}}", "unknown-input: the endpoint `customer` takes no `of`"),
            (
                "{endpoint: customer_changes}",
                "unknown-name: the endpoint `customer_changes` reads `checkpoint`, which `before` does not give",
            ),
        ],
    )
    def test_its_endpoint_fits(self, new: str, said: str) -> None:
        assert findings("{endpoint: customer, with: {id: id}}", new) == [said]
