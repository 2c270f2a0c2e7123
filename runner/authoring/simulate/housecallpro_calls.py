"""What the endpoints of the simulated Housecall Pro ask of the partner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.routing import Route

from runner.authoring.simulate.housecallpro_options import HousecallProOptions
from runner.authoring.simulate.housecallpro_shapes import Shapes
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row, Table


class Calling(Protocol):
    """The partner, as its endpoints see it."""

    now: Callable[[], datetime]
    dice: Dice
    options: HousecallProOptions
    shapes: Shapes

    def table(self, what: str) -> Table: ...

    def add(self, what: str, **fields: Any) -> Any: ...

    def change(self, what: str, id: str | int, **fields: Any) -> None: ...  # noqa: A002 - the partner's word

    def seen(self, what: str, request: Request) -> list[Row]:
        """Rows of the locations that the call is about."""

    def found(self, what: str, request: Request) -> Row:
        """The row of the id in the path. Raises Refusal."""

    def location(self, request: Request) -> Row:
        """`company_id` and `company_name` of what the call makes."""

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...

    def partners_only(self, answer: Answer) -> Answer:
        """The call, refused to a company's own key."""
