"""One visit to a building is one check-in, however many drops it brings, in the plan itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api_world import a_courier, a_drop, helsinki, placed, route, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path) as found:
        assert found.post("/v1/couriers", json=a_courier()).status_code == 201
        yield found


def ways(client: TestClient, *desks: tuple[str, int, str]) -> list[dict[str, Any]]:
    """Places an order of a drop for each desk; returns the ways to them in the courier's order."""
    drops = [
        a_drop() | {"desk": {"building": building, "floor": floor, "department": department}}
        for building, floor, department in desks
    ]
    placed(client, *drops)
    return [stop["way"] for stop in route(client) if stop["kind"] == "deliver"]


def check_ins(way: dict[str, Any]) -> int:
    return sum(leg["kind"] == "check_in" for leg in way["inside"])


def a_building(number: int) -> str:
    """Returns a building of Helsinki with a floor above the first."""
    return [b.id for b in helsinki().buildings.values() if b.levels >= 3][number]


def test_two_desks_on_one_floor_are_a_walk_apart(client: TestClient) -> None:
    building = a_building(0)
    first, second = ways(client, (building, 1, "Sales"), (building, 1, "Law"))
    assert (check_ins(first), check_ins(second)) == (1, 0)
    # Across an office floor one walks 30 s.
    assert second["duration_s"] == 30


def test_two_floors_of_one_building_are_stairs_apart(client: TestClient) -> None:
    building = a_building(0)
    first, second = ways(client, (building, 1, "Sales"), (building, 2, "Law"))
    assert (check_ins(first), check_ins(second)) == (1, 0)
    # 25 s to the stairs and 25 s from them; one floor up is 15 s, one down 11 s.
    assert second["duration_s"] in (25 + 15 + 25, 25 + 11 + 25)


def test_two_buildings_are_checked_into_twice(client: TestClient) -> None:
    first, second = ways(client, (a_building(0), 1, "Sales"), (a_building(1), 1, "Law"))
    assert (check_ins(first), check_ins(second)) == (1, 1)
    # Out: walk 25, a floor down 11, lobby 15, set off 20. In: park 60, check in 45, lobby 15, a
    # floor up 15, walk 25. Between them the ride.
    assert second["duration_s"] > 25 + 11 + 15 + 20 + 60 + 45 + 15 + 15 + 25
