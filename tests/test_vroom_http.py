"""The paths that take VROOM's format: vroom-express's contract, coordinates, time, cancelling."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polyline
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api import vroom_pool
from api.vroom_pool import GRACE_S
from api.vroom_requests import NO_REQUEST, Caps, options_of
from api.vroom_travel import DETOUR, KMH, great_circles
from benchmarks.peer_env import Skipped
from benchmarks.service import Service
from benchmarks.vroom_fuzz import InProcess, answered, fuzzed, odd_body
from benchmarks.vroom_peer import ask_all, vroom_python
from benchmarks.vroom_wrong import JOB, VEHICLE, WRONG, M, request
from tests.api_world import helsinki, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient

STORE, MARKET = [24.9415, 60.1699], [24.9490, 60.1675]
"""Two places on the streets of central Helsinki, longitude first."""

AWAY = [8.681495, 49.41461]
"""A place in Heidelberg."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("vroom")
    with service(folder, vroom_locations=60, vroom_vehicles=3, vroom_most_seconds=2) as found:
        yield found


def asked(client: TestClient, body: Any, path: str = "/vroom/") -> tuple[int, dict[str, Any]]:
    """Returns the status and the answer to a body, searched for no time unless it says so."""
    if isinstance(body, dict):
        body = {"options": {"l": 0}, **body}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
    return answer.status_code, answer.json()


def on_streets(*places: list[float], **changes: Any) -> dict[str, Any]:
    """A request with coordinates: from the store to the places, back again."""
    jobs = [{"id": i, "location": place} for i, place in enumerate(places)]
    vehicle = {"id": 1, "start": STORE, "end": STORE, **changes}
    return {"vehicles": [vehicle], "jobs": jobs}


def test_both_paths_answer_as_vroom_does(client: TestClient) -> None:
    for path in ("/vroom/", "/optimization"):
        status, told = asked(client, request(), path)
        assert (status, told["code"], told["summary"]["cost"]) == (200, 0, 60)
        assert set(told) == {"code", "summary", "unassigned", "routes"}


def test_where_too_many_wait_the_next_is_told_to_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vroom_pool, "MOST_WAITING", 0)
    app = client.app
    pool = app.state.vroom  # type: ignore[attr-defined]
    monkeypatch.setattr(pool, "_free", asyncio.Semaphore(0))
    answer = client.post("/vroom/", json=request())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["code"] == 1


def test_health_has_no_body(client: TestClient) -> None:
    answer = client.get("/vroom/health")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"vehicles jobs"',
        b"{}",
        b'{"vehicles": []}',
        b'{"jobs": []}',
        b'{"vehicles": [], "jobs": [NaN]}',
        b'{"vehicles": [], "jobs": [], "description": "\xff"}',
        b'{"vehicles": ' + b"[" * 100_000,
        b'{"vehicles": [], "jobs": [' + b"9" * 5000 + b"]}",
    ],
)
def test_what_is_no_request_gets_the_words_of_vroom_express(
    client: TestClient, body: bytes
) -> None:
    assert asked(client, body) == (400, {"code": 2, "error": NO_REQUEST})


@pytest.mark.parametrize(("body", "code", "text"), WRONG)
def test_what_is_wrong_gets_the_code_and_the_text_of_vroom(
    client: TestClient, body: dict[str, Any], code: int, text: str
) -> None:
    assert asked(client, body) == (400, {"code": code, "error": text})


def test_these_are_the_codes_and_texts_of_vroom_itself() -> None:
    try:
        python = vroom_python()
    except Skipped as why:
        pytest.skip(str(why))
    assert len(WRONG) == 40
    answers = ask_all(python, [body for body, _, _ in WRONG])
    assert answers == [{"code": code, "error": text} for _, code, text in WRONG]


def test_whole_numbers_may_be_written_with_a_point_as_in_javascript(client: TestClient) -> None:
    status, told = asked(client, json.dumps(request(jobs=[{**JOB, "service": 30.0}])).encode())
    assert (status, told["summary"]["service"]) == (200, 30)


def test_descriptions_come_back_byte_for_byte(client: TestClient) -> None:
    text = 'Ääni "1", \\ / \u2028 \U0001f6b2 {"json": [1]}\t'
    body = request(jobs=[{**JOB, "description": text}], vehicles=[{**VEHICLE, "description": text}])
    _, told = asked(client, body)
    (route,) = told["routes"]
    assert (route["description"], route["steps"][1]["description"]) == (text, text)


def test_half_a_surrogate_pair_is_refused(client: TestClient) -> None:
    body = json.dumps(request(jobs=[{**JOB, "description": "\ud800"}])).encode()
    assert asked(client, body) == (
        400,
        {"code": 2, "error": "The surrogate pair in string is invalid."},
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobs": [{**JOB, "id": i} for i in range(61)]}, "locations ( 61 ) in query"),
        ({"shipments": [{}] * 30, "jobs": [JOB]}, "locations ( 61 ) in query"),
        ({"vehicles": [VEHICLE] * 4}, "vehicles ( 4 ) in query, maximum is set to 3"),
    ],
)
def test_too_many_are_told_how_many_there_may_be(
    client: TestClient, changes: dict[str, Any], text: str
) -> None:
    status, told = asked(client, request(**changes))
    assert (status, told["code"]) == (413, 4)
    assert text in told["error"]


def test_as_many_as_there_may_be_are_taken(client: TestClient) -> None:
    jobs = [{**JOB, "id": i} for i in range(60)]
    status, _ = asked(client, request(jobs=jobs, vehicles=[VEHICLE] * 3))
    assert status == 200


def test_a_body_that_is_too_large_is_refused_in_the_same_form(tmp_path: Path) -> None:
    with service(tmp_path, vroom_bytes=2000) as client:
        status, told = asked(client, b" " * 2001)
        assert (status, told["code"]) == (413, 4)
        parts = iter([b" " * 1500, b" " * 501])
        answer = client.post("/optimization", content=parts)
        assert (answer.status_code, answer.json()["code"]) == (413, 4)
        assert asked(client, json.dumps(request()).encode().ljust(2000))[0] == 200


def test_a_matrix_for_openrouteservice_is_that_of_every_profile(client: TestClient) -> None:
    body = request(vehicles=[{**VEHICLE, "profile": "driving-car"}])
    assert asked(client, body, "/optimization")[0] == 200
    # To VROOM it is that of cars alone.
    assert asked(client, body) == (
        400,
        {"code": 2, "error": "Missing coordinates for routing engine."},
    )


def test_rides_on_the_map_are_those_of_the_city(client: TestClient) -> None:
    status, told = asked(client, on_streets(MARKET, profile="ebike"))
    assert status == 200
    (route,) = told["routes"]
    city = helsinki()
    places = [city.street_place(lat, lon) for lon, lat in (STORE, MARKET)]
    there, back = city.ride_times(places, "day")[[0, 1], [1, 0]].tolist()
    assert route["duration"] == there + back
    assert told["x_travel"] == [{"profile": "ebike", "streets": "ebike", "as_the_crow_flies": []}]
    # Indices are not told to whom did not give any.
    assert all("location_index" not in step for step in route["steps"])
    assert route["steps"][1]["location"] == MARKET


def test_profiles_have_streets_of_their_own(client: TestClient) -> None:
    walked, ridden = (
        asked(client, on_streets(MARKET, profile=profile))[1] for profile in ("foot", "bike")
    )
    assert walked["x_travel"][0]["streets"] == "foot"
    assert ridden["x_travel"][0]["streets"] == "bicycle"
    assert walked["summary"]["duration"] > ridden["summary"]["duration"]


def test_an_unknown_profile_rides_as_the_zone_does(client: TestClient) -> None:
    _, told = asked(client, on_streets(MARKET, profile="hovercraft"))
    assert told["x_travel"][0] == {
        "profile": "hovercraft",
        "streets": "ebike",
        "as_the_crow_flies": [],
    }


def test_off_the_map_rides_are_along_the_great_circle_and_said_to_be(client: TestClient) -> None:
    north = [AWAY[0], AWAY[1] + 0.01]
    body = on_streets(north, profile="driving-car", start=AWAY, end=None)
    _, told = asked(client, body, "/optimization")
    # A hundredth of a degree of latitude is 1 112 m, 1 446 with the detour: 173.5 s at 30 km/h.
    assert great_circles([(AWAY[0], AWAY[1]), (north[0], north[1])])[0, 1] == pytest.approx(1112, 1)
    assert told["summary"]["duration"] == 174
    assert (DETOUR, KMH["car"]) == (1.3, 30)
    assert sorted(told["x_travel"][0]["as_the_crow_flies"]) == sorted([AWAY, north])


def test_what_is_no_place_on_earth_is_refused(client: TestClient) -> None:
    status, told = asked(client, on_streets([24.9, 91]))
    assert (status, told["code"]) == (400, 2)
    assert told["error"].startswith("Invalid location for task 0: [24.9, 91]")


def test_geometry_is_a_line_along_the_streets_with_metres(client: TestClient) -> None:
    _, told = asked(client, {**on_streets(MARKET), "options": {"g": True, "l": 0}})
    (route,) = told["routes"]
    line = polyline.decode(route["geometry"])
    assert len(line) > 10
    assert line[0] == line[-1] == pytest.approx((STORE[1], STORE[0]), abs=1e-5)
    assert any(point == pytest.approx((MARKET[1], MARKET[0]), abs=1e-5) for point in line)
    metres = [step["distance"] for step in route["steps"]]
    assert metres[0] == 0 < metres[1] < metres[2] == route["distance"]
    assert told["summary"]["distance"] == route["distance"]
    # As the crow flies it is 490 m there: no way is shorter, few are three times as long.
    assert 490 < metres[1] < 1500


def test_the_request_of_the_readme_is_answered(client: TestClient) -> None:
    readme = Path(__file__).parent.parent / "README.md"
    text = readme.read_text(encoding="utf-8")
    (body,) = re.findall(r"vroom/.*?--data '(\{.*?\})'\n", text, re.DOTALL)
    status, told = asked(client, json.loads(body))
    assert (status, told["unassigned"], len(told["routes"])) == (200, [], 1)
    assert told["x_travel"][0] == {"profile": "bike", "streets": "bicycle", "as_the_crow_flies": []}
    assert "geometry" in told["routes"][0]


def test_geometry_without_coordinates_is_refused(client: TestClient) -> None:
    status, told = asked(client, {**request(), "options": {"g": True}})
    assert (status, told["error"]) == (400, "Route geometry request with missing coordinates.")


def test_metres_are_worked_out_where_they_cost_or_bound(client: TestClient) -> None:
    _, told = asked(client, on_streets(MARKET, costs={"per_hour": 0, "per_km": 1000}))
    # A cost of 1 000 for a km is one for a metre.
    assert told["summary"]["cost"] == told["summary"]["distance"] > 980
    _, bounded = asked(client, on_streets(MARKET, max_distance=980))
    assert [task["id"] for task in bounded["unassigned"]] == [0]
    assert "x_reason" in bounded["unassigned"][0]


def test_metres_between_too_many_places_are_to_be_sent_along(client: TestClient) -> None:
    places = [[24.93 + i / 10_000, 60.17] for i in range(60)]
    status, told = asked(client, on_streets(*places, costs={"per_km": 1}))
    assert (status, told["code"]) == (400, 2)
    assert "Distances between 61 places" in told["error"]


def test_plan_mode_tells_violations(client: TestClient) -> None:
    late = {**JOB, "time_windows": [[0, 50]]}
    steps = [{"type": "job", "id": 1, "service_after": 70}]
    body = request(jobs=[late], vehicles=[{**VEHICLE, "steps": steps}])
    _, told = asked(client, {**body, "options": {"c": True}})
    assert told["summary"]["violations"] == [{"duration": 20, "cause": "delay"}]
    assert set(told["summary"]["computing_times"]) == {"loading", "solving", "routing"}


def test_a_request_takes_the_time_it_asks_for_up_to_the_most(client: TestClient) -> None:
    body = on_streets(*([24.93 + i / 1000, 60.17] for i in range(12)))
    asked(client, body)
    for limit, least, most in ((0.5, 0.4, 2.0), (1e300, 1.8, 4.5)):
        began = time.monotonic()
        status, _ = asked(client, {**body, "options": {"l": limit}})
        assert status == 200
        assert least < time.monotonic() - began < most


def test_options_of_a_wrong_type_are_passed_over() -> None:
    caps = Caps(usual_seconds=1.0, most_seconds=5.0)
    ten: dict[str, Any] = {"vehicles": [], "jobs": [{}] * 10}
    # 0.1 s and 0.02 s a task; a sixth of that where as little as can be is asked for.
    usual = pytest.approx(0.3)
    wrong: tuple[Any, ...]
    wrong = (None, [], "l", {"l": "2"}, {"l": True}, {"x": "1"}, {"x": 5}, {"x": 9})
    for options in wrong:
        assert options_of({**ten, "options": options}, caps).seconds == usual
    assert options_of({**ten, "options": {"x": 0}}, caps).seconds == pytest.approx(0.05)
    assert options_of({**ten, "options": {"l": 2}}, caps).seconds == 2
    assert options_of({**ten, "options": {"l": 10**400}}, caps).seconds == 5
    assert options_of({**ten, "options": {"l": -1}}, caps).seconds == 0
    assert options_of({"vehicles": [], "jobs": [{}] * 900}, caps).seconds == 1


PIPE = InProcess(helsinki())


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
# Jobs with the keys of vehicles, which mean nothing there.
@example(seed=3296)
@example(seed=5984)
def test_no_changed_request_makes_it_fail_or_late(seed: int) -> None:
    found = fuzzed(seed, PIPE)
    assert found.code in (0, 2, 3, 4), found.fault
    assert found.seconds < GRACE_S


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(max_examples=24)
@given(st.dictionaries(st.sampled_from(("vehicles", "jobs", "shipments", "options")), JSON))
def test_no_json_makes_it_fail(body: dict[str, Any]) -> None:
    assert answered(json.dumps(body).encode(), PIPE).status in (200, 400, 413)


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    assert answered(body, PIPE).status == 400


def test_the_service_itself_answers_changed_requests(client: TestClient) -> None:
    for seed in range(15):
        content = odd_body(seed)
        answer = client.post("/vroom/", content=content)
        told = answer.json()
        assert answer.status_code == {0: 200, 2: 400, 3: 500, 4: 413}[told["code"]], told


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("running")
    server = Service(folder, {"workers": 0, "vroom_most_seconds": 30})
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def being_solved(running: Service, seconds: float) -> Iterator[socket.socket]:
    """A connection on which a request is solved for some seconds."""
    body = json.dumps({**request(), "options": {"l": seconds}}).encode()
    host, port = running.http.base_url.host, running.http.base_url.port or 80
    head = f"POST /vroom/ HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, port)) as line:
        line.sendall(head.encode() + body)
        yield line


def test_whoever_goes_away_frees_the_process(running: Service) -> None:
    assert running.http.get("/vroom/health").status_code == 200
    with being_solved(running, 30) as line:
        began = time.monotonic()
        # Another one waits behind it, as there is one process, until the first has gone.
        line.settimeout(0.5)
        with pytest.raises(TimeoutError):
            line.recv(1)
    assert running.http.post("/vroom/", json={**request(), "options": {"l": 0}}).status_code == 200
    assert time.monotonic() - began < 20


def test_health_is_told_while_a_request_is_solved(running: Service) -> None:
    with being_solved(running, 3) as line:
        line.settimeout(1)
        with pytest.raises(TimeoutError):
            line.recv(1)
        began = time.monotonic()
        assert running.http.get("/vroom/health").status_code == 200
        assert time.monotonic() - began < 1


def test_the_zone_answers_while_a_request_is_solved(running: Service) -> None:
    with being_solved(running, 3) as line:
        began = time.monotonic()
        assert running.http.get("/v1/plan").status_code == 200
        assert time.monotonic() - began < 2
        line.settimeout(20)
        assert line.recv(12) == b"HTTP/1.1 200"
        assert time.monotonic() - began > 2


def test_the_client_of_openrouteservice_is_answered(running: Service) -> None:
    openrouteservice = pytest.importorskip("openrouteservice")
    kinds = pytest.importorskip("openrouteservice.optimization")
    url = str(running.http.base_url).rstrip("/")
    ors = openrouteservice.Client(key="a-key", base_url=url, timeout=20)
    try:
        told = ors.optimization(
            jobs=[
                kinds.Job(id=7, location=MARKET, service=60, amount=[1], time_windows=[[0, 3600]])
            ],
            shipments=[
                kinds.Shipment(
                    pickup=kinds.ShipmentStep(id=1, location=STORE),
                    delivery=kinds.ShipmentStep(id=2, location=[24.9445, 60.1710]),
                    amount=[1],
                    skills=[3],
                    priority=5,
                )
            ],
            vehicles=[kinds.Vehicle(id=1, start=STORE, end=STORE, capacity=[4], skills=[3])],
            geometry=True,
        )
        assert (told["code"], told["unassigned"]) == (0, [])
        (route,) = told["routes"]
        assert sorted((s["type"], s.get("id")) for s in route["steps"][1:-1]) == [
            ("delivery", 2),
            ("job", 7),
            ("pickup", 1),
        ]
        assert polyline.decode(route["geometry"])
        by_matrix = ors.optimization(
            jobs=[kinds.Job(id=1, location_index=1)],
            vehicles=[kinds.Vehicle(id=1, start_index=0)],
            matrix=M,
        )
        assert by_matrix["summary"]["cost"] == 60
        with pytest.raises(openrouteservice.exceptions.ApiError, match="No start or end"):
            ors.optimization(
                jobs=[kinds.Job(id=1, location=MARKET)], vehicles=[kinds.Vehicle(id=1)]
            )
    finally:
        ors._session.close()  # noqa: SLF001


def test_requests_as_fleetbase_sends_them_are_answered(running: Service) -> None:
    body = {
        "jobs": [{"id": 4294967295, "location": MARKET, "amount": [1], "description": '{"a":1}'}],
        "vehicles": [{"id": 3735928559, "profile": "driving", "start": STORE, "capacity": [4]}],
        "options": {"g": False},
    }
    told = running.http.post("/vroom/", json=body).json()
    (route,) = told["routes"]
    assert (route["vehicle"], route["steps"][1]["id"]) == (3735928559, 4294967295)
    assert (route["steps"][1]["description"], route["delivery"]) == ('{"a":1}', [1])
