"""
Time inside a building: from the door on the street to the desk, and from desk to desk.

Shortest paths through the building's graph, found once per interior and time band, are kept
as tables of whole seconds. Whether stairs beat the lift is thus not a rule but an outcome:
with the defaults, three floors up by day and ten at lunch; and so is the door that is used.

A leg is rounded up to whole seconds, so that the legs shown to the courier add up to the
duration planned with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from dispatch.building_graph import STREET, Node, building_graph, desk_node, spots
from dispatch.indoor_figures import Figure
from dispatch.interiors import RECEPTION
from dispatch.places import InsideLeg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dispatch.indoor_parameters import IndoorParameters
    from dispatch.interiors import Interior

Path = list[Node]


@dataclass(frozen=True, slots=True)
class TracedLeg:
    """A leg and what its seconds are made of; the leg is their sum, rounded up."""

    leg: InsideLeg
    figures: tuple[Figure, ...]


@lru_cache(maxsize=1024)
def compile_indoor(interior: Interior, band: str, parameters: IndoorParameters) -> Indoor:
    """Returns the inside of a building; those alike share it. Raises ValueError for no band."""
    return Indoor(interior, band, parameters)


class Indoor:
    """
    The inside of a building in one band, by spots: floors, departments and desks.

    A class because rows of the table are filled as they are asked for, each once: a tower of
    five hundred desks is seldom asked for more than a few. ``enter`` and ``leave`` are seconds
    by spot, from riding up to the desk (park and check-in included) and from the desk until
    riding away.
    """

    def __init__(self, interior: Interior, band: str, parameters: IndoorParameters) -> None:
        self.interior = interior
        self.spots = spots(interior)
        self._graph = building_graph(interior, band, parameters)
        self._index = {spot: i for i, spot in enumerate(self.spots)}
        self._parameters = parameters
        self._inwards = _paths(self._graph, STREET)
        outwards = _paths(self._graph.reverse(), STREET)
        self._outwards = {node: path[::-1] for node, path in outwards.items()}
        self._rows: dict[int, NDArray[np.int32]] = {}
        self.enter = _seconds(self.enter_legs(i) for i in range(len(self.spots)))
        self.leave = _seconds(self.leave_legs(i) for i in range(len(self.spots)))

    def spot(self, floor: int, name: str) -> int:
        """
        Returns the spot of a desk such as ``Accounting/4-117``: of the desk where it is known,
        else of its department, else of its floor; reception's where couriers may not go.

        Raises KeyError for a floor that is not in the building.
        """
        department = self.interior.department(floor, name)
        known = department.name if department else ""
        i = self._index.get((floor, name), self._index[floor, known])
        if desk_node(*self.spots[i]) in self._inwards:
            return i
        return self._index[self.interior.reception.floor, RECEPTION]

    @cached_property
    def between(self) -> NDArray[np.int32]:
        """The seconds from each spot to each; on the diagonal those to another desk there."""
        return np.stack([self._row(i) for i in range(len(self.spots))])

    def table(self, rows: Sequence[int]) -> NDArray[np.int32]:
        """Returns the seconds between some spots: (n, n)."""
        chosen = np.asarray(rows)
        return np.stack([self._row(i)[chosen] for i in rows])

    def entrance(self, spot: int) -> str | None:
        """Returns the id of the door by which a spot is entered, if the map knows it."""
        kind, i = self._inwards[self._node(spot)][1]
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
        inwards = self._inwards.get(self._node(spot))
        if inwards is None:
            return ()
        return (constant_leg(self._parameters, "park"), *_trace(self._graph, inwards))

    def trace_leave(self, spot: int) -> tuple[TracedLeg, ...]:
        """Returns the legs from a spot until riding away, with their figures."""
        outwards = self._outwards.get(self._node(spot))
        if outwards is None:
            return ()
        return (*_trace(self._graph, outwards), constant_leg(self._parameters, "leave"))

    def trace_between(self, a: int, b: int) -> tuple[TracedLeg, ...]:
        """Returns the legs between two spots, with their figures."""
        start, end = self._node(a), self._node(b)
        if a == b:
            # Another desk at the same spot: the way through the department.
            ways = [n for n in self._graph.successors(start) if n[0] == "among"]
            path = [start, *ways, start] if ways else [start]
        else:
            path = nx.dijkstra_path(self._graph, start, end, weight="seconds")
        return _trace(self._graph, path)

    def _node(self, spot: int) -> Node:
        return desk_node(*self.spots[spot])

    def _row(self, spot: int) -> NDArray[np.int32]:
        if spot not in self._rows:
            onwards = _paths(self._graph, self._node(spot)) if self._reached(spot) else {}
            legs = (
                self.between_legs(spot, spot)
                if other == spot
                else plain(_trace(self._graph, onwards.get(self._node(other), [])))
                for other in range(len(self.spots))
            )
            self._rows[spot] = _seconds(legs)
        return self._rows[spot]

    def _reached(self, spot: int) -> bool:
        return self._node(spot) in self._inwards


def unreached(interior: Interior, parameters: IndoorParameters) -> tuple[int, ...]:
    """Returns the floors that neither lifts nor stairs reach from any door, ascending."""
    graph = building_graph(interior, "day", parameters)
    reached = {
        node for door in interior.doors for node in nx.descendants(graph, ("floor", door.floor))
    }
    reached |= {("floor", door.floor) for door in interior.doors}
    return tuple(floor for floor in interior.floors if ("floor", floor) not in reached)


def constant_leg(parameters: IndoorParameters, kind: str, name: str = "") -> TracedLeg:
    """Returns the leg of a parameter that is the same everywhere; ``name`` if not its kind."""
    seconds = getattr(parameters, name or kind)
    figure = Figure(kind, seconds, parameters.source(name or kind), assumed=True)
    return TracedLeg(InsideLeg(kind, math.ceil(seconds)), (figure,))


def _paths(graph: Any, start: Node) -> dict[Node, Path]:
    paths: dict[Node, Path] = nx.single_source_dijkstra_path(graph, start, weight="seconds")
    return paths


def _trace(graph: Any, path: Path) -> tuple[TracedLeg, ...]:
    """Joins the edges of a path that are of one kind into legs of whole seconds."""
    edges = [(a, b, graph.edges[a, b]) for a, b in pairwise(path)]
    edges = [edge for edge in edges if edge[2]["seconds"] > 0]
    legs = []
    for kind, group in groupby(edges, key=lambda edge: str(edge[2]["kind"])):
        run = list(group)
        figures = _add_up(figure for edge in run for figure in edge[2]["figures"])
        # Rounded to the microsecond first: 3 x 14.5 s must not become 43.5000001 s.
        duration = math.ceil(round(sum(figure.seconds for figure in figures), 6))
        leg = InsideLeg(kind, duration)
        if kind in ("lift", "stairs"):
            leg = replace(leg, from_floor=_floor(run[0][0]), to_floor=_floor(run[-1][1]))
        legs.append(TracedLeg(leg, figures))
    return tuple(legs)


def _floor(node: Node) -> int:
    """Returns the floor of a node of stairs or lifts."""
    return int(str(node[-1]))


def _add_up(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Joins figures of one thing and one source."""
    total: dict[tuple[str, str, bool], float] = {}
    for figure in figures:
        key = (figure.what, figure.source, figure.assumed)
        total[key] = total.get(key, 0.0) + figure.seconds
    return tuple(Figure(key[0], round(s, 6), key[1], key[2]) for key, s in total.items())


def plain(legs: tuple[TracedLeg, ...]) -> tuple[InsideLeg, ...]:
    """Returns the legs without their figures."""
    return tuple(traced.leg for traced in legs)


def _seconds(ways: Iterable[tuple[InsideLeg, ...]]) -> NDArray[np.int32]:
    return np.array([sum(leg.duration_s for leg in legs) for legs in ways], dtype=np.int32)
