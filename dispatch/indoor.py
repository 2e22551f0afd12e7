"""
Time inside a building: from the door on the street to the desk, and from desk to desk.

A building is a small directed graph: street - lobby - lift or stairs - floor - desk. Each
edge is one kind of movement with its seconds; shortest paths through the graph, found
once per height of building and time band, are kept as tables of whole seconds. Whether
stairs beat the lift is thus not a rule but an outcome: with the defaults, three floors up
by day and ten at lunch.

A leg is rounded up to whole seconds, so that the legs shown to the courier add up to the
duration planned with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from dispatch.places import InsideLeg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dispatch.indoor_parameters import IndoorParameters


Node = tuple[str, int]
"""A kind of spot and its floor; the street and the lobby are on floor 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Indoor:
    """
    The inside of a building of one height, in one band.

    ``enter[f]`` are the seconds from riding up to its door to a desk on floor f (park and
    check-in included), ``leave[f]`` from that desk until riding away, ``between[f, g]``
    from a desk on floor f to another desk on floor g. The ``..._legs`` say what they are
    made of and add up to them.
    """

    enter: NDArray[np.int32]
    leave: NDArray[np.int32]
    between: NDArray[np.int32]
    enter_legs: tuple[tuple[InsideLeg, ...], ...]
    leave_legs: tuple[tuple[InsideLeg, ...], ...]
    between_legs: tuple[tuple[tuple[InsideLeg, ...], ...], ...]


@lru_cache(maxsize=1024)
def compile_indoor(levels: int, has_lift: bool, band: str, parameters: IndoorParameters) -> Indoor:
    """Returns the inside of a building; buildings of one height share it."""
    graph = building_graph(levels, has_lift, band, parameters)
    floors = range(levels)
    inwards = _paths(graph, ("street", 0))
    onwards = [_paths(graph, ("desk", f)) for f in floors]
    enter = [_legs(graph, inwards["desk", f]) for f in floors]
    leave = [_legs(graph, onwards[f]["street", 0]) for f in floors]
    between = [tuple(_legs(graph, onwards[f]["other", g]) for g in floors) for f in floors]
    arriving = (
        InsideLeg("park", math.ceil(parameters.park)),
        InsideLeg("check_in", math.ceil(parameters.check_in)),
    )
    leaving = (InsideLeg("leave", math.ceil(parameters.leave)),)
    enter_legs = tuple(arriving + legs for legs in enter)
    leave_legs = tuple(legs + leaving for legs in leave)
    return Indoor(
        enter=_seconds(enter_legs),
        leave=_seconds(leave_legs),
        between=np.array([_seconds(row) for row in between]),
        enter_legs=enter_legs,
        leave_legs=leave_legs,
        between_legs=tuple(between),
    )


def building_graph(levels: int, has_lift: bool, band: str, parameters: IndoorParameters) -> Any:
    """
    Returns the directed graph of a building: ``seconds`` and ``kind`` on each edge.

    Spots are ``street``, ``floor`` (where lift and stairs arrive), ``lift`` (in the car),
    ``desk`` and ``other`` (a second desk on the same floor). All waiting for the lift is on
    the edge into the car, all of its stopping on the edges between floors and out of it.
    """
    graph = nx.DiGraph()

    def connect(a: Node, b: Node, kind: str, there: float, back: float) -> None:
        graph.add_edge(a, b, kind=kind, seconds=there)
        graph.add_edge(b, a, kind=kind, seconds=back)

    connect(("street", 0), ("floor", 0), "walk", parameters.lobby_walk, parameters.lobby_walk)
    for f in range(levels):
        walk, across = parameters.desk_walk, parameters.desk_to_desk
        connect(("floor", f), ("desk", f), "walk", walk, walk)
        connect(("floor", f), ("other", f), "walk", walk, walk)
        connect(("desk", f), ("other", f), "walk", across, across)
        if has_lift:
            wait = parameters.lift_wait(band)
            connect(("floor", f), ("lift", f), "lift", wait, parameters.lift_stop)
    up = parameters.stair_slope / parameters.stairs_up
    down = parameters.stair_slope / parameters.stairs_down
    ride = parameters.floor_height / parameters.lift_speed
    ride += parameters.lift_stop * parameters.lift_stops_per_floor
    for f in range(1, levels):
        connect(("floor", f - 1), ("floor", f), "stairs", up, down)
        if has_lift:
            connect(("lift", f - 1), ("lift", f), "lift", ride, ride)
    return graph


def _paths(graph: Any, start: Node) -> dict[Node, list[Node]]:
    paths: dict[Node, list[Node]] = nx.single_source_dijkstra_path(graph, start, weight="seconds")
    return paths


def _legs(graph: Any, path: list[Node]) -> tuple[InsideLeg, ...]:
    """Joins the edges of a path that are of one kind into legs of whole seconds."""
    edges = [(a, b, graph.edges[a, b]) for a, b in pairwise(path)]
    legs = []
    for kind, group in groupby(edges, key=lambda edge: str(edge[2]["kind"])):
        run = list(group)
        # Rounded to the microsecond first: 3 x 14.5 s must not become 43.5000001 s.
        duration = math.ceil(round(sum(edge[2]["seconds"] for edge in run), 6))
        first, last = (None, None) if kind == "walk" else (run[0][0][1], run[-1][1][1])
        legs.append(InsideLeg(kind, duration, first, last))
    return tuple(legs)


def _seconds(ways: Iterable[tuple[InsideLeg, ...]]) -> NDArray[np.int32]:
    return np.array([sum(leg.duration_s for leg in legs) for legs in ways], dtype=np.int32)
