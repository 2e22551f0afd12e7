"""
The adapter to OSRM: against a server made up here, and against a real one where there is one.

``DISPATCH_OSRM_PYTHON`` names an interpreter that has `osrm-bindings`.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import numpy as np
import pytest

from dispatch.doors import Doors
from dispatch.errors import CityError, Unavailable
from dispatch.osm import build_city
from dispatch.osrm import NO_ROAD, OsrmStreets
from dispatch.snapping import Snap
from tests.api_world import a_courier, a_drop, placed, route
from tests.fake_osrm import Fake, running, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.streets import Streets

MAP = Path(__file__).parents[2] / "shared/data/osm/bayfront_singapore.osm.pbf"

BAYFRONT = {"id": "st_1", "name": "Bayfront", "lat": 1.2815, "lon": 103.8583}

PYTHON = os.environ.get("DISPATCH_OSRM_PYTHON", "")


@pytest.fixture
def fake() -> Iterator[Fake]:
    with running(Fake()) as server:
        yield server


@pytest.fixture
def streets(fake: Fake) -> Iterator[OsrmStreets]:
    streets = OsrmStreets(fake.url + "/", most_places=4)
    yield streets
    streets.close()


def at(lat: float, lon: float) -> Snap:
    return Snap(NO_ROAD, 0.0, NO_ROAD, lat, lon, 0.0)


def test_an_adapter_is_streets(streets: OsrmStreets) -> None:
    same: Streets = streets
    assert (same.profile, same.epoch, same.fixed) == ("car", 1, True)


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
    with pytest.raises(CityError, match="2 classes of roads cannot be set"):
        streets.set_factors({("day", "main"): 1.2, ("day", "local"): 0.9})


def test_a_point_without_a_road_is_found_among_others(fake: Fake, streets: OsrmStreets) -> None:
    fake.reply = 400, '{"code": "NoSegment", "message": "Could not find a matching segment"}'
    assert streets.snap([(0, 1), (0, 2)]) == [None, None]
    # Both together, then each by itself, since the server does not tell which it was.
    assert len(fake.asked) == 3


def test_known_doors_stay_known_while_the_server_is_down(fake: Fake, streets: OsrmStreets) -> None:
    doors: Doors[tuple[float, float]] = Doors(streets)

    def seconds(*points: tuple[float, float]) -> list[list[int]]:
        found: list[list[int]] = doors.seconds(points, lambda p: at(*p), "day").tolist()
        return found

    known = seconds((0, 0), (0, 1))
    fake.reply = 502, "Bad Gateway"
    with pytest.raises(Unavailable):
        seconds((0, 0), (0, 1), (1, 0))
    assert seconds((0, 0), (0, 1)) == known == [[0, 2000], [2000, 0]]
    fake.reply = None
    # A degree of latitude takes 1000 s, one of longitude 2000 s.
    assert seconds((0, 0), (0, 1), (1, 0))[2] == [1000, 3000, 0]


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
    with pytest.raises(Unavailable, match=re.escape(says)) as caught:
        streets.table([at(0, 0)], [at(0, 1)], "day")
    assert caught.value.code == "routing-server"
    assert fake.url in caught.value.what


def test_a_route_without_steps_is_an_error(fake: Fake, streets: OsrmStreets) -> None:
    fake.reply = 200, '{"code": "Ok", "routes": [{"duration": 1, "distance": 1}]}'
    with pytest.raises(Unavailable, match="a route without 'legs'"):
        streets.route(at(0, 0), at(1, 1), "day")


def test_a_server_that_is_not_there_is_an_error(fake: Fake) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        streets = OsrmStreets(f"http://127.0.0.1:{free.getsockname()[1]}", timeout_s=2)
        with pytest.raises(Unavailable, match="does not answer"):
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


def test_a_zone_is_planned_on_a_real_server(real: str, tmp_path: Path) -> None:
    build_city(MAP, tmp_path / "city", name="Bayfront", timezone="Asia/Singapore")
    settings = {"city": tmp_path / "city", "store": [BAYFRONT], "profile": "bicycle"}
    with service(tmp_path, real, **settings) as client:
        assert client.post("/v1/couriers", json=a_courier()).status_code == 201
        buildings = client.get("/v1/buildings").json()["items"]
        # Those at least 300 m from the store, as the crow flies.
        far = [b for b in buildings if abs(b["lat"] - BAYFRONT["lat"]) > 0.003]
        drop = a_drop() | {"desk": {"building": far[0]["id"], "floor": 0}}
        order = placed(client, drop)
        assert order["status"] == "planned"
        deliver = route(client)[1]
        way = deliver["way"]
        assert way["distance_m"] > 300
        assert len(way["line"]["coordinates"]) > 2
        riding = way["duration_s"] - sum(leg["duration_s"] for leg in way["inside"])
        # On a bike, with the walk to the doors: between 5 and 25 km/h.
        assert way["distance_m"] / 7 < riding < way["distance_m"] / 1.4
