"""A line to a PostgreSQL server that breaks as something is committed."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from benchmarks.fault_proxy import FaultProxy, Line

if TYPE_CHECKING:
    import socket

COMMIT = b"COMMIT\x00"
"""How the order to commit ends: https://www.postgresql.org/docs/15/protocol-message-formats.html"""


class CuttingProxy(FaultProxy):
    """
    Passes on what client and server say; once armed it cuts the next connection that commits.

    ``before``: the server never gets the order. ``after``: it obeys, and its answer is lost. While
    it is not open it takes no new connection.
    """

    def __init__(self, server_port: int) -> None:
        self.armed = ""
        self.is_open = True
        super().__init__(server_port)

    def line(self, client: socket.socket, server: socket.socket) -> Line:
        """Returns a line that hears what is committed."""
        return _Line(self, client, server)

    def takes(self) -> bool:
        """Returns whether it is open."""
        return self.is_open


class _Line(Line):
    """One connection through the proxy."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        super().__init__(proxy, client, server)
        self._cutting, self._client = proxy, client
        self._swallow = threading.Event()

    def pass_on(self, source: socket.socket, target: socket.socket) -> None:
        if source is self._client:
            self._to_server(target)
        else:
            self._to_client(source)

    def _to_server(self, server: socket.socket) -> None:
        with suppress(OSError):
            while said := self._client.recv(65_536):
                if said.endswith(COMMIT) and self._cutting.armed:
                    how, self._cutting.armed = self._cutting.armed, ""
                    self._cutting.cuts += 1
                    if how == "before":
                        break
                    self._swallow.set()
                server.sendall(said)
        if not self._swallow.is_set():
            self.cut()

    def _to_client(self, server: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(65_536):
                if self._swallow.is_set():
                    break
                self._client.sendall(said)
        self.cut()
