"""The locations and the times of a problem that a VROOM request is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.problem import FOREVER, TimeWindow
from solver.vroom_errors import MOST_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from solver.vroom_entries import Mission, VehicleEntry
    from solver.vroom_errors import Windows
    from solver.vroom_matrices import Matrices

_LONG = 2**20
"""Seconds before the first window, 12 days, from which on vehicles without a window may ride."""


def origin_of(vehicles: Sequence[VehicleEntry], missions: Sequence[Mission], unit: int) -> int:
    """Returns the second to count from: 0, or shortly before the windows where that is far off."""
    starts = [w[0] for m in missions for task in m.tasks for w in task.windows]
    starts += [w[0] for v in vehicles for rest in v.breaks for w in rest.windows]
    starts += [v.window[0] for v in vehicles if v.window is not None]
    later = [start for start in starts if start]
    if not later or max(later) * unit < FOREVER // 2:
        return 0
    return max(0, min(later) - _LONG)


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds of a request as times of a problem."""

    unit: int
    origin: int

    def time(self, second: int) -> int:
        """Returns a second of the request, at the latest `FOREVER`."""
        if second == MOST_NUMBER:
            return FOREVER
        return max(0, min(FOREVER, (second - self.origin) * self.unit))

    def window(self, window: tuple[int, int]) -> TimeWindow:
        """Returns a time window of the request."""
        return TimeWindow(self.time(window[0]), self.time(window[1]))

    def windows(self, windows: Windows) -> tuple[TimeWindow, ...]:
        """Returns those windows that are not all over before the origin; the first if all are."""
        kept = [w for w in windows if w[1] >= self.origin] or [windows[0]]
        return tuple(self.window(window) for window in kept)


class Places:
    """
    The locations of a problem: indices of the matrices that are used, each once.

    Where a matrix says that an index is some way from itself, everything has a location of its own,
    and setup is paid at each.
    """

    def __init__(
        self,
        vehicles: Sequence[VehicleEntry],
        missions: Sequence[Mission],
        matrices: Iterable[Matrices],
    ) -> None:
        tasks = [task for mission in missions for task in mission.tasks]
        ends = [(v.start_index, v.end_index) for v in vehicles]
        used = {task.index for task in tasks} | {index for pair in ends for index in pair}
        rows = sorted(index for index in used if index is not None)
        apart = any(m.durations[rows, rows].any() for m in matrices)
        self._rows: list[int] = []
        self._apart = apart
        self._known: dict[int, int] = {}
        self.tasks = {(task.kind, task.id): self._add(task.index) for task in tasks}
        self.ends = [None if end is None else self._add(end) for _, end in ends]
        starts = [None if start is None else self._add(start) for start, _ in ends]
        nowhere = len(self._rows)
        self._has_nowhere = None in starts
        self.starts = [nowhere if start is None else start for start in starts]

    def _add(self, index: int | None) -> int:
        assert index is not None
        if self._apart or index not in self._known:
            self._known[index] = len(self._rows)
            self._rows.append(index)
        return self._known[index]

    def between(self, matrix: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns the part of a matrix between the locations."""
        part = matrix[np.ix_(self._rows, self._rows)].copy()
        np.fill_diagonal(part, 0)
        return np.pad(part, (0, 1)) if self._has_nowhere else part
