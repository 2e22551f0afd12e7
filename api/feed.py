"""
What is new in a zone, handed to everybody who listens.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dispatch.store import LoggedEvent

QUEUE = 256
"""Events that wait for a listener at most; a slower one has to start anew."""


class Listener:
    """
    One stream's queue. Used on the event loop only.

    ``lost`` says that events were thrown away because the listener was too slow; ``closed`` that
    nothing will follow, because the service stops, or because ``ended``: the ``credential`` on
    which the listening rests is over, and nothing more may be told.
    """

    def __init__(self, size: int = QUEUE, credential: str | None = None) -> None:
        self.lost = False
        self.closed = False
        self.ended = False
        self.credential = credential
        self._size = size
        self._waiting: deque[LoggedEvent] = deque()
        self._news = asyncio.Event()

    def put(self, events: Sequence[LoggedEvent]) -> None:
        """Adds events; one that does not fit empties the queue and marks it as lost."""
        if self.lost or self.ended:
            return
        self._waiting.extend(events)
        if len(self._waiting) > self._size:
            self._waiting.clear()
            self.lost = True
        self._news.set()

    def close(self) -> None:
        """Says that nothing will follow."""
        self.closed = True
        self._news.set()

    def end(self) -> None:
        """Says that nothing may be told any more, not even what waits."""
        self.ended = True
        self._waiting.clear()
        self.close()

    async def take(self) -> list[LoggedEvent]:
        """Returns what is new, as soon as there is something; empty when lost or closed."""
        await self._news.wait()
        self._news.clear()
        news = list(self._waiting)
        self._waiting.clear()
        return news


class Feed:
    """The listeners of a zone. Used on the event loop only."""

    def __init__(self) -> None:
        # By when they came: who is told first does not depend on where they lie in memory.
        self._listeners: dict[Listener, None] = {}
        self._of: Counter[str] = Counter()
        self._closed = False

    def publish(self, events: Sequence[LoggedEvent]) -> None:
        """Hands events, oldest first, to every listener; never waits for one."""
        for listener in self._listeners:
            listener.put(events)

    def listeners_of(self, principal: str) -> int:
        """Returns how many listen in the name of a principal."""
        return self._of[principal]

    @property
    def listening(self) -> int:
        """How many listen in the name of somebody: those of the service itself have none."""
        return sum(count for principal, count in self._of.items() if principal)

    @contextmanager
    def listen(
        self, principal: str = "", size: int = QUEUE, credential: str | None = None
    ) -> Iterator[Listener]:
        """Yields a queue that receives everything published from now on."""
        listener = Listener(size, credential)
        if self._closed:
            listener.close()
        self._listeners[listener] = None
        self._of[principal] += 1
        try:
            yield listener
        finally:
            del self._listeners[listener]
            self._of[principal] -= 1

    def end(self, credentials: frozenset[str]) -> None:
        """Lets the streams that rest on credentials say goodbye and end at once."""
        for listener in self._listeners:
            if listener.credential in credentials and not listener.ended:
                listener.end()

    def close(self) -> None:
        """Lets every stream say goodbye and end."""
        self._closed = True
        for listener in self._listeners:
            listener.close()
