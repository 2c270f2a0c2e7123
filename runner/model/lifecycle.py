"""The life of an integration: which state follows which, on what event and for which reasons. The one table of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from runner.errors import TransitionRefused
from runner.model.integration import Integration, Reason, State


class Matter(StrEnum):
    """Whose matter a reason is. `auth`: the company connects again. `configuration`: a value, a right or the
    connector is mended. `partner`: the partner was away or answered oddly. `operator`, `host`: they meant it."""

    AUTH = "auth"
    CONFIGURATION = "configuration"
    PARTNER = "partner"
    OPERATOR = "operator"
    HOST = "host"


@dataclass(frozen=True)
class Cause:
    """What a reason's code stands for."""

    matter: Matter
    meaning: str


CAUSES: Mapping[str, Cause] = {
    "credential-refused": Cause(
        Matter.AUTH, "The partner refuses the credential: consent was withdrawn or has ended, or a key is wrong."
    ),
    "refresh-interrupted": Cause(
        Matter.AUTH, "A process ended in the middle of a refresh, and the partner takes the old token no more."
    ),
    "wrong-account": Cause(Matter.AUTH, "The consent or the key is for another account than the records belong to."),
    "consent-refused": Cause(Matter.AUTH, "The company's admin did not approve."),
    "consent-failed": Cause(Matter.AUTH, "The partner answered an error in place of consent."),
    "callback-forged": Cause(Matter.AUTH, "The answer to a consent was not signed by the partner."),
    "scopes-missing": Cause(Matter.AUTH, "The company's admin did not give all the access that the connector needs."),
    "integration-refused": Cause(
        Matter.CONFIGURATION, "A rule of the connector says that the company must act: a right, a plan, a setting."
    ),
    "client-refused": Cause(
        Matter.CONFIGURATION,
        "The partner refuses the client id or its secret: the operator's registration, or what the company filled in.",
    ),
    "bad-settings": Cause(Matter.CONFIGURATION, "What was filled in, or the operator's settings, do not fit."),
    "bad-value": Cause(Matter.CONFIGURATION, "An expression or template of the connector could not be worked out."),
    "not-found": Cause(Matter.CONFIGURATION, "Something that connecting needs is not stored."),
    "partner-error": Cause(Matter.PARTNER, "The partner did not give what it should."),
    "partner-unavailable": Cause(Matter.PARTNER, "No answer, or only server errors, after all tries."),
    "rate-limited": Cause(Matter.PARTNER, "The partner asked us to wait."),
    "unexpected-response": Cause(Matter.PARTNER, "The partner answered something that the connector does not say."),
    "record-skipped": Cause(Matter.PARTNER, "The trial call fell under a rule that leaves a record out."),
    "resync-needed": Cause(Matter.PARTNER, "The trial call fell under a rule that asks for a full pass."),
    "partner-refused": Cause(Matter.PARTNER, "The partner refused what was asked of it, in words of its own."),
    "unknown-outcome": Cause(Matter.PARTNER, "Nobody knows whether the partner did what was asked of it."),
    "file-away": Cause(Matter.PARTNER, "The place that a file was to come from gave no answer."),
    "partner-disconnected": Cause(Matter.PARTNER, "The company took the app away at the partner."),
    "credential-lost": Cause(Matter.OPERATOR, "The key that sealed the credential was given up as lost."),
    "switched-off": Cause(Matter.OPERATOR, "An operator switched it off; what opens it is kept."),
    "disconnected": Cause(Matter.HOST, "The host, or an operator in its name, disconnected it."),
}
"""Every code that a reason may have."""


@dataclass(frozen=True)
class Transition:
    """From these states to that one. `codes` are the reasons that go with it; none: without a reason."""

    event: str
    before: tuple[State, ...]
    after: State
    codes: tuple[str, ...]
    meaning: str


P, A, E, D = State.PENDING, State.ACTIVE, State.ERROR, State.DISABLED
_FAILED = tuple(
    code
    for code, cause in CAUSES.items()
    if cause.matter in (Matter.AUTH, Matter.CONFIGURATION)
    or (cause.matter is Matter.PARTNER and code != "partner-disconnected")
)

TRANSITIONS = (
    Transition("connected", (P, D), A, (), "The credential was proved by a call; what waited goes on."),
    Transition("mended", (E,), A, (), "Connected anew, or a sync that was asked for worked; what waited goes on."),
    Transition(
        "refused",
        (A,),
        E,
        ("credential-refused", "refresh-interrupted", "scopes-missing", "integration-refused", "client-refused"),
        "The partner refuses for good (`invalid_grant`, 401 with a new token, a rule `fail_integration`). At once, "
        "without another try.",
    ),
    Transition(
        "lost", (A, E), E, ("credential-lost",), "`runner keys forget`: nobody can open the credential any more."
    ),
    Transition("not-connected", (P,), P, _FAILED, "Consent came to nothing; the reason says why."),
    Transition("not-connected", (P, E, D), E, _FAILED, "What was filled in, or a consent anew, was tried in vain."),
    Transition("not-connected", (D,), D, _FAILED, "Consent for one that is off came to nothing, or its token died."),
    Transition(
        "disconnected",
        (P, A, E, D),
        D,
        ("disconnected", "partner-disconnected"),
        "By the host, or at the partner; the credential is forgotten, records stay.",
    ),
    Transition("switched-off", (P, A, E, D), D, ("switched-off",), "`runner integrations --disable`."),
    Transition("moved", (P, E, D), P, (), "Begun again in another environment, before it held anything."),
)
"""Every move there is. An integration begins as `pending`, and ends when it is removed."""

BEGUN, REMOVED = "begun", "removed"
UNMATCHED = "unmatched"
"""What is told beside moves, and as the reason of it: the state stays."""
KEPT = "switched-off"
"""The reason of one that is off and yet keeps what opens it."""


@dataclass(frozen=True)
class Change:
    """One move of one integration, as kept. `state` is None when it was removed, `before` when it was begun."""

    id: int
    integration_id: str
    company: str
    connector: str
    environment: str
    event: str
    before: State | None
    state: State | None
    reason: Reason | None
    at: datetime


def transition(before: State, after: State, reason: Reason | None) -> Transition:
    """The move from one state to another for a reason; TransitionRefused when the table has none."""
    code = reason.code if reason else None
    for move in TRANSITIONS:
        if before in move.before and after is move.after and (code in move.codes or (code is None and not move.codes)):
            return move
    for_what = f" for `{code}`" if code else " without a reason"
    raise TransitionRefused(
        f"an integration that is {before} cannot become {after}{for_what} (runner/model/lifecycle.py has the table)"
    )


def is_parting(integration: Integration) -> bool:
    """Whether an integration is off for good, so that its credential is on its way out."""
    return integration.state is State.DISABLED and (integration.reason is None or integration.reason.code != KEPT)


def matter_of(code: str) -> Matter | None:
    """Whose matter a reason is; None for a code that this version does not know."""
    cause = CAUSES.get(code)
    return cause.matter if cause else None
