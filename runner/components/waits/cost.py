"""A pause until the bucket of cost points holds enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.waits.base import Retry, Wait
from runner.errors import UnexpectedResponse
from runner.mapping.expression import Expression
from runner.model.http import Response

_STATUS = "extensions.cost.throttleStatus"


class CostWait(Wait):
    """A pause until the bucket of cost points holds enough for the call.

    The partner answers

        {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
         "extensions": {"cost": {"requestedQueryCost": 700,
           "throttleStatus": {"maximumAvailable": 10000, "currentlyAvailable": 200, "restoreRate": 500}}}}

    and one second later (700 - 200) / 500 the call fits:

        wait: {type: cost}

    The figures are read where Jobber and Shopify put them; name others if the partner differs. A call that asks for
    more than the full bucket holds never fits: that is an error, with the remedy to ask for less.
    """

    example: ClassVar[str] = "{type: cost}"
    type: Literal["cost"] = Field(description="A pause until the bucket of cost points holds enough.")
    cost: Expression = Field(
        "extensions.cost.requestedQueryCost", validate_default=True, description="JMESPath: what the call asks for."
    )
    available: Expression = Field(
        f"{_STATUS}.currentlyAvailable", validate_default=True, description="JMESPath: what is left."
    )
    maximum: Expression = Field(
        f"{_STATUS}.maximumAvailable", validate_default=True, description="JMESPath: what the full bucket holds."
    )
    restore: Expression = Field(
        f"{_STATUS}.restoreRate", validate_default=True, description="JMESPath: points a second that come back."
    )

    def seconds(
        self, response: Response, attempt: int, now: datetime, retry: Retry, random: Callable[[], float]
    ) -> float | None:
        asked, left = _amount(self.cost, response), _amount(self.available, response)
        most, rate = _amount(self.maximum, response), _amount(self.restore, response)
        if asked is not None and most is not None and asked > most:
            raise UnexpectedResponse(
                f"the call costs {asked:g} points and the partner's bucket holds {most:g}: it never fits "
                "(ask for fewer records or fields at once)",
                status=response.status,
            )
        if asked is None or left is None or not rate or rate < 0:
            return None
        return float(max(math.ceil((asked - left) / rate), 0))


def _amount(path: Expression, response: Response) -> float | None:
    value: Any = path.search(response.json)
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fits else None
