"""A connector as a destination."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from runner.components.destinations.base import Destination


class ConnectorDestination(Destination):
    """How fast records are pushed to a connector, by the connector's own name. Needed only where that is to be slower
    than the connector's rate limits would have it; they hold besides. The figures are those of one integration.

    destinations:
      companycam: {type: connector, at_once: 2, rate: 60/m}
    """

    example: ClassVar[str] = "{type: connector, at_once: 2, rate: 60/m}"
    type: Literal["connector"] = Field(description="A connector; the destination has its name.")
