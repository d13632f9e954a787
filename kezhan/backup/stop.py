"""Breaking off what works in a thread."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

from kezhan.kit.errors import Refused


class Stop:
    """Set once, from any thread: who asks `check` is refused, and statements under way are cancelled."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._connections: set[psycopg.Connection[Any]] = set()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()
        for connection in tuple(self._connections):
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=2)

    def check(self) -> None:
        """Raises Refused once set."""
        if self._event.is_set():
            raise Refused("backup.broken_off", 409)

    @contextlib.contextmanager
    def watching(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Statements of this connection are cancelled when set; that too is told as being broken off."""
        self._connections.add(connection)
        try:
            yield
        except psycopg.errors.QueryCanceled:
            self.check()
            raise
        finally:
            self._connections.discard(connection)
