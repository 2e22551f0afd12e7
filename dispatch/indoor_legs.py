"""
The legs of a way inside a building, and the figures they are made of.

A leg is rounded up to whole seconds, so that the legs shown to the courier add up to the
duration planned with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dispatch.indoor_figures import Figure
from dispatch.indoor_paths import Path, edges_of
from dispatch.places import InsideLeg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dispatch.building_graph import Node
    from dispatch.indoor_parameters import IndoorParameters


@dataclass(frozen=True, slots=True)
class TracedLeg:
    """A leg and what its seconds are made of; the leg is their sum, rounded up."""

    leg: InsideLeg
    figures: tuple[Figure, ...]


def constant_leg(parameters: IndoorParameters, kind: str, name: str = "") -> TracedLeg:
    """Returns the leg of a parameter that is the same everywhere; ``name`` if not its kind."""
    seconds = getattr(parameters, name or kind)
    figure = Figure(kind, seconds, parameters.source(name or kind), assumed=True)
    return TracedLeg(InsideLeg(kind, math.ceil(seconds)), (figure,))


def trace(graph: Any, path: Path) -> tuple[TracedLeg, ...]:
    """Joins the edges of a path that are of one kind into legs of whole seconds."""
    edges = [edge for edge in edges_of(graph, path) if edge[2]["seconds"] > 0]
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
