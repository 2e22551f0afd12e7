"""
How long every arc and turn takes in a band, with the speeds reported by then.

Inside, a time is a whole number of milliseconds, so that a route has the same time
whichever way it is added up, and whichever engine adds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from dispatch.errors import CityError
from dispatch.profile_checks import GROUPS
from dispatch.road_rules import CLASSES, PUSH
from dispatch.roads import offsets, step_metres
from dispatch.segments import Segments
from dispatch.turn_costs import wait_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.profiles import Country, Profile, Profiles
    from dispatch.roads import Roads
    from dispatch.turns import TurnGraph

    Longs = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    SegKey = tuple[int, int]

NEVER = 2**31 - 1
"""Milliseconds that stand for no way at all: RoutingKit's infinite weight, 24.9 days."""

FASTEST_KMH = 200.0
"""Speeds above this are taken for a mistake."""


@dataclass(frozen=True, slots=True, eq=False)
class Speeds:
    """
    The reported km/h of each step, from a point of the lines to the next: (2, p).

    Row 0 along the lines, row 1 against them; NaN where nothing was reported, 0 closed. Where
    nothing was, ``slower`` is what the time on roads is multiplied by, by band and group.
    """

    kmh: Floats
    slower: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """
    The times of one band and epoch.

    ``until`` (2, p) are the ms from a road's tail along it, and from its head against it, to
    each point of its line; ``arc`` (k) the ms of each arc, ``weight`` (t) of each turn and
    the arc after it, NEVER where the arc before it is closed somewhere. ``shut`` (2, p + 1)
    counts the closed steps before each step, ``closed`` (k) tells which arcs have one,
    ``any_closed`` whether there is any.
    """

    until: Longs
    arc: Longs
    weight: Longs
    shut: Longs
    closed: Bools
    any_closed: bool


class Timing:
    """
    Makes the metrics of one profile; derived from the roads, it never changes.

    A class because its tables are costly to build and shared by all metrics.
    """

    def __init__(
        self, roads: Roads, graph: TurnGraph, name: str, profiles: Profiles, country: Country
    ) -> None:
        self.offset = offsets(roads)
        self._graph = graph
        self._profile = profile = profiles.of(name)
        self._metres = np.append(step_metres(roads), 0.0)
        self._first = np.ascontiguousarray(roads.first, dtype=np.int32)
        self._step = np.ones(len(roads.lat), dtype=bool)
        self._step[roads.first[1:] - 1] = False
        self._kmh, self.pushed = _free_speeds(roads, name, profile, country)
        groups = np.array([GROUPS.index(profiles.group(kind)) for kind in CLASSES])
        self._group = groups[roads.kind]
        self._wait = self._waits(roads)
        self._segments = Segments(roads.node, self._step)

    def _waits(self, roads: Roads) -> Floats:
        """Returns the ms lost within roads, on the step that leaves a point: (2, p)."""
        inner = self._step.copy()
        inner[self._first[:-1]] = False
        waits = np.zeros((2, len(inner)))
        for row, along in enumerate((True, False)):
            seconds = wait_seconds(roads.sign, np.full(len(inner), along), self._profile.wait)
            at = np.flatnonzero(inner)
            waits[row, at - row] = seconds[at] * 1000
        return waits

    def nothing_reported(self) -> Speeds:
        """Returns the speeds before any report."""
        return Speeds(np.full((2, len(self._metres)), np.nan))

    def report(self, speeds: Speeds, kmh: Mapping[SegKey, float | None]) -> Speeds:
        """
        Returns the speeds with some reports more; 0 closes a segment, None forgets it.

        A segment is a pair of node numbers next to each other on a road, in the direction
        of travel. Raises CityError for an unknown one and for a speed that is none.
        """
        keys = np.fromiter(chain.from_iterable(kmh), np.int64, 2 * len(kmh)).reshape(-1, 2)
        values = np.array(list(kmh.values()), dtype=np.float64)
        wrong = ~((values >= 1) & (values <= FASTEST_KMH) | (values == 0))
        if wrong.any():
            wrong[[report is None for report in kmh.values()]] = False
        if wrong.any():
            at = int(wrong.argmax())
            raise CityError(
                f"{values[at]:g} km/h is no speed.",
                at=f"segment {tuple(keys[at].tolist())}",
                cure=f"Give 1 to {FASTEST_KMH:g} km/h, 0 to close it, or nothing to forget it.",
                code="bad-speed",
                value=float(values[at]),
            )
        flat = speeds.kmh.reshape(-1).copy()
        self._segments.put(keys, values, flat)
        return Speeds(flat.reshape(2, -1), speeds.slower)

    def metric(self, speeds: Speeds, band: str) -> Metric:
        """Returns the times of a band of street traffic."""
        # Loading the kernels takes a while, and most commands need none.
        from dispatch.timing_kernels import along_roads, over_turns

        factors = np.array([self._profile.factors[group][band] for group in GROUPS])
        factors /= [speeds.slower.get((band, group), 1.0) for group in GROUPS]
        factors = factors[self._group]
        # Nobody on an e-bike goes as fast as the cars reported.
        cap = float(self._profile.cap_kmh)
        free = np.minimum(self._kmh * np.where(self.pushed, 1.0, factors), cap)
        free = np.maximum(free, 1e-3)
        until, shut = along_roads(self._first, self._metres, self._wait, free, speeds.kmh, cap)
        graph = self._graph
        turns = graph.start, graph.end, graph.cost
        times = until, shut, self._first, graph.road, graph.along
        arc, closed, weight = over_turns(*times, *turns, NEVER)
        return Metric(until, arc, weight, shut, closed, bool(closed.any()))


def _free_speeds(
    roads: Roads, name: str, profile: Profile, country: Country
) -> tuple[Floats, Bools]:
    """Returns the km/h by day without reports, along and against, and who pushes: (2, m)."""
    by_class = np.array([profile.speed(kind) or 0.0 for kind in CLASSES])
    share = profile.limit_share
    if profile.limit == "sets":
        legal = np.array([country.limit(kind) or np.inf for kind in CLASSES])
        by_class = np.minimum(by_class, legal * share)
    kmh = np.tile(by_class[roads.kind], (2, 1))
    limit = roads.limit.T * share
    signed = roads.limit.T > 0
    kmh = np.where(signed, limit if profile.limit == "sets" else np.minimum(kmh, limit), kmh)
    pushed = np.array([mode == PUSH for mode in roads.modes_of(name)])
    kmh = np.where(pushed, profile.push_kmh, np.minimum(kmh, profile.cap_kmh))
    return kmh, pushed
