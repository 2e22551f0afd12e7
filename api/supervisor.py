"""
Tells whoever supervises the process how it is: systemd, by the protocol of ``sd_notify(3)``.

Where nobody supervises it, all of it does nothing.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"
"""What can be told: it listens, it ends, its event loop runs."""


def tell(state: str) -> None:
    """Tells the supervisor; one that does not listen is no reason to fail."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # A leading @ stands for the zero byte of a name that is in no file system.
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, suppress(OSError):
        # One that does not read would else hold up the event loop once its queue is full.
        line.setblocking(False)
        line.sendto(state.encode(), name)


def beat_s() -> float | None:
    """Returns after how many seconds to say that the event loop runs, None: nobody asks."""
    told = os.environ.get("WATCHDOG_USEC", "")
    # Half of the time after which silence means death, as its manual advises.
    return int(told) / 2e6 if told.isdigit() and int(told) else None


@contextmanager
def supervised() -> Iterator[None]:
    """Tells the supervisor from time to time that the event loop runs, and then that it ends."""
    every_s = beat_s()
    beating = None if every_s is None else asyncio.create_task(_beat(every_s))
    try:
        yield
    finally:
        tell(STOPPING)
        if beating is not None:
            beating.cancel()


async def _beat(every_s: float) -> None:
    while True:
        tell(ALIVE)
        await asyncio.sleep(every_s)
