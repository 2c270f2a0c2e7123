"""How the runner is connected to PostgreSQL. Loaded only where that is the database."""

from __future__ import annotations

import re
from typing import Any

import orjson
from psycopg.pq import TransactionStatus
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DBAPIError

from runner.errors import StoreError
from runner.store.columns import json_text
from runner.store.works import Unreached

CONNECT = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""Of libpq, in seconds: so a server whose machine is gone is noticed in a minute."""
TIMEOUTS = {
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}
"""What waits longer for a row, runs longer, or is left open longer, ends with an error and not never."""
CLASHES = ("40001", "40P01")
"""SQLSTATE of a serialization failure and of a deadlock: nothing is stored, and the same is tried again."""
REMEDIES = {
    "too many clients|remaining connection slots|too many connections": (
        "raise max_connections of the server, or lower RUNNER_DATABASE_POOL of each process"
    ),
    "database .* does not exist": "make it (createdb), or mend the name in RUNNER_DATABASE_URL",
    "password|authentication|role .* does not exist|pg_hba|not permitted to log in": (
        "mend user and password in RUNNER_DATABASE_URL, or let the user in (pg_hba.conf of the server)"
    ),
    "starting up|shutting down|recovery": "try again in a moment",
    "resolve host|name or service": "mend the host in RUNNER_DATABASE_URL",
}
"""What is to be done, by what the server or libpq says when it lets nobody in."""
UNKNOWN = "start it, or mend RUNNER_DATABASE_URL"
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
VISIBLE = "\u2400"
"""What stands for a NUL, which PostgreSQL keeps in no text: the sign for one."""


def open_engine(url: URL, size: int, *, write: bool) -> Engine:
    """Up to `size` connections, that read and write what is committed, or read one state of it."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=size,
        max_overflow=1,
        hide_parameters=True,
        json_serializer=_visible_json,
        json_deserializer=orjson.loads,
        isolation_level="READ COMMITTED" if write else "REPEATABLE READ",
        execution_options={"preserve_rowcount": True} | ({} if write else {"postgresql_readonly": True}),
        connect_args={name: value for name, value in CONNECT.items() if name not in url.query},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.adapters.register_dumper(str, VisibleDumper)
        connection.execute(";".join(f"SET {name} = '{value}'" for name, value in TIMEOUTS.items()))
        connection.commit()

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> Unreached | None:
        found = context.sqlalchemy_exception
        if context.connection is not None or not isinstance(found, DBAPIError):
            return None
        return Unreached(unreached(url, str(found.orig)), context.original_exception)

    return engine


def unreached(url: URL, words: str) -> str:
    """That nobody gets in there, in one sentence: where, what libpq says, and the remedy."""
    said = words.strip().partition("\n")[0].removeprefix("connection failed: ").removeprefix("connection is bad: ")
    fitting = (remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, said, re.IGNORECASE))
    return f"the database {url} cannot be reached: {said}; {next(fitting, UNKNOWN)}"


def require_whole(connection: Connection) -> None:
    """StoreError when a work kept an error of the database to itself: the COMMIT would be a silent ROLLBACK."""
    driver: Any = connection.connection.driver_connection
    if driver.info.transaction_status == TransactionStatus.INERROR:
        raise StoreError("a work in the store went on after an error of the database; nothing of it is stored")


def is_clash(error: DBAPIError) -> bool:
    """Whether another transaction was in the way, of which nothing is left."""
    return getattr(error.orig, "sqlstate", None) in CLASHES


def is_taken(error: DBAPIError) -> bool:
    """Whether a row of that key is there already."""
    return getattr(error.orig, "sqlstate", None) == "23505"


def visible(text: str) -> str:
    """The text, and in JSON the text that it stands for, with a sign in place of each NUL."""
    if "\0" in text:
        text = text.replace("\0", VISIBLE)
    return _NUL.sub(rf"\1{VISIBLE}", text) if "\\u0000" in text else text


class VisibleDumper(StrDumperUnknown):
    """How a text is sent."""

    def dump(self, obj: str) -> bytes:
        """Its bytes."""
        return visible(obj).encode()


def _visible_json(value: Any) -> str:
    return visible(json_text(value))
