"""Databases of PostgreSQL for tests: a few that are lent again and again, emptied in between.

A copy of a migrated one takes 50 ms; to empty one takes two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from itertools import count
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import NullPool, create_engine, make_url

from runner.store.migration import upgrade

MOST_GROWN = 8_000_000
"""Bytes that a database may have grown by, to be lent once more."""
TABLES = """
SELECT c.relname, coalesce(array_agg(p.relname) FILTER (WHERE p.oid <> c.oid), '{}')
FROM pg_class c LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'
LEFT JOIN pg_class p ON p.oid = f.confrelid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
GROUP BY c.relname
"""
SEQUENCES = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
CUT = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class Databases:
    """Those of one process on the server of `url`, whose user may create databases."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._name = f"runner_test_{uuid4().hex[:12]}"
        self._numbers = count(1)
        self._free: list[psycopg.Connection] = []
        self._made: list[str] = []
        self._admin = self._connect(self._url.database or "postgres")
        self._template = self._create("template0")
        with create_engine(self.url(self._template, "postgresql+psycopg"), poolclass=NullPool).begin() as connection:
            upgrade(connection)
        self._small = self._size(self._template)
        self._empty = self._emptying()

    def url(self, name: str, driver: str = "postgresql") -> str:
        """RUNNER_DATABASE_URL of a database."""
        return self._url.set(drivername=driver, database=name).render_as_string(hide_password=False)

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The URL of a migrated database without a row. Connections that are left open to it are cut afterwards."""
        lent = self._free.pop() if self._free else self._connect(self._create(self._template))
        name = lent.info.dbname
        yield self.url(name)
        lent.execute(CUT)
        if self._size(name) <= self._small + MOST_GROWN and self._is_emptied(lent):
            self._free.append(lent)
        else:
            lent.close()
            self._drop(name)

    @contextmanager
    def bare(self) -> Iterator[str]:
        """The URL of a database without a table."""
        name = self._create("template0")
        yield self.url(name)
        self._drop(name)

    def close(self) -> None:
        """Remove them all."""
        for connection in self._free:
            connection.close()
        for name in list(self._made):
            self._drop(name)
        self._admin.close()

    def _connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(self.url(name), autocommit=True)

    def _create(self, template: str) -> str:
        name = f"{self._name}_{next(self._numbers)}"
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._admin.execute(words.format(sql.Identifier(name), sql.Identifier(template)))
        self._made.append(name)
        return name

    def _drop(self, name: str) -> None:
        self._admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.remove(name)

    def _size(self, name: str) -> int:
        found = self._admin.execute("SELECT pg_database_size(%s)", [name]).fetchone()
        return int(found[0]) if found is not None else 0

    def _is_emptied(self, lent: psycopg.Connection) -> bool:
        """False for one that a test has closed to all who write, or has changed."""
        try:
            lent.execute(self._empty)
        except psycopg.DatabaseError:
            return False
        return True

    def _emptying(self) -> sql.Composed:
        """One statement for all tables, what refers to others before these."""
        with self._connect(self._template) as connection:
            referring = dict(connection.execute(TABLES).fetchall())
            sequences = [name for (name,) in connection.execute(SEQUENCES)]
        order = reversed(list(TopologicalSorter(referring).static_order()))
        delete = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in order]
        restart = [sql.SQL("SELECT setval({}, 1, false)").format(sql.Literal(name)) for name in sequences]
        return sql.SQL(";").join([*delete, *restart])
