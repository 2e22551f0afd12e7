"""
When the steps of a given route happen, so that as little as can be is too early or too late.

VROOM's plan mode (`src/algorithms/validation/choose_ETA.cpp`, BSD-2-Clause) solves the same mixed
integer program, with violations and the span of the route weighed in one sum; here violations come
first, then the span, then early starts. Solved by HiGHS through scipy.

References
----------
Q. Huangfu, J. A. J. Hall (2018). *Parallelizing the dual revised simplex method*, Mathematical
Programming Computation 10, 119-142. https://doi.org/10.1007/s12532-017-0130-5
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SECONDS = 2.0
"""What one program may take at most; a route of a hundred tasks takes hundredths."""


@dataclass(frozen=True, slots=True)
class Stage:
    """
    One step of a route, from its start to its end, in any unit of time.

    ``windows`` are sorted, soft, and None at an open side; empty: any time is right. ``least`` and
    ``most`` are hard (None: open). ``action`` follows the start of the stage. ``ride`` is the way
    from the last stage that is no break; breaks have none, they interrupt it.
    """

    windows: tuple[tuple[int | None, int | None], ...] = ()
    action: int = 0
    ride: int = 0
    is_break: bool = False
    least: int = 0
    most: int | None = None


def starts_of(stages: Sequence[Stage]) -> tuple[int, ...] | None:
    """
    Returns when each stage starts, None where the hard bounds leave no way.

    The sum of what is too early and too late is least; of such times those with the least span
    from the first to the last, and of these the earliest.
    """
    origin = _origin(stages)
    program = _Program(stages, origin)
    starts = program.solved()
    if starts is None:
        return None
    # Solved in floating point: what was rounded is pushed into order again.
    return _pushed(stages, [origin + int(start) for start in starts])


def _origin(stages: Sequence[Stage]) -> int:
    """Returns a time before which nothing needs to start; small numbers keep a program exact."""
    opens = [early for stage in stages for early, _ in stage.windows if early is not None]
    opens += [stage.least for stage in stages if stage.least]
    if not opens:
        return 0
    closes = [late for stage in stages for _, late in stage.windows if late is not None]
    closes += [stage.most for stage in stages if stage.most is not None]
    total = sum(stage.ride + stage.action for stage in stages)
    return max(0, min(*opens, *closes, opens[0]) - total)


def gaps_of(stages: Sequence[Stage]) -> list[tuple[int, int, int]]:
    """Returns the pairs of stages that cannot be closer than so much: from, to, time between."""
    found, last, rests = [], 0, 0
    for i, stage in enumerate(stages):
        if i == 0:
            continue
        found.append((i - 1, i, stages[i - 1].action))
        if stage.is_break:
            rests += stage.action
            continue
        found.append((last, i, stages[last].action + rests + stage.ride))
        last, rests = i, 0
    return found


def _pushed(stages: Sequence[Stage], starts: list[int]) -> tuple[int, ...]:
    """Returns the times with those later that would break a gap."""
    for before, after, least in gaps_of(stages):
        starts[after] = max(starts[after], starts[before] + least)
    return tuple(starts)


@dataclass(slots=True)
class _Rows:
    """Rows of a program as they are written: lower bound, coefficients by variable, upper bound."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(
        self,
        terms: Sequence[tuple[int, float]],
        *,
        least: float = -np.inf,
        most: float = np.inf,
    ) -> None:
        """Adds a row."""
        for column, value in terms:
            self.rows.append(len(self.lower))
            self.columns.append(column)
            self.values.append(value)
        self.lower.append(least)
        self.upper.append(most)

    def constraint(self, variables: int) -> LinearConstraint:
        """Returns the rows over so many variables."""
        shape = len(self.lower), variables
        matrix = coo_array((self.values, (self.rows, self.columns)), shape=shape).tocsr()
        return LinearConstraint(matrix, self.lower, self.upper)


class _Program:
    """The variables: starts, how much each is too early or late, and which window is taken."""

    def __init__(self, stages: Sequence[Stage], origin: int) -> None:
        self._stages, self._origin = stages, origin
        self._n = len(stages)
        self._choices = [
            (i, window)
            for i, stage in enumerate(stages)
            if len(stage.windows) > 1
            for window in stage.windows
        ]
        self._variables = 2 * self._n + len(self._choices)
        self._rows = _Rows()
        self._write()

    def _write(self) -> None:
        rows, n = self._rows, self._n
        for before, after, least in gaps_of(self._stages):
            rows.add([(after, 1), (before, -1)], least=least)
        for i, stage in enumerate(self._stages):
            if len(stage.windows) == 1:
                early, late = stage.windows[0]
                if early is not None:
                    rows.add([(i, 1), (n + i, 1)], least=early - self._origin)
                if late is not None:
                    rows.add([(i, 1), (n + i, -1)], most=late - self._origin)
        for i in sorted({i for i, _ in self._choices}):
            taken = [(2 * n + c, w) for c, (owner, w) in enumerate(self._choices) if owner == i]
            rows.add([(column, 1) for column, _ in taken], least=1, most=1)
            opens = [(column, self._since(early)) for column, (early, _) in taken]
            closes = [(column, self._since(late)) for column, (_, late) in taken]
            rows.add([(i, 1), (n + i, 1), *((c, -t) for c, t in opens)], least=0)
            rows.add([(i, 1), (n + i, -1), *((c, -t) for c, t in closes)], most=0)

    def _since(self, time: int | None) -> float:
        assert time is not None
        return time - self._origin

    def solved(self) -> NDArray[np.float64] | None:
        """Returns the starts since the origin, None where there are none."""
        n = self._n
        wrong, span, early = (np.zeros(self._variables) for _ in range(3))
        wrong[n : 2 * n] = 1
        span[n - 1], span[0] = 1, -1
        early[:n] = 1
        best = None
        for aim in (wrong, span, early):
            found = self._least(aim)
            if found is None:
                # The first program is infeasible only for hard bounds; later ones for rounding.
                return best
            best = np.round(found[:n])
            terms = [(int(column), float(aim[column])) for column in np.flatnonzero(aim)]
            self._rows.add(terms, most=float(np.round(aim @ found)))
        return best

    def _least(self, aim: NDArray[np.float64]) -> NDArray[np.float64] | None:
        n = self._n
        lower, upper = np.zeros(self._variables), np.full(self._variables, np.inf)
        for i, stage in enumerate(self._stages):
            lower[i] = max(0, stage.least - self._origin)
            if stage.most is not None:
                upper[i] = stage.most - self._origin
        upper[2 * n :] = 1
        if (lower > upper).any():
            return None
        whole = np.zeros(self._variables, dtype=np.int64)
        whole[2 * n :] = 1
        found = milp(
            aim,
            integrality=whole,
            bounds=Bounds(lower, upper),
            constraints=self._rows.constraint(self._variables),
            options={"time_limit": _SECONDS, "mip_rel_gap": 0},
        )
        solution: NDArray[np.float64] | None = found.x
        return solution
