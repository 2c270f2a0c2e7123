from __future__ import annotations

import pytest

from runner.errors import (
    AlreadyExists,
    AuthenticationError,
    NotFound,
    PartnerUnavailable,
    RunnerError,
    SettingsError,
    StateRefused,
    StoreUnavailable,
)
from runner.model.integration import Reason
from runner.service.telling import alert, told


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (StateRefused("too old", code="link-expired"), 400, "This link is too old"),
        (StateRefused("odd", code="callback-malformed"), 400, "This page does not work any more"),
        (AuthenticationError("no", code="consent-refused"), 400, "Access was not given"),
        (AuthenticationError("no", code="scopes-missing"), 400, "Not all access was given"),
        (AuthenticationError("no"), 400, "The partner refused the connection"),
        (PartnerUnavailable("down"), 502, "The partner did not answer as expected"),
        (NotFound("there is no integration x1"), 404, "There is nothing to connect here"),
        (SettingsError("set it"), 400, "This cannot be connected yet"),
        (AlreadyExists("there"), 409, "This is connected already"),
        (StoreUnavailable("full"), 503, "We cannot connect you now"),
    ],
)
def test_every_error_has_a_page(error: RunnerError, status: int, title: str) -> None:
    page = told(error)
    assert (page.status, page.title, page.code) == (status, title, error.code)
    assert page.sentences


def test_ids_of_ours_are_not_shown() -> None:
    assert "x1" not in repr(told(NotFound("there is no integration x1; `runner integrations` lists those there are")))


def test_what_only_helps_support_stands_apart() -> None:
    page = told(PartnerUnavailable("the token endpoint answers 500"))
    assert page.detail == "The token endpoint answers 500."
    assert page.detail not in page.sentences


@pytest.mark.parametrize(
    "error",
    [
        AlreadyExists("acme is connected already (ask for a link: `runner connect --again x1`)"),
        SettingsError("the operator must set RUNNER_JOBBER_CLIENT_ID", by_operator=True),
        StoreUnavailable("the database cannot serve: disk full; `runner doctor` looks into it"),
    ],
)
def test_an_admin_reads_of_no_command_and_no_variable(error: RunnerError) -> None:
    page = told(error)
    assert page.sentences
    assert not any("`" in text or "RUNNER_" in text for text in page.sentences)
    assert page.detail.lower().startswith(str(error)[:20].lower())


def test_what_the_admin_filled_in_wrong_is_told_to_him() -> None:
    assert told(SettingsError("Acme has no such way in; open the link again")).sentences == (
        "Acme has no such way in.",
        "Open the link again.",
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("credential-refused", "Acme does not accept what was filled in."),
        ("partner-unavailable", "Acme did not answer as it should."),
        ("integration-refused", "Exact words."),
        ("wrong-account", "Exact words."),
    ],
)
def test_over_the_form_stands_what_the_admin_can_do(code: str, words: str) -> None:
    assert alert("Acme", Reason(code, "exact words", "mend it")).sentences[0] == words
