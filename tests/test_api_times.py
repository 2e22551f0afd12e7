"""Published times over HTTP: with the band at each arrival, and through closed streets."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import EMBEDDED_CITY
from dispatch.city import load_city
from tests.api_world import (
    a_courier,
    a_drop,
    an_order,
    at,
    move_clock,
    placed,
    route,
    service,
    settings_in,
    tapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


@pytest.fixture
def closable(tmp_path: Path) -> Iterator[TestClient]:
    """A service with one courier, in a city whose speeds no other test shares."""
    app = create_app(settings_in(tmp_path), city=load_city(EMBEDDED_CITY))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)) as client:
        client.post("/v1/couriers", json=a_courier())
        yield client


def close_all(client: TestClient) -> str:
    """Closes every street of the city and returns the id of the report."""
    ring = [[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.2], [24.9, 60.1]]
    area = {"area": {"type": "Polygon", "coordinates": [ring]}, "kmh": 0}
    answer = client.post("/v1/traffic", json={"areas": [area]})
    assert answer.status_code == 201, answer.text
    name: str = answer.json()["id"]
    return name


def test_who_comes_before_lunch_is_not_told_the_times_of_lunch(tmp_path: Path) -> None:
    etas, bands = [], []
    for minutes in (15, 40):
        folder = tmp_path / str(minutes)
        folder.mkdir()
        with service(folder) as client:
            client.post("/v1/couriers", json=a_courier())
            move_clock(client, minutes)
            order = placed(client)
            assert order["drops"][0]["eta"] < at(60)
            etas.append(seconds(at(minutes), order["drops"][0]["eta"]))
            bands.append(client.get("/v1/plan").json()["band"])
    assert bands == ["day", "lunch"]
    assert etas[0] == etas[1]


def test_ways_take_what_the_times_of_the_stops_say_through_lunch(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        move_clock(client, 48)
        placed(client, a_drop(), a_drop("k_2"), a_drop("k_17"))
        stops = route(client)
        # From before eleven, when lunch begins, into it.
        assert stops[1]["arrival"] < at(60) < stops[-1]["arrival"]
        for before, stop in pairwise(stops):
            taken = seconds(before["departure"], stop["arrival"])
            assert taken == stop["way"]["duration_s"]


def test_what_closed_streets_cut_off_is_a_reason_and_no_failure(closable: TestClient) -> None:
    client = closable
    carried, waiting = placed(client), placed(client, a_drop("k_17"))
    stop = route(client)[0]["id"]
    loaded: dict[str, Any] = {"kind": "loaded", "stop": stop, "drops": [carried["drops"][0]["id"]]}
    tapped(client, "c_1", loaded)
    desk = next(stop["id"] for stop in route(client) if stop["drops"] == loaded["drops"])
    tapped(client, "c_1", {"kind": "departed", "stop": desk})
    before = route(client)[0]
    report = close_all(client)

    def reasons(order: dict[str, Any]) -> list[tuple[str, str]]:
        (drop,) = client.get(f"/v1/orders/{order['id']}").json()["drops"]
        return [(reason["courier"], reason["kind"]) for reason in drop["reasons"]]

    # The stop that is ridden to stays, with the time it had; only the way to it is gone.
    (now,) = route(client)
    assert (now["id"], now["committed"], now["arrival"]) == (
        before["id"],
        True,
        before["arrival"],
    )
    assert now["way"] is None
    assert now["cut_off"]["kind"] == "unreachable"
    assert report in now["cut_off"]["text"]
    assert reasons(carried) == reasons(waiting) == [("c_1", "unreachable")]
    (left_out,) = client.get("/v1/plan").json()["unassigned"]
    assert left_out["drop"] == waiting["drops"][0]["id"]
    move_clock(client, 1)
    refused = client.post("/v1/orders", json=an_order(a_drop("k_17")))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/unreachable")
    client.delete(f"/v1/traffic/{report}")
    assert reasons(carried) == reasons(waiting) == []
    assert route(client)[0]["cut_off"] is None
    assert route(client)[0]["way"] is not None
