"""A connector switched on for one company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """`pending`: not connected yet. `active`: works. `error`: a person must act. `disabled`: switched off."""

    PENDING = "pending"
    ACTIVE = "active"
    ERROR = "error"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Reason:
    """Why an integration is not active: a stable code, a sentence, and what mends it."""

    code: str
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Integration:
    """One connector for one company. `settings` holds no secrets (those are in the credential).

    `account` is what was captured at connect (QuickBooks' realm, Pipedrive's domain); `account_id` is the partner's
    name for the company, by which webhook events find their integration. `way` is the way in that the company picked,
    where the connector has a choice of several.
    """

    id: str
    company: str
    connector: str
    environment: str
    state: State = State.PENDING
    reason: Reason | None = None
    since: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)
    account_id: str | None = None
    account_name: str | None = None
    way: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
