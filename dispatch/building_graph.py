"""
The inside of a building as a directed graph: street - door - lobby - lift or stairs - desk.

Each edge is one kind of movement, made of figures: how many seconds, and where that is from.
All waiting for a lift is on the edge into the car, all of its stopping on the edges between
floors and out of it. A department stands behind a door of its own, where a badge or an escort
is waited for on the way in only.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx

from dispatch.indoor_figures import Figures
from dispatch.interiors import RECEPTION, Badge, Department

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.indoor_figures import Figure, Step
    from dispatch.indoor_parameters import IndoorParameters
    from dispatch.interiors import Interior, LiftBank

Node = tuple[object, ...]
"""A kind of spot, then what tells it from others of its kind."""

STREET: Node = ("street",)
"""Where the bike is parked."""


def desk_node(floor: int, name: str) -> Node:
    """Returns the node of a desk; ``name`` is empty for any desk of no known department."""
    return ("desk", floor, name)


def spots(interior: Interior) -> tuple[tuple[int, str], ...]:
    """Returns the floor and name of all that is told apart: floors, departments, desks."""
    found = [(floor, "") for floor in interior.floors]
    for department in interior.departments:
        found.append((department.floor, department.name))
        found += [(department.floor, f"{department.name}/{d.name}") for d in department.desks]
    return (*found, (interior.reception.floor, RECEPTION))


def building_graph(interior: Interior, band: str, parameters: IndoorParameters) -> Any:
    """
    Returns the graph in a band: ``kind``, ``figures`` and their sum ``seconds`` on each edge.

    Raises ValueError for an unknown band.
    """
    builder = _Builder(interior, band, parameters)
    builder.add_doors()
    builder.add_stairs()
    for bank in interior.lifts:
        builder.add_lifts(bank)
    for floor in interior.floors:
        builder.add_floor(floor)
    return builder.graph


class _Builder:
    """The graph under construction; a class because every step adds to it."""

    def __init__(self, interior: Interior, band: str, parameters: IndoorParameters) -> None:
        parameters.lift_wait(band)
        self.graph: Any = nx.DiGraph()
        self._interior = interior
        self._figures = Figures(interior, band, parameters)
        self._parameters = parameters
        self._storey = {floor: i for i, floor in enumerate(interior.floors)}

    def add_doors(self) -> None:
        """Joins the street to the lobby by every door, and doors with a lobby to reception."""
        interior, desk = self._interior, self._interior.reception
        for i, door in enumerate(interior.doors):
            outside, inside, lobby = ("door", i), ("in", i), ("floor", door.floor)
            along = self._figures.walk("parking to door", door.away_m, "lobby_walk", door.source)
            self._connect(STREET, outside, "walk", *along)
            steps: list[Step] = []
            if door.check_in:
                steps.append(("check_in", (self._figures.check_in(),)))
            if interior.access.badge is not Badge.REFUSED:
                steps += self._figures.access(interior.access)
                self._chain(outside, inside, steps)
                self._edge(inside, outside, "walk")
                walk = self._figures.walk("door to lifts", door.walk_m, "lobby_walk", door.source)
                self._connect(inside, lobby, "walk", *walk)
            if door.floor == desk.floor:
                near = self._figures.walk(
                    "door to reception", desk.walk_m, "reception_walk", desk.source
                )
                self._connect(outside, desk_node(desk.floor, RECEPTION), "walk", *near)

    def add_stairs(self) -> None:
        """Joins the floors that each staircase opens on."""
        p = self._parameters
        for stairs in self._interior.stairs:
            for below, above in pairwise(stairs.floors):
                slope = p.stair_slope * (self._storey[above] - self._storey[below])
                up = self._figures.default("up the stairs", "stairs_up", slope / p.stairs_up)
                down = self._figures.default(
                    "down the stairs", "stairs_down", slope / p.stairs_down
                )
                self._edge(("floor", below), ("floor", above), "stairs", up)
                self._edge(("floor", above), ("floor", below), "stairs", down)

    def add_lifts(self, bank: LiftBank) -> None:
        """Joins the floors a bank serves; between other floors it does not stop."""
        wait, stop = self._figures.lift_wait(bank), self._figures.lift_stop(bank)
        for floor in bank.floors:
            car = ("lift", bank.name, floor)
            self._edge(("floor", floor), car, "lift", wait)
            self._edge(car, ("floor", floor), "lift", stop)
        for below, above in pairwise(bank.floors):
            ride = self._figures.lift_ride(bank, self._storey[above] - self._storey[below], stop)
            a, b = ("lift", bank.name, below), ("lift", bank.name, above)
            self._connect(a, b, "lift", *ride)

    def add_floor(self, floor: int) -> None:
        """Adds the desks of a floor: those of no known department, and each department's."""
        units = [Department("", floor)]
        units += [d for d in self._interior.departments if d.floor == floor]
        across = self._figures.default("from desk to desk", "desk_to_desk")
        for unit in units:
            self._add_unit(unit, across)
            for other in units:
                if other is not unit:
                    gate = ("gate", floor, other.name)
                    self._edge(("out", floor, unit.name), gate, "walk", across)

    def _add_unit(self, unit: Department, across: Figure) -> None:
        floor, at = unit.floor, (unit.floor, unit.name)
        walk = self._figures.walk("lift to desk", unit.walk_m, "desk_walk", unit.source)
        self._edge(("floor", floor), ("gate", *at), "walk", *walk)
        self._edge(("out", *at), ("floor", floor), "walk", *walk)
        if unit.access.badge is Badge.REFUSED:
            return
        self._chain(("gate", *at), ("into", *at), self._figures.access(unit.access))
        desks = [(unit.name, 0.0)]
        desks += [(f"{unit.name}/{desk.name}", desk.walk_m) for desk in unit.desks]
        for name, metres in desks:
            desk = desk_node(floor, name)
            extra = self._figures.walk("within the department", metres, "desk_walk", unit.source)
            self._edge(("into", *at), desk, "walk", *extra)
            self._edge(desk, ("out", *at), "walk", *extra)
            self._edge(desk, ("among", *at), "walk", across)
            self._edge(("among", *at), desk, "walk")

    def _chain(self, start: Node, end: Node, steps: Sequence[Step]) -> None:
        """Adds a run of edges through nodes of their own, one for each step."""
        nodes = [start, *((*end, "after", i) for i in range(1, len(steps))), end]
        if not steps:
            self._edge(start, end, "walk")
        for (a, b), (kind, figures) in zip(pairwise(nodes), steps, strict=False):
            self._edge(a, b, kind, *figures)

    def _connect(self, a: Node, b: Node, kind: str, *figures: Figure) -> None:
        self._edge(a, b, kind, *figures)
        self._edge(b, a, kind, *figures)

    def _edge(self, a: Node, b: Node, kind: str, *figures: Figure) -> None:
        """Adds an edge unless a quicker one is there: of two staircases the better counts."""
        seconds = sum(figure.seconds for figure in figures)
        if not self.graph.has_edge(a, b) or seconds < self.graph.edges[a, b]["seconds"]:
            self.graph.add_edge(a, b, kind=kind, seconds=seconds, figures=figures)
