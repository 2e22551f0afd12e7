"""A line to a PostgreSQL server that breaks as something is committed."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

COMMIT = b"COMMIT\x00"
"""How the order to commit ends: https://www.postgresql.org/docs/15/protocol-message-formats.html"""


class CuttingProxy:
    """
    Passes on what client and server say; once armed it cuts the next connection that commits.

    ``before``: the server never gets the order. ``after``: it obeys, and its answer is lost.
    """

    def __init__(self, server_port: int) -> None:
        self.armed = ""
        self.cuts = 0
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        # Closing alone would not wake the thread that waits for one.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                line = _Line(self, client, server)
                threading.Thread(target=line.to_server, daemon=True).start()
                threading.Thread(target=line.to_client, daemon=True).start()


class _Line:
    """One connection through the proxy."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._swallow = threading.Event()

    def to_server(self) -> None:
        with suppress(OSError):
            while said := self._client.recv(65_536):
                if said.endswith(COMMIT) and self._proxy.armed:
                    how, self._proxy.armed = self._proxy.armed, ""
                    self._proxy.cuts += 1
                    if how == "before":
                        break
                    self._swallow.set()
                self._server.sendall(said)
        if not self._swallow.is_set():
            self._cut()

    def to_client(self) -> None:
        with suppress(OSError):
            while said := self._server.recv(65_536):
                if self._swallow.is_set():
                    break
                self._client.sendall(said)
        self._cut()

    def _cut(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
