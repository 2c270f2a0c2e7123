"""An SQL table as a destination."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from runner.components.destinations.base import Destination

ROWS = 500


class TableDestination(Destination):
    """An SQL table of any database that SQLAlchemy speaks to: one row a record, always as it is now.

    destinations:
      warehouse: {type: table, table: records, deletes: flag}

    RUNNER_DESTINATION_<NAME>_URL says where: `postgresql+psycopg://user:password@host/name`, `sqlite:////path`, or with
    another driver that is installed. The table is made when it is not there: `integration_id`, `kind` and `external_id`
    are its key, beside them `company`, `connector`, `fields` (JSON), `version`, `inactive`, `deleted`, `sequence`
    and `changed_at`. A row is only ever replaced by what changed later, so that a repetition does nothing.
    """

    example: ClassVar[str] = "{type: table, table: records, deletes: flag}"
    type: Literal["table"] = Field(description="A table of an SQL database.")
    table: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")] = Field(
        "records", description="The table's name."
    )
    schema_: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")] | None = Field(
        None, alias="schema", description="The schema it is in; the database's own choice when left out."
    )
    deletes: Literal["flag", "remove"] = Field(
        "flag", description="What a deleted record's row becomes: one with `deleted` true, or none."
    )

    @property
    def most(self) -> int:
        return ROWS
