"""
Work that waits, taken in turn from everybody who has some.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """
    A queue for each name, from which one piece is taken in turn; any thread may use it.

    Who brings a thousand pieces waits for them; who brings one waits for one piece of each other.
    """

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[T]] = OrderedDict()
        self._alone = Lock()

    def __bool__(self) -> bool:
        """Returns whether anything waits."""
        return bool(self._queues)

    def __len__(self) -> int:
        """Returns how many pieces wait."""
        with self._alone:
            return sum(map(len, self._queues.values()))

    def firsts(self) -> list[T]:
        """Returns the first piece of each name, which waits longest of them."""
        with self._alone:
            return [queue[0] for queue in self._queues.values()]

    def put(self, name: str, piece: T) -> None:
        """Adds a piece at the end of a name's queue."""
        with self._alone:
            self._queues.setdefault(name, deque()).append(piece)

    def take(self) -> T:
        """Returns the first piece of whose turn it is; raises KeyError where nothing waits."""
        with self._alone:
            name, queue = self._queues.popitem(last=False)
            piece = queue.popleft()
            if queue:
                self._queues[name] = queue
            return piece
