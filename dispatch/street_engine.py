"""The engine of the house: travel times on the city's own roads, edge-based."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from dispatch.anchors import anchor, arrivals, departures, direct
from dispatch.cch import Hierarchy, load_routingkit, order_junctions
from dispatch.errors import CityError
from dispatch.profile_checks import STREET_BANDS
from dispatch.profiles import load_profiles
from dispatch.searching import DijkstraSearch, Search
from dispatch.snapping import Snapper, check_on_earth
from dispatch.street_routes import trace
from dispatch.streets import MAX_GAP_M, StreetRoute
from dispatch.timing import Metric, Speeds, Timing
from dispatch.turns import build_turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dispatch.anchors import Anchors
    from dispatch.geo import Point
    from dispatch.profiles import Profiles
    from dispatch.roads import Ints, Roads
    from dispatch.snapping import Snap
    from dispatch.streets import SegKey

    Floats = NDArray[np.float64]

SEARCHES = ("auto", "cch", "dijkstra")
"""How ways are found; ``auto`` takes hierarchies where their package imports."""

KEPT_BANDS = 4
"""Metrics kept of an epoch; the band asked for longest ago goes first."""


@dataclass(slots=True)
class Epoch:
    """The speeds of an epoch, and the metrics of the bands asked for in it."""

    number: int
    speeds: Speeds
    bands: OrderedDict[str, tuple[Metric, Search]] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)


class RoadStreets:
    """
    Travel times as `streets.Streets` has them, over the roads of a city.

    Mutable in its epoch only, which is replaced whole. Raises CityError for an unknown
    profile, for a profile the roads were not made for or have no road for, and where
    hierarchies are asked for by name and do not import.
    """

    def __init__(
        self,
        roads: Roads,
        *,
        profile: str = "ebike",
        country: str = "",
        profiles: Profiles | None = None,
        search: str = "auto",
    ) -> None:
        if search not in SEARCHES:
            raise ValueError(f"Expected a search of {SEARCHES}, got {search!r}.")
        profiles = profiles or load_profiles()
        rules, self.country = profiles.of(profile), profiles.country_of(country)
        if profile not in roads.profiles:
            raise _no_roads(profile)
        self.profile = profile
        self.roads = roads
        self.graph = build_turns(roads, profile, rules, self.country.side)
        if not len(self.graph.start):
            raise _no_roads(profile)
        self.timing = Timing(roads, self.graph, profile, profiles, self.country)
        self._snapper = Snapper(roads, self.graph.usable)
        self._hierarchy = self._build_hierarchy(search)
        self._writing = Lock()
        self._now = Epoch(1, self.timing.nothing_reported())

    @property
    def epoch(self) -> int:
        """The number of the speeds in force."""
        return self._now.number

    @property
    def search(self) -> str:
        """How ways are found: ``cch`` or ``dijkstra``."""
        return "dijkstra" if self._hierarchy is None else "cch"

    @property
    def num_trapped(self) -> int:
        """Roads that no place is snapped to, as they cannot be left or reached again."""
        return self.graph.num_trapped

    def snap(self, points: Sequence[Point], max_gap_m: float = MAX_GAP_M) -> list[Snap | None]:
        """Returns as `Streets.snap`."""
        for point in points:
            check_on_earth(point)
        found = [self._snapper.snap(*point) for point in points]
        return [snap if snap.gap <= max_gap_m else None for snap in found]

    def nearest(self, point: Point) -> Snap:
        """Returns the nearest point of a usable road, however far."""
        check_on_earth(point)
        return self._snapper.snap(*point)

    def table(self, origins: Sequence[Snap], destinations: Sequence[Snap], band: str) -> Floats:
        """Returns as `Streets.table`."""
        metric, search = self._timed(self._now, band)
        a, b = (
            anchor(self.roads, self.graph, self.timing, metric, snaps)
            for snaps in (origins, destinations)
        )
        ms = direct(a, b, self.graph, metric)
        if len(a) <= len(b):
            np.minimum(ms, self._rows(a, b, metric, search), out=ms)
        else:
            np.minimum(ms, self._columns(a, b, metric, search), out=ms)
        return ms / 1000

    def route(self, a: Snap, b: Snap, band: str) -> StreetRoute | None:
        """Returns as `Streets.route`."""
        now = self._now
        metric, search = self._timed(now, band)
        ends = anchor(self.roads, self.graph, self.timing, metric, (a, b))
        return trace(self.roads, self.graph, self.timing, metric, search, (a, b), ends, now.number)

    def set_speeds(self, kmh: Mapping[SegKey, float | None]) -> int:
        """Returns as `Streets.set_speeds`; the band last asked for is then ready."""
        with self._writing:
            now = self._now
            with now.lock:
                bands = list(now.bands)
            after = Epoch(now.number + 1, self.timing.report(now.speeds, kmh))
            if bands:
                self._timed(after, bands[-1])
            self._now = after
        return after.number

    def close(self) -> None:
        """Returns as `Streets.close`."""
        with self._writing:
            self._now = Epoch(self._now.number, self._now.speeds)
            self._hierarchy = None

    def _build_hierarchy(self, search: str) -> Hierarchy | None:
        if search == "dijkstra" or (search == "auto" and load_routingkit() is None):
            return None
        try:
            return Hierarchy(self.graph, self._rank())
        except RuntimeError as error:
            raise CityError(
                str(error),
                at="search",
                cure="Install routingkit-cch, or set search to dijkstra or auto.",
                code="no-engine",
            ) from error

    def _rank(self) -> Ints:
        roads = self.roads
        k = roads.profiles.index(self.profile)
        rank = roads.rank
        if not len(rank):
            # The city was built where the package did not import.
            ends = np.column_stack([roads.first[:-1], roads.first[1:] - 1])
            points = np.column_stack([roads.lat, roads.lon])[ends]
            junctions = roads.tail, roads.head, points
            rank = order_junctions(roads.num_junctions, *junctions, roads.mode)
        found: Ints = rank[k]
        return found

    def _timed(self, epoch: Epoch, band: str) -> tuple[Metric, Search]:
        if band not in STREET_BANDS:
            raise ValueError(f"Expected a band of {STREET_BANDS}, got {band!r}.")
        with epoch.lock:
            if band not in epoch.bands:
                metric = self.timing.metric(epoch.speeds, band)
                if self._hierarchy is None:
                    search: Search = DijkstraSearch(self.graph, metric)
                else:
                    search = self._hierarchy.search(metric)
                epoch.bands[band] = metric, search
                if len(epoch.bands) > KEPT_BANDS:
                    epoch.bands.popitem(last=False)
            epoch.bands.move_to_end(band)
            return epoch.bands[band]

    def _rows(
        self,
        a: Anchors,
        b: Anchors,
        metric: Metric,
        search: Search,
        chosen: Sequence[int] | None = None,
    ) -> Floats:
        """Returns the ms by way of junctions, searching from every origin or the chosen ones."""
        pins, hook = np.unique(b.stops.arc, return_inverse=True)
        starts = departures(a, self.graph, metric)
        starts = starts if chosen is None else [starts[i] for i in chosen]
        ms = search.rows(starts, pins)[:, hook]
        ms -= b.stops.rest
        ms[:, ~(b.stops.valid & ~(b.stops.at_end & metric.closed[b.stops.arc]))] = np.inf
        return _least(ms, b.stops.owner, len(b))

    def _columns(self, a: Anchors, b: Anchors, metric: Metric, search: Search) -> Floats:
        """Returns the ms by way of junctions, searching from every destination."""
        pins, hook = np.unique(a.starts.arc, return_inverse=True)
        ms = search.columns(pins, arrivals(b, self.graph, metric))[hook].T
        ms = ms + a.starts.rest
        ms[:, ~a.starts.valid] = np.inf
        found = _least(ms, a.starts.owner, len(a)).T
        # A point behind the closed part of its road can leave it, which its arc as a whole
        # cannot; the few there are get rows.
        behind = a.starts.valid & ~a.starts.at_end & metric.closed[a.starts.arc]
        rows = np.unique(a.starts.owner[behind]).tolist()
        if rows:
            found[rows] = self._rows(a, b, metric, search, rows)
        return found


def _least(ms: Floats, owner: NDArray[np.int64], num_points: int) -> Floats:
    """Returns the least of each point's hooks: (rows, hooks) to (rows, points)."""
    if not num_points or not len(ms):
        return np.full((len(ms), num_points), np.inf)
    return np.minimum.reduceat(ms, np.searchsorted(owner, np.arange(num_points)), axis=1)


def _no_roads(profile: str) -> CityError:
    return CityError(
        f"The city has no roads for the profile {profile!r}.",
        at="profile",
        cure="Build it again with `dispatch city build FILE.osm.pbf -o DIR`, from a map with "
        "such roads.",
        code="city-without-roads",
        value=profile,
    )
