"""No paging: one answer holds everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.paginators.base import Paginator, Step, Walk, read_by
from runner.mapping.reads import Path


class SinglePage(Paginator):
    """One answer holds everything. This is what an endpoint without `paginate` does.

    The partner answers, for example, `{"id": 7001, "jobNumber": "7001"}` to `GET /jobs/7001`:

        paginate: {type: single_page}
    """

    example: ClassVar[str] = "{type: single_page}"
    type: Literal["single_page"] = Field("single_page", description="One answer holds everything.")

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by()

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        yield Step(dict(start or {}))
