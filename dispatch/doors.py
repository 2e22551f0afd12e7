"""
Ride times between the doors in use, kept and grown door by door.

A new door costs one row and one column, however many doors are known; known doors cost an
array look-up. Times are kept for one epoch, and for the bands asked for last.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dispatch.snapping import Snap
    from dispatch.streets import Streets

    Floats = NDArray[np.float64]

Key = TypeVar("Key")
"""What names a door: anything that can be hashed."""

WALKING_KMH = 5
"""km/h beside the bike between the road and the door."""

NO_WAY = -1
"""Stands for the seconds where there is no way."""

BATCH = 64
"""Doors added at once: bounds the memory of a table in a large city."""

KEPT_BANDS = 3
"""Bands whose times are kept; the one asked for longest ago goes first."""


class Doors(Generic[Key]):
    """
    The cache of ride times, safe to share by threads.

    It holds at most ``limit`` doors for each band, or as many as one question names; the
    doors longest unasked for make room.
    """

    def __init__(self, streets: Streets, limit: int = 2048) -> None:
        self._streets = streets
        self._limit = limit
        self._lock = Lock()
        self._epoch = 0
        self._bands: OrderedDict[str, DoorTable[Key]] = OrderedDict()

    def __len__(self) -> int:
        return max((len(table) for table in self._bands.values()), default=0)

    def seconds(
        self, keys: Sequence[Key], snap: Callable[[Key], Snap], band: str
    ) -> NDArray[np.int32]:
        """
        Returns the seconds from door to door, in their order, rounded up, or NO_WAY: (n, n).

        ``snap`` finds the point on the road of a door not yet known; where it or the streets
        raise, doors known before stay known. All times are of one epoch.
        """
        with self._lock:
            while True:
                epoch = self._streets.epoch
                if epoch != self._epoch:
                    self._bands.clear()
                    self._epoch = epoch
                table = self._bands.get(band) or DoorTable(self._streets, band, self._limit)
                times = table.seconds(keys, snap)
                # A change of speeds in between may have given rows of either epoch.
                if self._streets.epoch == epoch:
                    self._bands[band] = table
                    self._bands.move_to_end(band)
                    if len(self._bands) > KEPT_BANDS:
                        self._bands.popitem(last=False)
                    return times


class DoorTable(Generic[Key]):
    """The times of one epoch and band; grows and forgets, used under its owner's lock."""

    def __init__(self, streets: Streets, band: str, limit: int) -> None:
        self._streets = streets
        self._band = band
        self._limit = limit
        self._slot: dict[Key, int] = {}
        self._question = 0
        self._snaps: list[Snap | None] = []
        self._asked = np.zeros(0, dtype=np.int64)
        self._seconds = np.zeros((0, 0), dtype=np.int32)

    def __len__(self) -> int:
        return len(self._slot)

    def seconds(self, keys: Sequence[Key], snap: Callable[[Key], Snap]) -> NDArray[np.int32]:
        """Returns as `Doors.seconds`."""
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
        self._asked[slots] = self._question
        return slots

    def _make_room(self, wanted: int) -> None:
        """Evicts what was longest unasked for, but nothing of this question; then grows."""
        excess = len(self._slot) + wanted - self._limit
        if excess > 0:
            # A quarter at a time, so that a full cache does not sort at every question.
            oldest = sorted(self._slot.items(), key=lambda item: int(self._asked[item[1]]))
            for key, slot in oldest[: max(excess, self._limit // 4)]:
                if self._asked[slot] < self._question:
                    del self._slot[key]
                    self._snaps[slot] = None
        needed, size = len(self._slot) + wanted, len(self._snaps)
        if needed > size:
            more = max(needed, min(2 * size, self._limit), 128) - size
            self._snaps += [None] * more
            self._asked = np.pad(self._asked, (0, more))
            self._seconds = np.pad(self._seconds, (0, more))

    def _add(self, items: list[tuple[Key, Snap]]) -> None:
        """Adds doors; nothing changes before the streets answered."""
        free = (slot for slot, snap in enumerate(self._snaps) if snap is None)
        slots = np.array([slot for slot, _ in zip(free, items, strict=False)], dtype=np.intp)
        taken = [slot for slot, snap in enumerate(self._snaps) if snap is not None]
        live = np.array([*taken, *slots.tolist()], dtype=np.intp)
        new = [snap for _, snap in items]
        known = [*(snap for snap in self._snaps if snap is not None), *new]
        there = self._streets.table(new, known, self._band)
        back = self._streets.table(known, new, self._band)
        self._seconds[slots[:, None], live] = _whole_seconds(there, new, known)
        self._seconds[live[:, None], slots] = _whole_seconds(back, known, new)
        for slot, (key, snap) in zip(slots.tolist(), items, strict=True):
            self._snaps[slot] = snap
            self._slot[key] = slot


def walk_ms(snap: Snap) -> int:
    """Returns the ms on foot between a door and the road."""
    return round(snap.gap * 3600 / WALKING_KMH)


def _whole_seconds(seconds: Floats, a: Sequence[Snap], b: Sequence[Snap]) -> NDArray[np.int32]:
    gap_a, gap_b = (
        np.array([walk_ms(snap) for snap in snaps], dtype=np.float64) for snaps in (a, b)
    )
    ms = np.round(seconds * 1000) + gap_a[:, None] + gap_b
    return np.where(np.isfinite(ms), np.ceil(ms / 1000), NO_WAY).astype(np.int32)
