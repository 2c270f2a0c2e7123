"""Many rows handed to one statement."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Subquery, Text, bindparam, cast, func, select


def rows_of(dialect: str, name: str, columns: Sequence[str]) -> Subquery:
    """The lists of texts in the parameter `name`, a JSON text, as a table: one parameter however many there are."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import JSONB  # 2 MB, of no use where the database is a file

        row = func.jsonb_array_elements(cast(bindparam(name, type_=Text), JSONB)).table_valued("value").c.value
        made = [row.op("->>")(place).label(column) for place, column in enumerate(columns)]
    else:
        row = func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value
        made = [func.json_extract(row, f"$[{place}]", type_=Text).label(column) for place, column in enumerate(columns)]
    return select(*made).subquery(f"{name}_rows")
