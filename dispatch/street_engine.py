"""The engine of the house: travel times on the city's own roads, edge-based."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from dispatch.anchors import Anchor, TimedRoads, anchor, direct
from dispatch.cch import load_routingkit, order_junctions
from dispatch.errors import CityError
from dispatch.profile_checks import STREET_BANDS
from dispatch.profiles import load_profiles
from dispatch.searching import DijkstraSearch, Search
from dispatch.snapping import Snap, Snapper, check_on_earth
from dispatch.street_routes import trace
from dispatch.streets import MAX_GAP_M, StreetRoute
from dispatch.timing import Speeds, Timing
from dispatch.turns import build_turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dispatch.geo import Point
    from dispatch.hierarchy import Hierarchy
    from dispatch.profiles import Profiles
    from dispatch.roads import Ints, Roads
    from dispatch.streets import SegKey

    Floats = NDArray[np.float64]

SEARCHES = ("auto", "cch", "dijkstra")
"""How ways are found; ``auto`` takes hierarchies where the junctions' order is known."""

KEPT_BANDS = 4
"""Metrics kept of an epoch; the band asked for longest ago goes first."""


ANCHORS_KEPT = 4096
"""Points whose anchors are kept in a metric; those asked for longest ago go first."""


@dataclass(frozen=True, slots=True)
class Band:
    """The times of a band in an epoch, the ways in them, and how points hang on the arcs."""

    timed: TimedRoads
    search: Search
    anchor: Callable[[Snap], Anchor]


@dataclass(slots=True)
class Epoch:
    """The speeds of an epoch, and the bands asked for in it."""

    number: int
    speeds: Speeds
    bands: OrderedDict[str, Band] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)


class RoadStreets:
    """
    Travel times as `streets.Streets` has them, over the roads of a city.

    Mutable in its epoch only, which is replaced whole. Raises CityError for an unknown
    profile, for a profile the roads were not made for or have no road for, and where
    hierarchies are asked for by name and the order of the junctions cannot be known.
    """

    fixed = False
    """Bands differ, and speeds can be set."""

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
        found = self._snapper.snap_all(points)
        return [snap if snap.gap <= max_gap_m else None for snap in found]

    def nearest(self, point: Point) -> Snap:
        """Returns the nearest point of a usable road, however far."""
        check_on_earth(point)
        return self._snapper.snap(*point)

    def table(self, origins: Sequence[Snap], destinations: Sequence[Snap], band: str) -> Floats:
        """Returns as `Streets.table`."""
        now = self._band(self._now, band)
        a, b = [*map(now.anchor, origins)], [*map(now.anchor, destinations)]
        ms = now.search.table([point.departs for point in a], [point.arrives for point in b])
        ms -= np.array([point.ahead for point in b])
        np.minimum(ms, direct(a, b, now.timed), out=ms)
        return ms / 1000

    def route(self, a: Snap, b: Snap, band: str) -> StreetRoute | None:
        """Returns as `Streets.route`."""
        epoch = self._now
        now = self._band(epoch, band)
        return trace(now.timed, now.search, (a, b), (now.anchor(a), now.anchor(b)), epoch.number)

    def set_speeds(self, kmh: Mapping[SegKey, float | None]) -> int:
        """Returns as `Streets.set_speeds`; the band last asked for is then ready."""
        with self._writing:
            now = self._now
            with now.lock:
                bands = list(now.bands)
            after = Epoch(now.number + 1, self.timing.report(now.speeds, kmh))
            if bands:
                self._band(after, bands[-1])
            self._now = after
        return after.number

    def set_factors(self, slower: Mapping[tuple[str, str], float]) -> int:
        """Returns as `Streets.set_factors`."""
        with self._writing:
            now = self._now
            self._now = Epoch(now.number + 1, replace(now.speeds, slower=dict(slower)))
        return self._now.number

    def close(self) -> None:
        """Returns as `Streets.close`."""
        with self._writing:
            self._now = Epoch(self._now.number, self._now.speeds)
            self._hierarchy = None

    def _build_hierarchy(self, search: str) -> Hierarchy | None:
        if search == "dijkstra":
            return None
        rank = self._rank()
        if rank is None and search == "auto":
            return None
        if rank is None:
            raise CityError(
                "The city holds no order of its junctions, and routingkit-cch, which finds it, "
                "does not import on this machine.",
                at="search",
                cure="Install routingkit-cch, or set search to dijkstra or auto.",
                code="no-engine",
            )
        # Its kernels take a while to load.
        from dispatch.hierarchy import Hierarchy

        return Hierarchy(self.graph, rank)

    def _rank(self) -> Ints | None:
        """Returns the order of the junctions, None where it is not known and cannot be found."""
        roads = self.roads
        k = roads.profiles.index(self.profile)
        rank = roads.rank
        if not len(rank) and load_routingkit() is not None:
            # The city was built where the package did not import.
            ends = np.column_stack([roads.first[:-1], roads.first[1:] - 1])
            points = np.column_stack([roads.lat, roads.lon])[ends]
            junctions = roads.tail, roads.head, points
            rank = order_junctions(roads.num_junctions, *junctions, roads.mode)
        return rank[k] if len(rank) else None

    def _band(self, epoch: Epoch, band: str) -> Band:
        if band not in STREET_BANDS:
            raise ValueError(f"Expected a band of {STREET_BANDS}, got {band!r}.")
        with epoch.lock:
            if band not in epoch.bands:
                epoch.bands[band] = self._made(epoch.speeds, band)
                if len(epoch.bands) > KEPT_BANDS:
                    epoch.bands.popitem(last=False)
            epoch.bands.move_to_end(band)
            return epoch.bands[band]

    def _made(self, speeds: Speeds, band: str) -> Band:
        metric = self.timing.metric(speeds, band)
        timed = TimedRoads(self.roads, self.graph, self.timing, metric)
        if self._hierarchy is None:
            search: Search = DijkstraSearch(self.graph, metric)
        else:
            search = self._hierarchy.search(metric)
        return Band(timed, search, lru_cache(ANCHORS_KEPT)(partial(anchor, timed)))


def _no_roads(profile: str) -> CityError:
    return CityError(
        f"The city has no roads for the profile {profile!r}.",
        at="profile",
        cure="Build it again with `dispatch city build FILE.osm.pbf -o DIR`, from a map with "
        "such roads.",
        code="city-without-roads",
        value=profile,
    )
