"""A thread that hears at once, on a connection of its own, what other processes put into the queue."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from selectors import EVENT_READ, DefaultSelector
from typing import Any

import psycopg
from procrastinate.manager import get_channel_for_queues
from procrastinate.sql import queries
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL

from runner.store.postgresql import CONNECT

AGAIN = 1.0
"""Seconds until the database is asked again after it was away."""


class Listener:
    """Calls `heard` whenever a job was put, and once whenever it begins to listen. Without a database it tries again
    and again, and says nothing: who waits for it looks by himself from time to time."""

    def __init__(self, url: URL, heard: Callable[[], None]) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._given: Any = {name: value for name, value in CONNECT.items() if name not in url.query}
        self._heard = heard
        self._ended = threading.Event()
        self._out, self._in = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="queue-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread. Blocks."""
        self._ended.set()
        os.write(self._in, b"x")
        self._thread.join()
        os.close(self._in)
        os.close(self._out)

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, **self._given) as connection:
                    self._listen(connection)
            except psycopg.Error:
                self._ended.wait(AGAIN)

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        for channel in get_channel_for_queues():
            connection.execute(SQL(queries["listen_queue"]).format(channel_name=Identifier(channel)))
        self._heard()
        with DefaultSelector() as either:
            either.register(connection.fileno(), EVENT_READ)
            either.register(self._out, EVENT_READ)
            while not self._ended.is_set():
                either.select()
                if any(True for _ in connection.notifies(timeout=0)):
                    self._heard()
