"""A secret prints as dots wherever it is printed by accident."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import structlog
from pydantic import BaseModel
from rich.console import Console

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


def fails(token: Secret) -> None:
    credential = Credential(access_token=token, values={"key": token})
    raise RuntimeError(f"{credential!r} with {token}")


def shown_by_rich() -> str:
    """A traceback with the values of all local names, as rich prints it."""
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    try:
        fails(SECRET)
    except RuntimeError:
        console.print_exception(show_locals=True)
    found: str = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    return found


def shown_by_structlog(*processors: Any) -> str:
    out = io.StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(out), processors=list(processors))
    log.error("x", token=SECRET, holder=Holder(SECRET), inside={"a": [SECRET]})
    return out.getvalue()


def shown_by_logging() -> str:
    out = io.StringIO()
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "%s %r", (SECRET, {"token": SECRET}), None)
    logging.StreamHandler(out).handle(record)
    return out.getvalue()


def shown_by_a_traceback() -> str:
    try:
        fails(SECRET)
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize(
    "shown",
    [
        shown_by_rich,
        shown_by_logging,
        shown_by_a_traceback,
        lambda: shown_by_structlog(structlog.processors.JSONRenderer()),
        lambda: shown_by_structlog(structlog.processors.KeyValueRenderer()),
        lambda: shown_by_structlog(structlog.dev.ConsoleRenderer(colors=False)),
        lambda: pprint.pformat({"a": [Holder(SECRET)]}),
        lambda: json.dumps({"a": SECRET}, default=str),
        lambda: repr(Form(key=SECRET).model_dump()),
    ],
)
def test_no_printer_shows_it(shown: Callable[[], str]) -> None:
    text = shown()
    assert text
    assert "s3cr3t" not in text


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_it_is_not_copied_out_of_sight(copied: Callable[[Secret], Secret]) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        copied(SECRET)
