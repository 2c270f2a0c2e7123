from __future__ import annotations

import orjson
import pytest
from pydantic import ValidationError

from runner.service.api_shapes import Connect, Sent, WhichChanges, WhichIntegrations, WhichRecords
from runner.service.wrong import sentences


def told(model: type[Sent], body: bytes) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(body)
    return list(sentences(caught.value, model))


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (Connect, b"{", "the body is not JSON"),
        (Connect, b"[]", "the body must be a JSON object"),
        (Connect, b'{"company": "a"}', "`connector` is missing"),
        (Connect, b'{"company": 1, "connector": "x"}', "`company` must be text"),
        (Connect, b'{"company": "", "connector": "x"}', "`company` must be text with a length of 1 or more"),
        (Connect, b'{"company": "a", "connector": "x", "settings": []}', "`settings` must be a JSON object"),
        (Connect, b'{"company": "a", "connector": "x", "settings": {"b": 1}}', "`settings.b` must be text"),
        (Connect, b'{"company": "a", "connector": "x", "redirect_to": "ftp://x"}',
         "`redirect_to` does not have the right form"),
        (WhichChanges, b'{"after": -1}', "`after` must be 0 or more"),
        (WhichRecords, b'{"limit": 5000}', "`limit` must be 1000 or less"),
        (WhichChanges, b'{"after": "x"}', "`after` must be a whole number"),
        (WhichIntegrations, b'{"state": "eror"}', "`state` must be 'pending', 'active', 'error' or 'disabled'"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_in_our_words(model: type[Sent], body: bytes, said: str) -> None:
    assert told(model, body) == [said]


def test_a_misspelt_name_is_told_with_the_one_that_was_meant() -> None:
    assert told(Connect, b'{"company": "a", "conector": "x"}') == [
        "`connector` is missing",
        "`conector` is not known here (did you mean `connector`?)",
    ]


def test_no_value_is_repeated() -> None:
    body = orjson.dumps({"company": "a", "connector": "x", "settings": {"key": ["s3cret"]}, "full": "s3cret"})
    assert "s3cret" not in " ".join(told(Connect, body))
