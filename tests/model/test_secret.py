"""A secret prints as dots wherever it is printed by accident."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import orjson
import pytest
from pydantic import BaseModel

from runner.model.credential import Credential
from runner.model.secret import Secret

SECRET = Secret("s3cr3t-value")


class Form(BaseModel):
    key: Secret


@dataclass(frozen=True)
class Holder:
    key: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET:>20}",
        "%s" % SECRET,  # noqa: UP031  # one of the ways
        repr([SECRET]),
        repr(Holder(SECRET)),
        repr(Credential(access_token=SECRET, values={"key": SECRET})),
        repr(Form(key=SECRET)),
        Form(key=SECRET).model_dump_json(),
    ],
)
def test_is_not_shown(shown: str) -> None:
    assert "s3cr3t" not in shown


def test_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="encrypt it"):
        pickle.dumps(SECRET)


def test_is_not_written_as_json() -> None:
    with pytest.raises(TypeError):
        orjson.dumps({"key": SECRET})


def test_is_revealed_on_purpose_and_compared() -> None:
    assert SECRET.reveal() == "s3cr3t-value"
    assert SECRET.matches("s3cr3t-value")
    assert SECRET.matches(b"s3cr3t-value")
    assert not SECRET.matches("s3cr3t-valuf")
    assert Secret("s3cr3t-value") == SECRET
    assert Secret("other") != SECRET
    assert not Secret("")
