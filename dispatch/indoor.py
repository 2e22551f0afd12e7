"""
Time inside a building: from the door on the street to the desk, and from desk to desk.

Shortest paths through the building's graph, found once per interior and time band, are kept
as whole seconds. Whether stairs beat the lift is thus not a rule but an outcome:
with the defaults, three floors up by day and ten at lunch; and so is the door that is used.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from dispatch.building_graph import STREET, Node, building_graph, desk_node, spots
from dispatch.indoor_legs import TracedLeg, constant_leg, plain, trace
from dispatch.indoor_paths import Searches
from dispatch.interiors import RECEPTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dispatch.indoor_parameters import IndoorParameters
    from dispatch.interiors import Interior
    from dispatch.places import InsideLeg

OUTSIDE = -1
"""Instead of a spot: on the bike, at the door."""


@lru_cache(maxsize=1024)
def compile_indoor(interior: Interior, band: str, parameters: IndoorParameters) -> Indoor:
    """Returns the inside of a building; those alike share it. Raises ValueError for no band."""
    return Indoor(interior, band, parameters)


class Indoor:
    """
    The inside of a building in one band, by spots: floors, departments and desks.

    A class because ways are searched as they are asked for, each once: of the thousand desks
    of a tower a plan has a few. Seconds to enter count from riding up to the door, park and
    check-in included; those to leave until riding away.
    """

    def __init__(self, interior: Interior, band: str, parameters: IndoorParameters) -> None:
        self.interior = interior
        self.spots = spots(interior)
        self._parameters = parameters
        self._graph = building_graph(interior, band, parameters)
        self._index = {spot: i for i, spot in enumerate(self.spots)}
        self._searches = Searches(self._graph)
        self._seconds: dict[tuple[int, int], int] = {}

    def spot(self, floor: int, name: str) -> int:
        """
        Returns the spot of a desk such as ``Accounting/4-117``: of the desk where it is known,
        else of its department, else of its floor; reception's where couriers may not go.

        Raises KeyError for a floor that is not in the building.
        """
        department = self.interior.department(floor, name)
        known = department.name if department else ""
        i = self._index.get((floor, name), self._index[floor, known])
        if self._is_reached(i):
            return i
        return self._index[self.interior.reception.floor, RECEPTION]

    @property
    def enter(self) -> NDArray[np.int32]:
        """The seconds to enter each spot, 0 where couriers may not go."""
        return self._all((OUTSIDE, i) for i in range(len(self.spots)))

    @property
    def leave(self) -> NDArray[np.int32]:
        """The seconds to leave each spot, 0 where couriers may not go."""
        return self._all((i, OUTSIDE) for i in range(len(self.spots)))

    @property
    def between(self) -> NDArray[np.int32]:
        """The seconds from each spot to each; on the diagonal those to another desk there."""
        return self.table(range(len(self.spots)))

    def table(self, rows: Sequence[int]) -> NDArray[np.int32]:
        """Returns the seconds between some spots: (n, n)."""
        return self._all((a, b) for a in rows for b in rows).reshape(len(rows), len(rows))

    def seconds(self, a: int, b: int) -> int:
        """Returns the seconds between two spots, either of which may be `OUTSIDE`."""
        key = a, b
        if key not in self._seconds:
            if a == OUTSIDE:
                legs = self.trace_enter(b)
            else:
                legs = self.trace_leave(a) if b == OUTSIDE else self.trace_between(a, b)
            self._seconds[key] = sum(traced.leg.duration_s for traced in legs)
        return self._seconds[key]

    def entrance(self, spot: int) -> str | None:
        """Returns the id of the door by which a spot is entered, if the map knows it."""
        kind, i = self._searches.path(STREET, self._node(spot))[1]
        assert kind == "door"
        return self.interior.doors[int(str(i))].id

    def enter_legs(self, spot: int) -> tuple[InsideLeg, ...]:
        """Returns the legs from riding up until a spot."""
        return plain(self.trace_enter(spot))

    def leave_legs(self, spot: int) -> tuple[InsideLeg, ...]:
        """Returns the legs from a spot until riding away."""
        return plain(self.trace_leave(spot))

    def between_legs(self, a: int, b: int) -> tuple[InsideLeg, ...]:
        """Returns the legs from a desk at one spot to another desk at the same or another."""
        return plain(self.trace_between(a, b))

    def trace_enter(self, spot: int) -> tuple[TracedLeg, ...]:
        """Returns the legs from riding up until a spot, with their figures."""
        if not self._is_reached(spot):
            return ()
        path = self._searches.path(STREET, self._node(spot))
        return (constant_leg(self._parameters, "park"), *trace(self._graph, path))

    def trace_leave(self, spot: int) -> tuple[TracedLeg, ...]:
        """Returns the legs from a spot until riding away, with their figures."""
        if not self._is_reached(spot):
            return ()
        path = self._searches.path_back(self._node(spot), STREET)
        return (*trace(self._graph, path), constant_leg(self._parameters, "leave"))

    def trace_between(self, a: int, b: int) -> tuple[TracedLeg, ...]:
        """Returns the legs between two spots, with their figures; none where one is refused."""
        if not (self._is_reached(a) and self._is_reached(b)):
            return ()
        start, end = self._node(a), self._node(b)
        if a != b:
            return trace(self._graph, self._searches.path(start, end))
        # Another desk at the same spot: the way through the department.
        among = [node for node in self._graph.successors(start) if node[0] == "among"]
        return trace(self._graph, [start, *among, start] if among else [start])

    def _all(self, pairs: Iterable[tuple[int, int]]) -> NDArray[np.int32]:
        return np.array([self.seconds(a, b) for a, b in pairs], dtype=np.int32)

    def _is_reached(self, spot: int) -> bool:
        return self._searches.has_path(STREET, self._node(spot))

    def _node(self, spot: int) -> Node:
        return desk_node(*self.spots[spot])


def unreached(interior: Interior, parameters: IndoorParameters) -> tuple[int, ...]:
    """Returns the floors that neither lifts nor stairs reach from any door, ascending."""
    graph = building_graph(interior, "day", parameters)
    reached = {
        node for door in interior.doors for node in nx.descendants(graph, ("floor", door.floor))
    }
    reached |= {("floor", door.floor) for door in interior.doors}
    return tuple(floor for floor in interior.floors if ("floor", floor) not in reached)
