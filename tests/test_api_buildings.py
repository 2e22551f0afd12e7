"""Buildings over HTTP: what is known of them and what is assumed, asked for in any datum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.couriers import PositionIn
from api.settings import StoreSettings
from dispatch.city import City, load_city
from dispatch.datum import Datum, from_wgs84
from tests.api_world import settings_in
from tests.small_maps import SmallMap, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOWER = """
building = "b_1"
floors = "-1-9"
hours = {mo-fr = "08:00-18:00"}
[check_in]
seconds = 40
[[lifts]]
floors = "-1-9"
cars = 2
[[department]]
name = "Law"
floor = 8
[department.access]
badge = "slow"
[[department.desk]]
name = "8-1"
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A described tower at 100 m and a house that only the map knows at 200 m."""
    street = SmallMap()
    street.way((0, 0), (400, 0), highway="primary")
    street.building(100, 10, building__levels="9")
    street.building(200, 10)
    street.point((100, 10), entrance="main")
    street.report(tmp_path)
    (tmp_path / "city/buildings.d").mkdir()
    (tmp_path / "city/buildings.d/tower.toml").write_text(TOWER, "utf-8")
    return load_city(tmp_path / "city")


@pytest.fixture
def client(tmp_path: Path, city: City) -> Iterator[TestClient]:
    lat, lon = at(50, 0)
    store = {"id": "st_1", "name": "Store", "lat": lat, "lon": lon}
    app = create_app(settings_in(tmp_path, store=[store]), city=city)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)) as client:
        yield client


def facts(building: dict[str, Any]) -> dict[str, tuple[str, str, bool]]:
    return {f["name"]: (f["value"], f["source"], f["assumed"]) for f in building["facts"]}


def test_a_described_building_shows_what_was_described(client: TestClient) -> None:
    tower = client.get("/v1/buildings").json()["items"][0]
    assert tower["described"]
    assert (tower["floors"], tower["levels_assumed"]) == ("-1-9", False)
    assert (tower["hours"], tower["hours_assumed"]) == ("Mo-Fr 08:00-18:00; Sa-Su closed", False)
    assert tower["departments"] == [
        {
            "name": "Law",
            "floor": 8,
            "hours": None,
            "badge": "slow",
            "escort": False,
            "desks": ["8-1"],
            "source": "tower.toml.department[0]",
        }
    ]
    known = facts(tower)
    assert known["lifts"] == ("2 at -1-9", "tower.toml.lifts[0]", False)
    assert known["check_in"] == ("40 s", "tower.toml", False)


def test_a_building_of_the_map_shows_what_is_assumed_and_on_what_grounds(
    client: TestClient,
) -> None:
    house = client.get("/v1/buildings").json()["items"][1]
    assert not house["described"]
    assert (house["entrances"], house["departments"]) == ([], [])
    assert house["hours_assumed"]
    known = facts(house)
    assert all(assumed for _, _, assumed in known.values())
    assert known["stairs"][1] == "stairs reach every floor"
    assert known["hours"] == (
        "Mo-Su 07:00-20:00", "nobody says them: the usual hours of offices", True
    )  # fmt: skip


def test_an_entrance_says_whether_couriers_are_led_through_it(client: TestClient) -> None:
    (entrance,) = client.get("/v1/buildings").json()["items"][0]["entrances"]
    assert entrance["couriers"]
    assert (entrance["floor"], entrance["check_in"]) == (0, True)


@pytest.mark.parametrize("datum", Datum)
def test_near_is_asked_in_any_datum(client: TestClient, datum: Datum) -> None:
    lat, lon = from_wgs84(at(100, 10), datum)
    query: dict[str, Any] = {"near": f"{lat},{lon}", "radius_m": 40, "datum": datum.value}
    found = client.get("/v1/buildings", params=query).json()["items"]
    assert [building["id"] for building in found] == ["b_1"]


def test_a_store_may_be_given_in_the_datum_of_chinese_maps() -> None:
    gcj02 = StoreSettings(id="st_1", name="x", lat=31.17530398, lon=121.53154186, datum=Datum.GCJ02)
    store = gcj02.to_domain()
    assert (store.lat, store.lon) == pytest.approx((31.1774276, 121.5272106), abs=1e-6)


def test_a_phone_may_tell_positions_in_the_datum_of_chinese_maps() -> None:
    told = {"lat": 31.17530398, "lon": 121.53154186, "at": "2026-11-23T10:00:00+08:00"}
    position = PositionIn.model_validate(told | {"datum": "gcj02"}).to_domain()
    assert (position.lat, position.lon) == pytest.approx((31.1774276, 121.5272106), abs=1e-6)
    plain = PositionIn.model_validate(told).to_domain()
    assert (plain.lat, plain.lon) == (31.17530398, 121.53154186)


@pytest.mark.parametrize(
    ("words", "found"), [("b_1", ["b_1"]), ("B_2", ["b_2"]), ("b_ 1", ["b_1"]), ("tower 9", [])]
)
def test_buildings_are_found_by_parts_of_what_they_are_called(
    client: TestClient, words: str, found: list[str]
) -> None:
    items = client.get("/v1/buildings", params={"q": words}).json()["items"]
    assert [item["id"] for item in items] == found
