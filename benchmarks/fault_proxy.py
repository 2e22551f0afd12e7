"""
A line between two programs that breaks and crawls: a small TCP proxy on loopback.

It cuts connections after so many bytes in either direction, wherever that is in a request or an
answer, and lets bytes through drop by drop.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 64
"""Bytes that a slow line passes at once."""


class FaultProxy:
    """
    Passes on what both sides say to a server on loopback.

    ``cut_within`` ends a connection after a random number of bytes up to that, 0 never; ``piece_s``
    are the seconds after each `PIECE` bytes, 0 for a line that is not slow. Both count at once, on
    open connections too; ``server_port`` counts for new ones. ``cuts`` counts. Mutable because the
    weather changes.
    """

    def __init__(self, server_port: int, seed: int = 0) -> None:
        self.cut_within = 0
        self.piece_s = 0.0
        self.cuts = 0
        self.server_port = server_port
        self._rng = random.Random(seed)
        self._lines: set[Line] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Ends all connections at this moment."""
        for line in tuple(self._lines):
            line.cut()

    def close(self) -> None:
        """Takes no more connections and ends those there are."""
        # Closing alone would not wake the thread that waits for one.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def left(self) -> int:
        """Returns after how many bytes a line is cut from now on, where it is cut at all."""
        return self._rng.randint(1, max(1, self.cut_within))

    def ended(self, line: Line) -> None:
        """Hears of a connection that is over."""
        self._lines.discard(line)

    def takes(self) -> bool:
        """Returns whether a new connection is taken."""
        return True

    def line(self, client: socket.socket, server: socket.socket) -> Line:
        """Returns the line of a new connection."""
        return Line(self, client, server)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if not self.takes():
                    client.close()
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", self.server_port))
                except OSError:
                    # The server is down: so is the line.
                    client.close()
                    continue
                line = self.line(client, server)
                self._lines.add(line)
                for source, target in ((client, server), (server, client)):
                    threading.Thread(
                        target=line.pass_on, args=(source, target), daemon=True
                    ).start()


class Line:
    """One connection through a proxy; `pass_on` runs on a thread for each side."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._ends = proxy, (client, server)
        self._left = -1

    def pass_on(self, source: socket.socket, target: socket.socket) -> None:
        """Passes on what one side says, until it ends or is cut."""
        with suppress(OSError):
            while said := source.recv(65_536):
                for piece in self._pieces(said):
                    target.sendall(piece)
        self.cut()

    def _pieces(self, said: bytes) -> Iterator[bytes]:
        proxy = self._proxy
        while said:
            size = PIECE if proxy.piece_s else len(said)
            if proxy.cut_within:
                self._left = proxy.left() if self._left < 0 else self._left
                size = min(size, self._left)
            yield said[:size]
            said = said[size:]
            if proxy.cut_within:
                self._left -= size
                if self._left <= 0:
                    proxy.cuts += 1
                    raise OSError("cut")
            if proxy.piece_s:
                time.sleep(proxy.piece_s)

    def cut(self) -> None:
        """Ends the connection at both ends."""
        self._proxy.ended(self)
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
