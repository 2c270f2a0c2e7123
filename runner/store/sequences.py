"""Table sequences: numbers that only grow, and in the order of commits: whoever draws one holds the row till then."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Table, Text

from runner.store.columns import Number, metadata
from runner.store.statements import insert

sequences = Table(
    "sequences",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Number, nullable=False),
)


def draw(connection: Connection, name: str, count: int) -> int:
    """Take `count` numbers of sequence `name`; returns the first. A gap-free reader may then go by `> last seen`."""
    statement = insert(connection.dialect.name, sequences).values(name=name, value=count)
    last = connection.scalar(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": sequences.c.value + statement.excluded.value}
        ).returning(sequences.c.value)
    )
    assert last is not None
    return int(last) - count + 1
