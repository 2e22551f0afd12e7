"""
Travel times of an OSRM server over HTTP, behind the protocol of `streets`.

What OSRM cannot do is said where it is asked for: its speeds are changed at the server, and
it has one set of times, so that every band of the street is answered alike.

References
----------
OSRM's HTTP interface, version 1:
https://github.com/Project-OSRM/osrm-backend/blob/master/docs/http.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx2
import numpy as np

from dispatch.errors import CityError, Unavailable
from dispatch.osrm_routes import route_of
from dispatch.profile_checks import STREET_BANDS
from dispatch.snapping import Snap, check_on_earth
from dispatch.streets import MAX_GAP_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.geo import Point
    from dispatch.streets import SegKey, StreetRoute

    Floats = NDArray[np.float64]

MOST_PLACES = 100
"""Places in one request; more are asked for in parts. The default of ``osrm-routed``."""

TIMEOUT_S = 5.0
"""Seconds to wait for an answer: a zone stands still meanwhile."""

RETRIES = 1
"""
Times a connection that fails is tried again, at once: more would wait in between. A request that
was taken is not repeated.
"""

NO_ROAD = -1
"""The road of a point snapped by a server: ours has no number for it."""


class OsrmStreets:
    """
    Travel times as `streets.Streets` has them, from an OSRM server; safe for threads.

    ``profile`` is the one the server was prepared with, ``most_places`` its limit of places
    in a table. A class because it keeps connections open. Every method that asks the server
    raises Unavailable where it does not answer as OSRM does, and asks anew the next time.
    """

    fixed = True
    """The server has one set of times, and takes no speeds."""

    epoch = 1
    """There is one set of speeds."""

    def __init__(
        self,
        url: str,
        *,
        profile: str = "car",
        most_places: int = MOST_PLACES,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        if most_places < 2:
            raise ValueError(f"Expected at least 2 places in a request, got {most_places}.")
        self.profile = profile
        self._url = url.rstrip("/")
        self._most = most_places
        self._http = httpx2.Client(
            timeout=timeout_s,
            transport=httpx2.HTTPTransport(retries=RETRIES),
            trust_env=False,
        )

    def snap(self, points: Sequence[Point], max_gap_m: float = MAX_GAP_M) -> list[Snap | None]:
        """
        Returns as `Streets.snap`, each point as the server's tables snap it.

        A table of one column is asked for, since the server's service for the nearest road
        also finds islands that its tables avoid.
        """
        for point in points:
            check_on_earth(point)
        found: list[Snap | None] = []
        for begin in range(0, len(points), self._most):
            part = points[begin : begin + self._most]
            # A table has two places at least.
            places = part if len(part) > 1 else (*part, *part)
            answer = self._ask("table", places, {"destinations": "0"}, none="NoSegment")
            if answer is None:
                # It does not tell which of them is far from every road.
                alone = [self.snap([point], max_gap_m) for point in part] if len(part) > 1 else []
                found += [snap for (snap,) in alone] or [None]
                continue
            rows = self._rows(answer, "sources", places)[: len(part)]
            found += [self._snap(row, max_gap_m) for row in rows]
        return found

    def table(self, origins: Sequence[Snap], destinations: Sequence[Snap], band: str) -> Floats:
        """Returns as `Streets.table`, alike in every band."""
        _check_band(band)
        seconds = np.full((len(origins), len(destinations)), np.inf)
        height = min(len(origins), self._most // 2) or 1
        width = self._most - height
        for top in range(0, len(origins), height):
            for left in range(0, len(destinations), width):
                rows, columns = origins[top : top + height], destinations[left : left + width]
                part = self._part(rows, columns)
                seconds[top : top + len(rows), left : left + len(columns)] = part
        return seconds

    def route(self, a: Snap, b: Snap, band: str) -> StreetRoute | None:
        """Returns as `Streets.route`, alike in every band; the kind of a road is unknown."""
        _check_band(band)
        options = {"overview": "false", "geometries": "geojson", "steps": "true"}
        answer = self._ask("route", _points((a, b)), options, none="NoRoute")
        if answer is None:
            return None
        try:
            return route_of(answer["routes"][0], self.epoch)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._not_osrm(f"a route without {error}") from error

    def set_speeds(self, kmh: Mapping[SegKey, float | None]) -> int:
        """Raises CityError: an OSRM server takes no speeds over HTTP."""
        raise _fixed(f"The speeds of {len(kmh)} segments")

    def set_factors(self, slower: Mapping[tuple[str, str], float]) -> int:
        """Raises CityError: an OSRM server takes no speeds over HTTP."""
        raise _fixed(f"The factors of {len(slower)} classes of roads")

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _part(self, origins: Sequence[Snap], destinations: Sequence[Snap]) -> Floats:
        places = _points((*origins, *destinations))
        numbers = [str(i) for i in range(len(places))]
        options = {
            "sources": ";".join(numbers[: len(origins)]),
            "destinations": ";".join(numbers[len(origins) :]),
        }
        rows = self._rows(self._ask("table", places, options), "durations", origins)
        try:
            found = np.array([[np.inf if x is None else x for x in row] for row in rows], float)
            return found.reshape(len(origins), len(destinations))
        except (TypeError, ValueError) as error:
            raise self._not_osrm("durations that are no table") from error

    def _rows(self, answer: Any, key: str, places: Sequence[object]) -> list[Any]:
        rows = answer.get(key)
        if not isinstance(rows, list) or len(rows) != len(places):
            raise self._not_osrm(f"no {key!r} for {len(places)} places")
        return rows

    def _snap(self, source: Any, max_gap_m: float) -> Snap | None:
        try:
            (lon, lat), gap = source["location"], float(source["distance"])
            found = Snap(NO_ROAD, 0.0, NO_ROAD, float(lat), float(lon), gap)
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_osrm("a source without location and distance") from error
        return found if gap <= max_gap_m else None

    def _ask(
        self, service: str, places: Sequence[Point], options: Mapping[str, str], none: str = ""
    ) -> Any:
        """Returns an answer; None where its code is ``none``."""
        path = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in places)
        address = f"{self._url}/{service}/v1/{self.profile}/{path}"
        try:
            # Hints for later requests, which nobody uses, would be most of an answer.
            reply = self._http.get(address, params={**options, "generate_hints": "false"})
            answer = reply.json()
        except httpx2.HTTPError as error:
            raise self._wrong(f"does not answer: {str(error) or type(error).__name__}") from error
        except ValueError as error:
            raise self._not_osrm("no JSON") from error
        code = answer.get("code") if isinstance(answer, Mapping) else None
        if none and code == none:
            return None
        if code != "Ok":
            why = answer.get("message", code) if code else f"status {reply.status_code}"
            raise self._wrong(f"refuses a {service} of {len(places)} places: {why}")
        return answer

    def _not_osrm(self, what: str) -> Unavailable:
        return self._wrong(f"does not answer as OSRM does: it gives {what}")

    def _wrong(self, what: str) -> Unavailable:
        return Unavailable(
            f"The routing server {self._url} {what.rstrip('.')}.",
            cure="Check that osrm-routed runs there, for these roads, with --max-table-size "
            f"{self._most} or more.",
            code="routing-server",
        )


def _points(snaps: Sequence[Snap]) -> list[Point]:
    return [(snap.lat, snap.lon) for snap in snaps]


def _fixed(what: str) -> CityError:
    return CityError(
        f"{what} cannot be set: the streets are an OSRM server's, which takes none over HTTP.",
        at="streets",
        cure="Give speeds to osrm-customize --segment-speed-file and osrm-datastore where the "
        "server runs, or use the engine of the house.",
        code="speeds-fixed",
    )


def _check_band(band: str) -> None:
    if band not in STREET_BANDS:
        raise ValueError(f"Expected a band of {STREET_BANDS}, got {band!r}.")
