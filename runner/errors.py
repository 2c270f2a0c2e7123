"""Every error the runner raises, and the two values that say where and what.

RunnerError
+-- ConnectorError          a connector or runner.yaml is wrong; holds the findings
+-- MappingError            an expression met data that it cannot handle
+-- SettingsError           the operator's environment or configuration is wrong
+-- PartnerError            a partner's answer, or the lack of one
|   +-- AuthenticationError     the credential is refused; a person must act
|   +-- RateLimited             over a limit; says how long to wait
|   +-- PartnerUnavailable      no answer, or 5xx, after all retries
|   |   +-- FileAway                it is not the partner: the host of a file that is to be sent
|   +-- UnexpectedResponse      an answer that the connector does not describe
|   |   +-- ActionRefused           the partner said no to an action: nothing was done
|   +-- UnknownOutcome          an action that may or may not have been done
|   +-- RecordSkipped           a rule of the connector says: leave out this record
|   +-- ResyncNeeded            a rule of the connector says: forget the checkpoint and start over
+-- DeliveryError           a webhook request that is not accepted
|   +-- BadSignature            401
|   +-- StaleDelivery           401, signed too long ago
|   +-- MalformedDelivery       400
|   +-- DeliveryTooLarge        413
|   +-- TooManyTrials           429
+-- PushError               a record that a destination did not take
|   +-- BadInput                the input of an action is not as it is declared
+-- FileUnreadable          a file that is to be sent cannot be fetched or read
|   +-- FileChanged             it became another one while it was read
+-- StoreError              what was asked for is not stored, or must not be
    +-- NotFound
    +-- AlreadyExists
    |   +-- Underway                an action with the same key has not ended yet
    +-- KeyReused               a key that was used for another action
    +-- Superseded              somebody stored a newer one meanwhile
    +-- TransitionRefused       an integration cannot go from its state to that one
    +-- StateRefused            an OAuth state that is unknown, used or too old
    +-- StoreUnavailable        the database takes nothing now
    +-- CredentialUnreadable    no key opens it
    +-- ExportRefused           a file of `runner export` that is not taken in
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file. `line` and `column` count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, order=True)
class Finding:
    """One thing wrong (or doubtful) in a file: printed as `place: code: message (remedy)`. `info` fails no check."""

    place: Place
    code: str
    message: str
    remedy: str = ""
    severity: Literal["error", "warning", "info"] = "error"

    def __str__(self) -> str:
        tail = f" ({self.remedy})" if self.remedy else ""
        return f"{self.place}: {self.code}: {self.message}{tail}"


class RunnerError(Exception):
    """The root: whatever the runner raises on purpose. `code` is stable, kebab-case and safe to show."""

    code = "runner-error"


class ConnectorError(RunnerError):
    """The file of an author is wrong. `findings` holds every reason, sorted by place."""

    code = "bad-connector"

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = sorted(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class MappingError(RunnerError):
    """An expression met data that it cannot handle; the message names expression, value type and place. `got` is the
    JSON type of the value, where it is known."""

    code = "bad-value"

    def __init__(self, message: str, place: Place | None = None, got: str = "") -> None:
        self.place = place
        self.got = got
        super().__init__(f"{place}: {message}" if place and place.line else message)


class SettingsError(RunnerError):
    """What the operator or a company filled in does not fit; each of `problems` names what, and the remedy.
    `by_operator`: nobody else can mend it."""

    code = "bad-settings"

    def __init__(self, *problems: str, by_operator: bool = False) -> None:
        self.problems = problems
        self.by_operator = by_operator
        super().__init__("; ".join(problems))


class PartnerError(RunnerError):
    """A call to a partner did not give what it should. Never holds a credential or a whole body.

    `words` are the partner's own, where it said why. `unsure` says that the call was to change something, and that it
    may have been done all the same.
    """

    code = "partner-error"

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, unsure: bool = False
    ) -> None:
        self.status = status
        self.words = ""
        self.unsure = unsure
        if code:
            self.code = code
        super().__init__(message)


class AuthenticationError(PartnerError):
    """The partner refuses the credential for good: the integration goes to `error` until a person reconnects."""

    code = "credential-refused"


class RateLimited(PartnerError):
    """Over a limit of the partner or of the connector; `wait` is in seconds from now."""

    code = "rate-limited"

    def __init__(self, message: str, *, wait: float, status: int | None = None) -> None:
        self.wait = wait
        super().__init__(message, status=status)


class PartnerUnavailable(PartnerError):
    """Nothing came back, or only server errors, in all the tries that the connector allows.

    `sent` tells whether the request may have reached the partner, so that its outcome is unknown.
    """

    code = "partner-unavailable"

    def __init__(self, message: str, *, status: int | None = None, sent: bool = True) -> None:
        self.sent = sent
        super().__init__(message, status=status)


class FileAway(PartnerUnavailable):
    """A file that is to be sent cannot be fetched now. Nothing was done, and the partner is not to blame."""

    code = "file-away"

    def __init__(self, message: str, *, status: int | None = None, sent: bool = False) -> None:
        super().__init__(message, status=status, sent=sent)


class UnexpectedResponse(PartnerError):
    """The partner answered with something that the connector does not describe."""

    code = "unexpected-response"


class ActionRefused(UnexpectedResponse):
    """The partner said no to an action, in its own `words`: nothing was done."""

    code = "partner-refused"


class UnknownOutcome(PartnerError):
    """An action that may have been done at the partner, or may not: it is not repeated blindly."""

    code = "unknown-outcome"


class RecordSkipped(PartnerError):
    """The connector says of this answer: leave out this record (`do: skip_record`), for example when it is gone."""

    code = "record-skipped"


class ResyncNeeded(PartnerError):
    """The connector says of this answer: forget the checkpoint and start over (`do: full_resync`)."""

    code = "resync-needed"


class DeliveryError(RunnerError):
    """A webhook request that is not accepted; `status` is the HTTP answer."""

    code = "bad-delivery"
    status = 400


class BadSignature(DeliveryError):
    """The signature is missing or wrong, or there is no secret to check it with."""

    code = "bad-signature"
    status = 401


class StaleDelivery(DeliveryError):
    """The signature is right, but made longer ago (or ahead) than the connector tolerates."""

    code = "stale-delivery"
    status = 401


class MalformedDelivery(DeliveryError):
    """Well signed, yet not what the connector describes: not JSON, or no event in it."""

    code = "malformed-delivery"


class DeliveryTooLarge(DeliveryError):
    """The body is larger than the operator allows."""

    code = "delivery-too-large"
    status = 413


class TooManyTrials(DeliveryError):
    """The address of an integration was tried too often in an hour by requests that nobody has proved."""

    code = "too-many-trials"
    status = 429


class PushError(RunnerError):
    """A destination did not take a record; `retry` says whether a later try can help."""

    code = "push-failed"

    def __init__(self, message: str, *, retry: bool, wait: float | None = None) -> None:
        self.retry = retry
        self.wait = wait
        super().__init__(message)


class FileUnreadable(RunnerError):
    """A file that is to be sent cannot be had from where it is said to be, and waiting does not help."""

    code = "file-unreadable"


class FileChanged(FileUnreadable):
    """The file became another one while it was read: what was sent of it is worth nothing."""

    code = "file-changed"


class BadInput(PushError):
    """The input of an action does not fit what it declares. `flaws` are places in it, each with what is wrong there."""

    code = "bad-input"

    def __init__(self, message: str, flaws: Sequence[tuple[str, str]] = ()) -> None:
        self.flaws = tuple(flaws)
        super().__init__(message, retry=False)


class StoreError(RunnerError):
    """What was asked of the store cannot be had."""

    code = "store-error"


class NotFound(StoreError):
    """No such row."""

    code = "not-found"


class AlreadyExists(StoreError):
    """A row with the same identity is there already."""

    code = "already-exists"


class Underway(AlreadyExists):
    """An action with the same key is being done, or its outcome is not known yet."""

    code = "under-way"


class KeyReused(StoreError):
    """A key that was used for another action, or for another input."""

    code = "key-reused"


class Superseded(StoreError):
    """Somebody stored a newer one since this one was read; read it again before going on."""

    code = "superseded"


class TransitionRefused(StoreError):
    """An integration cannot go from its state to that one for this reason: the table has no such transition."""

    code = "transition-refused"


class StateRefused(StoreError):
    """An OAuth callback names a state that nobody began, that was used, or that is too old; `code` says which."""

    code = "state-unknown"

    def __init__(self, message: str, *, code: str) -> None:
        self.code = code
        super().__init__(message)


class StoreUnavailable(StoreError):
    """The database takes nothing now: too many writes wait, it is locked or full. A later try may do (HTTP 503)."""

    code = "store-unavailable"


class CredentialUnreadable(StoreError):
    """A stored credential was encrypted with a key that RUNNER_ENCRYPTION_KEYS does not hold, or was altered."""

    code = "credential-unreadable"


class ExportRefused(StoreError):
    """A file of `runner export` that is not taken in: broken off, altered, of another version, or not into this
    database. Nothing of it is stored."""

    code = "export-refused"
