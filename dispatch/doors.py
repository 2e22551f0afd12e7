"""
Ride times between the doors in use, kept and grown door by door.

A new door costs two searches forward and two backward, from the junctions at either end
of its road, however many doors are known; known doors cost an array look-up.
"""

from __future__ import annotations

from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from dispatch.rides import ends

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dispatch.roads import RoadGraph
    from dispatch.snapping import Snap

    Records = NDArray[Any]
    Floats = NDArray[np.float64]
    Search = Callable[[NDArray[np.int64]], Floats]

Key = TypeVar("Key")
"""What names a door: anything that can be hashed."""

BATCH = 64
"""Doors added at once: bounds the memory of the searches in a large city."""

DOOR = np.dtype(
    [
        ("road", np.int64),
        ("junctions", np.int64, (2,)),
        ("leave", np.float64, (2,)),
        ("arrive", np.float64, (2,)),
        ("gap", np.float64),
        ("asked", np.int64),
    ]
)
"""A door as `rides.Ends` has it, and the last question it was in; road -1: a free slot."""


class Doors(Generic[Key]):
    """
    The cache of ride times; the only mutable part of a city, safe to share by threads.

    It holds at most ``limit`` doors, or as many as one question names; the doors longest
    unasked for make room.
    """

    def __init__(self, graph: RoadGraph, limit: int = 2048) -> None:
        self._graph = graph
        self._limit = limit
        self._lock = Lock()
        self._slot: dict[Key, int] = {}
        self._question = 0
        self._doors: Records = np.zeros(0, dtype=DOOR)
        self._seconds = np.zeros((0, 0), dtype=np.int32)

    def __len__(self) -> int:
        return len(self._slot)

    def seconds(self, keys: Sequence[Key], snap: Callable[[Key], Snap]) -> NDArray[np.int32]:
        """
        Returns the seconds from door to door, in their order, rounded up: (n, n).

        ``snap`` finds the point on the road of a door not yet known; what it raises is
        raised before anything is changed.
        """
        with self._lock:
            new = {key: snap(key) for key in dict.fromkeys(keys) if key not in self._slot}
            self._question += 1
            if new:
                self._touch([key for key in keys if key in self._slot])
                self._make_room(len(new))
                items = list(new.items())
                for begin in range(0, len(items), BATCH):
                    self._add(items[begin : begin + BATCH])
            slots = self._touch(keys)
            return self._seconds[slots[:, None], slots]

    def _touch(self, keys: Sequence[Key]) -> NDArray[np.intp]:
        slots = np.array([self._slot[key] for key in keys], dtype=np.intp)
        self._doors["asked"][slots] = self._question
        return slots

    def _make_room(self, wanted: int) -> None:
        """Evicts what was longest unasked for, but nothing of this question; then grows."""
        asked = self._doors["asked"]
        excess = len(self._slot) + wanted - self._limit
        if excess > 0:
            # A quarter at a time, so that a full cache does not sort at every question.
            oldest = sorted(self._slot.items(), key=lambda item: int(asked[item[1]]))
            for key, slot in oldest[: max(excess, self._limit // 4)]:
                if asked[slot] < self._question:
                    del self._slot[key]
                    self._doors["road"][slot] = -1
        needed, size = len(self._slot) + wanted, len(self._doors)
        if needed > size:
            self._grow(max(needed, min(2 * size, self._limit), 128) - size)

    def _grow(self, more: int) -> None:
        free = np.zeros(more, dtype=DOOR)
        free["road"] = -1
        self._doors = np.concatenate([self._doors, free])
        self._seconds = np.pad(self._seconds, (0, more))

    def _add(self, items: list[tuple[Key, Snap]]) -> None:
        slots = np.flatnonzero(self._doors["road"] < 0)[: len(items)]
        for slot, (key, snap) in zip(slots.tolist(), items, strict=True):
            end = ends(self._graph, snap)
            record = (end.road, end.junctions, end.leave, end.arrive, end.gap, self._question)
            self._doors[slot] = record
            self._slot[key] = slot
        live = np.flatnonzero(self._doors["road"] >= 0)
        new, known = self._doors[slots], self._doors[live]
        there = _around(self._graph.from_junctions, new, known, "leave", "arrive")
        there = np.minimum(there, _direct(new, known))
        self._seconds[slots[:, None], live] = _whole_seconds(there, new, known)
        back = _around(self._graph.to_junctions, new, known, "arrive", "leave").T
        back = np.minimum(back, _direct(known, new))
        self._seconds[live[:, None], slots] = _whole_seconds(back, known, new)


def _around(search: Search, new: Records, known: Records, here: str, there: str) -> Floats:
    """
    Returns the ms by way of a junction at either end, new doors by known doors.

    ``here`` and ``there`` name the times between doors and junctions at the new and the
    known doors: leave and arrive when searching forward, the other way round backward.
    """
    rows = search(new["junctions"].T.reshape(-1)).reshape(2, len(new), -1)
    best = np.full((len(new), len(known)), np.inf)
    for x, y in product((0, 1), (0, 1)):
        way = rows[x][:, known["junctions"][:, y]]
        way += new[here][:, x, None]
        way += known[there][:, y]
        np.minimum(best, way, out=best)
    return best


def _direct(a: Records, b: Records) -> Floats:
    """Returns the ms without leaving the road, infinite on different roads: (a, b)."""
    best = np.full((len(a), len(b)), np.inf)
    for row, column in zip(*np.nonzero(a["road"][:, None] == b["road"]), strict=True):
        for side in (0, 1):
            start, end = a["arrive"][row, side], b["arrive"][column, side]
            if start <= end < np.inf:
                best[row, column] = min(best[row, column], end - start)
    return best


def _whole_seconds(ms: Floats, a: Records, b: Records) -> NDArray[np.int32]:
    total: Floats = ms + a["gap"][:, None] + b["gap"]
    return np.ceil(total / 1000).astype(np.int32)
