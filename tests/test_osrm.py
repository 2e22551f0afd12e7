"""
The adapter to OSRM: against a server made up here, and against a real one where there is one.

``DISPATCH_OSRM_PYTHON`` names an interpreter that has `osrm-bindings`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import numpy as np
import pytest

from dispatch.errors import CityError
from dispatch.osrm import NO_ROAD, OsrmStreets
from dispatch.snapping import Snap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.streets import Streets

MAP = Path(__file__).parents[2] / "shared/data/osm/bayfront_singapore.osm.pbf"

PYTHON = os.environ.get("DISPATCH_OSRM_PYTHON", "")


class Fake(ThreadingHTTPServer):
    """
    Answers as OSRM does on a plane where a degree takes 1000 s by latitude, 2000 by longitude.

    ``reply``, where it is set, is said instead; ``asked`` are the addresses asked for.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.reply: tuple[int, str] | None = None
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Fake

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, text = self.server.reply or (200, json.dumps(answer(self.path)))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def answer(path: str) -> Any:
    parts = urlsplit(path)
    _, service, _, _, text = parts.path.split("/")
    places = [tuple(map(float, place.split(","))) for place in text.split(";")]
    if service == "route":
        return ROUTE
    options = parse_qs(parts.query)
    chosen = [
        [places[int(i)] for i in options[key][0].split(";")] if key in options else places
        for key in ("sources", "destinations")
    ]
    return {
        "code": "Ok",
        "durations": [[seconds(a, b) for b in chosen[1]] for a in chosen[0]],
        "sources": [{"location": [lon, lat], "distance": lat * 100} for lon, lat in chosen[0]],
    }


def seconds(a: tuple[float, ...], b: tuple[float, ...]) -> float | None:
    """There is no way to the far south."""
    if b[1] < -80:
        return None
    return round(2000 * abs(a[0] - b[0]) + 1000 * abs(a[1] - b[1]), 1)


def step(
    kind: str, name: str, line: list[list[float]], bearings: tuple[int, int], **more: Any
) -> Any:
    maneuver = {"type": kind, "bearing_before": bearings[0], "bearing_after": bearings[1]}
    exits = {"exit": more.pop("exit")} if "exit" in more else {}
    return {
        "maneuver": maneuver | exits,
        "name": name,
        "mode": "cycling",
        "distance": 90.0,
        "duration": 30.0,
        "geometry": {"type": "LineString", "coordinates": line},
        "intersections": [{"bearings": [0, 90, 180]}],
        **more,
    }


# North on A Street, around to the second exit, east on B Street, pushed.
ROUTE = {
    "code": "Ok",
    "routes": [
        {
            "duration": 90.0,
            "distance": 270.0,
            "legs": [
                {
                    "steps": [
                        step("depart", "A Street", [[0, 0], [0, 1]], (0, 0)),
                        step("roundabout", "", [[0, 1], [1, 2]], (350, 20), exit=2),
                        step(
                            "exit roundabout",
                            "B Street",
                            [[1, 2], [2, 2]],
                            (70, 100),
                            mode="pushing bike",
                        ),
                        step(
                            "arrive", "B Street", [[2, 2], [2, 2]], (95, 0), distance=0, duration=0
                        ),
                    ]
                }
            ],
        }
    ],
}


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def streets(fake: Fake) -> Iterator[OsrmStreets]:
    streets = OsrmStreets(fake.url + "/", most_places=4)
    yield streets
    streets.close()


def at(lat: float, lon: float) -> Snap:
    return Snap(NO_ROAD, 0.0, NO_ROAD, lat, lon, 0.0)


def test_an_adapter_is_streets(streets: OsrmStreets) -> None:
    same: Streets = streets
    assert (same.profile, same.epoch) == ("car", 1)


def test_a_table_too_large_for_a_request_comes_in_parts(fake: Fake, streets: OsrmStreets) -> None:
    origins = [at(i, 0) for i in range(5)]
    destinations = [at(0, i) for i in range(3)]
    found = streets.table(origins, destinations, "day")
    # A degree of latitude takes 1000 s, one of longitude 2000 s.
    assert found.tolist() == [[1000 * i + 2000 * j for j in range(3)] for i in range(5)]
    # Four places a request: rows by twos, three times, columns by twos, twice.
    assert len(fake.asked) == 6
    assert "/table/v1/car/0.000000,0.000000;0.000000,1.000000;" in fake.asked[0]


def test_a_row_that_fits_into_a_request_needs_one(fake: Fake, streets: OsrmStreets) -> None:
    assert streets.table([at(0, 0)], [at(0, 1), at(0, 2), at(0, 3)], "rush").shape == (1, 3)
    assert len(fake.asked) == 1


def test_an_empty_table_asks_nothing(fake: Fake, streets: OsrmStreets) -> None:
    assert streets.table([], [at(0, 0)], "day").shape == (0, 1)
    assert fake.asked == []


def test_no_way_is_infinite(streets: OsrmStreets) -> None:
    assert np.isinf(streets.table([at(0, 0)], [at(-85, 0)], "day")[0, 0])


def test_points_are_snapped_in_parts_up_to_the_gap(fake: Fake, streets: OsrmStreets) -> None:
    # The fake moves a point by 100 m a degree of latitude, so that 2 are beyond 150 m.
    found = streets.snap([(0.5, 1), (2, 1), (0, 3), (0, 4), (1, 5)])
    assert [None if s is None else (s.lat, s.lon, s.gap) for s in found] == [
        (0.5, 1, 50), None, (0, 3, 0), (0, 4, 0), (1, 5, 100),
    ]  # fmt: skip
    assert len(fake.asked) == 2


def test_a_point_that_is_none_is_not_asked_for(fake: Fake, streets: OsrmStreets) -> None:
    with pytest.raises(CityError, match="not a place on Earth"):
        streets.snap([(121.4, 31.2)])
    assert fake.asked == []


def test_a_route_has_pieces_that_follow_its_line(streets: OsrmStreets) -> None:
    route = streets.route(at(0, 0), at(2, 2), "day")
    assert route is not None
    assert (route.seconds, route.metres, route.epoch) == (90, 270, 1)
    # OSRM says longitude first; here it is latitude.
    assert route.line == ((0, 0), (1, 0), (2, 1), (2, 2))
    # The roundabout's second exit: two pieces, of 30 s and 90 m together.
    assert [piece.name for piece in route.pieces] == ["A Street", "", "", "B Street"]
    assert [piece.around for piece in route.pieces] == [False, True, True, False]
    assert [piece.pushed for piece in route.pieces] == [False, False, False, True]
    assert sum(piece.seconds for piece in route.pieces) == 90
    assert sum(piece.metres for piece in route.pieces) == 270
    # From 350 to 20 degrees it is 30 to the right; from 70 to 100 as well.
    assert [piece.angle for piece in route.pieces] == [0, 30, 0, 30]
    assert [route.line[piece.begin] for piece in route.pieces] == [(0, 0), (1, 0), (1, 0), (2, 1)]


def test_no_route_is_none(fake: Fake, streets: OsrmStreets) -> None:
    fake.reply = 400, '{"code": "NoRoute", "message": "Impossible route"}'
    assert streets.route(at(0, 0), at(1, 1), "day") is None


def test_speeds_cannot_be_set(streets: OsrmStreets) -> None:
    with pytest.raises(CityError, match="takes none over HTTP") as caught:
        streets.set_speeds({(1, 2): 30.0})
    assert caught.value.code == "speeds-fixed"
    assert "osrm-customize" in caught.value.cure


@pytest.mark.parametrize("band", ["lunch", ""])
def test_an_unknown_band_is_refused(streets: OsrmStreets, band: str) -> None:
    with pytest.raises(ValueError, match="Expected a band"):
        streets.table([at(0, 0)], [at(0, 1)], band)
    with pytest.raises(ValueError, match="Expected a band"):
        streets.route(at(0, 0), at(0, 1), band)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ((400, '{"code": "TooBig", "message": "Too many table coordinates"}'), "Too many table"),
        ((502, "<html>"), "no JSON"),
        ((200, "[]"), "status 200"),
        ((200, '{"code": "Ok"}'), "no 'durations'"),
        ((200, '{"code": "Ok", "durations": [["a"]]}'), "no table"),
        ((200, '{"code": "Ok", "durations": [[1, 2, 3]]}'), "no table"),
    ],
)
def test_an_answer_that_is_none_is_an_error_with_its_reason(
    fake: Fake, streets: OsrmStreets, reply: tuple[int, str], says: str
) -> None:
    fake.reply = reply
    with pytest.raises(CityError, match=re.escape(says)) as caught:
        streets.table([at(0, 0)], [at(0, 1)], "day")
    assert caught.value.code == "routing-server"
    assert caught.value.at == fake.url


def test_a_route_without_steps_is_an_error(fake: Fake, streets: OsrmStreets) -> None:
    fake.reply = 200, '{"code": "Ok", "routes": [{"duration": 1, "distance": 1}]}'
    with pytest.raises(CityError, match="a route without 'legs'"):
        streets.route(at(0, 0), at(1, 1), "day")


def test_a_server_that_is_not_there_is_an_error(fake: Fake) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        streets = OsrmStreets(f"http://127.0.0.1:{free.getsockname()[1]}", timeout_s=2)
        with pytest.raises(CityError, match="does not answer"):
            streets.table([at(0, 0)], [at(0, 1)], "day")
        streets.close()


def test_a_request_needs_room_for_two_places() -> None:
    with pytest.raises(ValueError, match="at least 2 places"):
        OsrmStreets("http://127.0.0.1:5000", most_places=1)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not PYTHON:
        pytest.skip("DISPATCH_OSRM_PYTHON names no interpreter with osrm-bindings")
    if not MAP.exists():
        pytest.skip(f"{MAP.name} is not beside the project")
    where = "import osrm, pathlib; print(pathlib.Path(osrm.__file__).parent)"
    found = subprocess.run([PYTHON, "-c", where], check=False, capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"osrm-bindings does not import: {found.stderr.strip()[-200:]}")
    package, folder = Path(found.stdout.strip()), tmp_path_factory.mktemp("osrm")
    pbf = shutil.copyfile(MAP, folder / "map.osm.pbf")
    base, tool = folder / "map.osrm", package / "bin"
    profile = package / "share/profiles/bicycle.lua"
    for command in (
        [tool / "osrm-extract", "-p", profile, pbf],
        [tool / "osrm-partition", base],
        [tool / "osrm-customize", base],
    ):
        subprocess.run([*command], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--algorithm", "mld", "--ip", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([tool / "osrm-routed", *options, base], stdout=log, stderr=log)
    yield _when_ready(f"http://127.0.0.1:{port}", server)
    server.terminate()
    server.wait(10)


def _when_ready(url: str, server: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx2.get(f"{url}/nearest/v1/car/103.86,1.28", trust_env=False)
            return url
        except httpx2.TransportError:
            time.sleep(0.05)
    server.terminate()
    raise RuntimeError("osrm-routed did not start.")


def test_a_real_server_agrees_with_itself(real: str) -> None:
    streets = OsrmStreets(real, profile="bicycle", most_places=20)
    rng = np.random.default_rng(1)
    around = np.column_stack([rng.uniform(1.278, 1.288, 30), rng.uniform(103.853, 103.862, 30)])
    found = streets.snap([(float(lat), float(lon)) for lat, lon in around])
    snaps = [snap for snap in found if snap is not None]
    assert len(snaps) >= 15
    table = streets.table(snaps, snaps, "day")
    assert np.isfinite(table).all()
    assert (np.diag(table) == 0).all()
    for i, j in ((0, 1), (3, 7), (9, 2)):
        route = streets.route(snaps[i], snaps[j], "day")
        assert route is not None
        # Both are rounded to a tenth; a route adds up roads that are each rounded.
        assert route.seconds == pytest.approx(table[i, j], abs=1)
        assert sum(piece.seconds for piece in route.pieces) == pytest.approx(route.seconds, abs=1)
        assert route.pieces[0].begin == 0
    assert streets.snap([(1.0, 103.0)]) == [None]
    streets.close()
