"""
The routes of Dropbox's API: for each its scope, who may call it, and how it carries its arguments.

Source: the attributes of the routes in the specification (`scope`, `auth`, `style`, `host`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Style = Literal["rpc", "upload", "download", "null", "longpoll"]
Auth = Literal["user", "app, user", "team", "noauth"]


@dataclass(frozen=True)
class Call:
    """
    One route.

    Args:
        answer: takes the caller, then arguments (none for `null`), then bytes (only for `upload`).
        alone: the same call twice at once is refused.
    """

    route: str
    scope: str
    answer: Callable[..., Any]
    style: Style = "rpc"
    auth: Auth = "user"
    alone: bool = False
