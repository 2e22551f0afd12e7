"""Traffic over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import EMBEDDED_CITY
from dispatch.city import load_city
from tests.api_world import a_courier, a_drop, at, move_clock, settings_in
from tests.live_city import LiveCity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dispatch.city import City

STORE = {"id": "st_1", "name": "Corner", "lat": 60.0, "lon": 25.0}
RING = [[25.0004, 59.9], [25.0016, 59.9], [25.0016, 60.1], [25.0004, 60.1], [25.0004, 59.9]]
AREA = {"area": {"type": "Polygon", "coordinates": [RING]}, "kmh": 10}


def serve(folder: Path, city: LiveCity) -> TestClient:
    app = create_app(settings_in(folder, store=[STORE]), city=cast("City", city))
    return TestClient(
        app,
        base_url="http://127.0.0.1",
        client=("127.0.0.1", 50_000),
        raise_server_exceptions=False,
    )


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serve(tmp_path, LiveCity()) as found:
        yield found


def segment(a: int, kmh: float) -> dict[str, Any]:
    return {"from": a, "to": a + 1, "kmh": kmh}


def listed(client: TestClient) -> list[str]:
    return [report["id"] for report in client.get("/v1/traffic").json()["items"]]


def test_a_report_is_shown_as_it_was_sent_and_listed_until_deleted(client: TestClient) -> None:
    body = {"segments": [segment(105, 0)], "areas": [AREA], "until": at(60), "note": "Flood"}
    answer = client.post("/v1/traffic", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made == body | {"id": "t_1", "set_at": at(0), "travel_epoch": 2}
    assert client.get("/v1/traffic").json() == {"items": [made], "next": None}
    ended = client.delete("/v1/traffic/t_1")
    assert ended.json() == made | {"travel_epoch": 3}
    assert listed(client) == []
    again = client.delete("/v1/traffic/t_1")
    assert (again.status_code, again.json()["type"]) == (404, "/problems/unknown-traffic")


def test_a_report_ends_by_itself(client: TestClient) -> None:
    client.post("/v1/traffic", json={"segments": [segment(100, 5)], "until": at(2)})
    client.post("/v1/traffic", json={"segments": [segment(100, 5)]})
    move_clock(client, 1.5)
    assert listed(client) == ["t_1", "t_2"]
    move_clock(client, 2)
    assert listed(client) == ["t_2"]


def test_a_restart_restores_what_is_in_force(tmp_path: Path) -> None:
    with serve(tmp_path, LiveCity()) as client:
        client.post("/v1/traffic", json={"segments": [segment(105, 5)], "areas": [AREA]})
    city = LiveCity()
    with serve(tmp_path, city) as client:
        assert listed(client) == ["t_1"]
        assert city.told[105, 106] == 5
        assert city.told[101, 100] == 10


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({}, "empty-traffic", "segments"),
        ({"segments": [segment(100, -1)]}, "invalid-request", "segments[0].kmh"),
        ({"segments": [{"from": 100, "kmh": 5}]}, "invalid-request", "segments[0].to"),
        ({"segments": [segment(100, 5) | {"both": 1}]}, "invalid-request", "segments[0].both"),
        ({"segments": [segment(100, 5), segment(100, 0)]}, "contradictory-speeds", "segments[1]"),
        ({"segments": [segment(900, 5)]}, "unknown-segment", None),
        ({"segments": [segment(100, 5)], "until": at(0)}, "traffic-over", "until"),
        ({"areas": [{"area": {"type": "Point", "coordinates": []}, "kmh": 5}]},
         "invalid-request", "areas[0].area.type"),
        ({"areas": [{"area": {"type": "Polygon", "coordinates": [RING[:-1]]}, "kmh": 5}]},
         "malformed-polygon", "areas[0].area.coordinates[0]"),
        ({"areas": [{"area": {"type": "Polygon", "coordinates": [[[1, 2, 3, 4]]]}, "kmh": 5}]},
         "invalid-request", "areas[0].area.coordinates[0][0]"),
    ],
)  # fmt: skip
def test_a_faulty_report_is_answered_with_what_is_wrong(
    client: TestClient, body: dict[str, Any], code: str, where: str | None
) -> None:
    answer = client.post("/v1/traffic", json=body)
    assert answer.status_code == 422
    assert answer.json()["type"] == f"/problems/{code}"
    if where is not None:
        assert answer.json()["errors"][0]["at"] == where
    assert listed(client) == []


def test_slow_streets_of_the_real_city_make_a_quote_later_until_the_report_ends(
    tmp_path: Path,
) -> None:
    # A city of its own: the one other tests share keeps its speeds.
    app = create_app(settings_in(tmp_path), city=load_city(EMBEDDED_CITY))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)) as client:
        client.post("/v1/couriers", json=a_courier())
        wish = {"service": "urgent", "drops": [a_drop("k_17")]}
        usual = client.post("/v1/quotes", json=wish).json()["eta"]
        ring = [[24.93, 60.16], [24.96, 60.16], [24.96, 60.18], [24.93, 60.18], [24.93, 60.16]]
        area = {"area": {"type": "Polygon", "coordinates": [ring]}, "kmh": 3}
        report = client.post("/v1/traffic", json={"areas": [area]})
        assert report.status_code == 201, report.text
        assert client.post("/v1/quotes", json=wish).json()["eta"] > usual
        client.delete(f"/v1/traffic/{report.json()['id']}")
        assert client.post("/v1/quotes", json=wish).json()["eta"] == usual
