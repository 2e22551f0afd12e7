"""
Signals of one crossing are waited at once.

A crossing of two dual carriageways has a signal at each of the four nodes where they cross: a way
straight on passes two of them, a turn across the traffic three, and all turn green together. So a
signal costs nothing to those who passed another one at most `CROSSING_M` before, along their way;
the first one of the crossing is waited at.

References
----------
OSRM (osrm-backend 5.27, ``process_turn``) waits at every node. The rule is what users of it asked
for, at 30, 50 or 80 m: https://github.com/Project-OSRM/osrm-backend/issues/1250
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dispatch.road_rules import RIDE
from dispatch.roads import SIGNAL_AGAINST, SIGNAL_ALONG, offsets
from dispatch.turn_costs import headings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.profiles import Profiles
    from dispatch.roads import Bools, Bytes, Roads

    Arc = tuple[int, int]
    """A road, and 0 along its line or 1 against it."""

CROSSING_M = 30.0
"""Metres between signals that are taken for one crossing's: two carriageways of four lanes of
3.5 m and what is between them; the least distance that was asked for."""

BITS = (SIGNAL_ALONG, SIGNAL_AGAINST)


def wait_once(roads: Roads, profiles: Profiles, within_m: float = CROSSING_M) -> Bytes:
    """
    Returns the signs of the roads without the signals that follow another one: (p,).

    One looks back along the road, and beyond its junction on along the road that leads straightest
    into it and is ridden in that direction. 0 metres: every signal is waited at, as OSRM does.
    """
    sign = roads.sign.copy()
    if within_m <= 0:
        return sign
    back = _Back(roads, profiles)
    for row, bit in enumerate(BITS):
        begin = roads.first[:-1] if row == 0 else roads.first[1:] - 1
        # Nobody waits at the point an arc begins with: the arcs into it have it too.
        waits = (roads.sign & bit) > 0
        waits[begin] = False
        points = np.flatnonzero(waits)
        of_road = np.searchsorted(roads.first, points, side="right") - 1
        for point, road in zip(points.tolist(), of_road.tolist(), strict=True):
            if back.passed_signal((road, row), point, within_m):
                sign[point] &= ~np.uint8(bit)
    return sign


class _Back:
    """Looks back along roads; a class because its tables are shared by all signals."""

    def __init__(self, roads: Roads, profiles: Profiles) -> None:
        self._roads = roads
        self._offset = offsets(roads)
        self._heading = headings(roads)
        ridden = _ridden(roads, profiles)
        road, row = np.nonzero(ridden)
        head = np.where(row == 0, roads.head[road], roads.tail[road])
        order = np.argsort(head, kind="stable")
        self._into = list(zip(road[order].tolist(), row[order].tolist(), strict=True))
        self._first = np.searchsorted(head[order], np.arange(roads.num_junctions + 1))

    def passed_signal(self, arc: Arc, point: int, within_m: float) -> bool:
        """Tells whether one who comes to a point by an arc passed another signal just before."""
        roads, start, left = self._roads, point, within_m
        seen = {arc[0]}
        while True:
            for p in self._points_before(arc, start):
                if abs(self._offset[p] - self._offset[start]) > left:
                    return False
                if roads.sign[p] & BITS[arc[1]] and roads.node[p] != roads.node[point]:
                    return True
            begin = int(self._ends(arc)[0])
            left -= abs(float(self._offset[begin] - self._offset[start]))
            before = self._straightest_into(arc, seen)
            if before is None:
                return False
            arc = before
            seen.add(arc[0])
            start = int(self._ends(arc)[1])
            if roads.sign[start] & BITS[arc[1]] and roads.node[start] != roads.node[point]:
                return True

    def _ends(self, arc: Arc) -> tuple[int, int]:
        """Returns the points an arc begins and ends with."""
        first, last = int(self._roads.first[arc[0]]), int(self._roads.first[arc[0] + 1]) - 1
        return (first, last) if arc[1] == 0 else (last, first)

    def _points_before(self, arc: Arc, point: int) -> Iterator[int]:
        begin = self._ends(arc)[0]
        yield from range(point - 1, begin - 1, -1) if arc[1] == 0 else range(point + 1, begin + 1)

    def _straightest_into(self, arc: Arc, seen: set[int]) -> Arc | None:
        """Returns the arc that leads into another with the least turn, none from a road seen."""
        junction = (self._roads.tail if arc[1] == 0 else self._roads.head)[arc[0]]
        arcs = self._into[self._first[junction] : self._first[junction + 1]]
        open_to = [before for before in arcs if before[0] not in seen]
        ahead = self._degrees(arc, at_end=False)
        return min(
            open_to,
            key=lambda before: abs(180 - (180 - ahead + self._degrees(before, at_end=True)) % 360),
            default=None,
        )

    def _degrees(self, arc: Arc, *, at_end: bool) -> float:
        """Returns where one is heading at the beginning of an arc or at its end."""
        road, row = arc
        heading = float(self._heading[road, int(at_end) if row == 0 else int(not at_end)])
        return heading if row == 0 else heading + 180


def _ridden(roads: Roads, profiles: Profiles) -> Bools:
    """Tells which roads are ridden along and against by those who mind one-way signs: (m, 2)."""
    found = np.zeros((len(roads.tail), 2), dtype=bool)
    for name in roads.profiles:
        if profiles.of(name).oneway != "none":
            found |= np.column_stack(roads.modes_of(name)) == RIDE
    return found
