"""Which plans there were, when, why, and who got what by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api_world import a_courier, a_drop, at, move_clock, placed, service

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient


def plans(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/plans", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def kinds(plan: dict[str, Any]) -> list[str]:
    return [cause["what"] for cause in plan["causes"]]


def test_each_plan_says_what_happened_before_it_and_who_got_what(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        assert plans(client) == []
        client.post("/v1/couriers", json=a_courier())
        client.post("/v1/couriers", json=a_courier(name="Ville"))
        placed(client)
        there = client.get("/v1/drops/d_1").json()["courier"]
        other = {"c_1": "c_2", "c_2": "c_1"}[there]
        client.patch("/v1/drops/d_1", json={"courier": other})
        found = plans(client)
        versions = [plan["version"] for plan in found]
        assert versions == sorted(versions)
        assert client.get(f"/v1/plan/{versions[0]}").status_code == 200
        by_kind = {kind: plan for plan in found for kind in kinds(plan)}
        first, moved = by_kind["order_placed"], by_kind["drop_pinned"]
        assert first["changes"] == [{"drop": "d_1", "from": None, "to": there}]
        assert moved["changes"] == [{"drop": "d_1", "from": there, "to": other}]
        about = next(c["about"] for c in first["causes"] if c["what"] == "order_placed")
        assert {"o_1", "d_1"} <= set(about)
        # What somebody asked only changed no plan.
        assert "quote_given" not in {kind for plan in found for kind in kinds(plan)}


def test_a_range_takes_its_beginning_and_leaves_its_end(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        move_clock(client, 5)
        placed(client)
        of_five = [plan["version"] for plan in plans(client) if plan["made_at"] == at(5)]
        assert of_five
        assert [plan["version"] for plan in plans(client, **{"from": at(5)})] == of_five
        earlier = plans(client, to=at(5))
        assert earlier
        assert all(plan["made_at"] < at(5) for plan in earlier)
        # What happened before the first plan of a range is not told of it again.
        (first, *_) = plans(client, **{"from": at(5)})
        abouts = {name for cause in first["causes"] for name in cause["about"]}
        assert "o_1" not in abouts


def test_plans_come_in_parts_that_follow_each_other(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        for _ in range(3):
            placed(client)
        whole = plans(client)
        assert len(whole) >= 3
        seen: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = client.get(
                "/v1/plans", params={"limit": 1} | ({"cursor": cursor} if cursor else {})
            )
            seen += page.json()["items"]
            cursor = page.json()["next"]
            if cursor is None:
                break
        assert seen == whole


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"from": "yesterday"}, "query.from"),
        ({"from": "2026-11-24", "to": "2026-11-23"}, "query.from"),
        ({"cursor": "x"}, "query.cursor"),
        ({"cursor": "٣"}, "query.cursor"),
        ({"cursor": "9" * 30}, "query.cursor"),
    ],
)
def test_what_is_no_range_or_cursor_is_refused(
    tmp_path: Path, query: dict[str, str], where: str
) -> None:
    with service(tmp_path) as client:
        answer = client.get("/v1/plans", params=query)
        assert answer.status_code in (400, 422)
        assert answer.json()["errors"][0]["at"] == where


def test_an_older_plan_tells_its_ways_but_those_from_where_couriers_are_now(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        version = client.get("/v1/plan").json()["version"]
        placed(client, a_drop("k_9"))
        (plain,) = client.get(f"/v1/plan/{version}").json()["routes"]
        assert {stop["way"] for stop in plain["stops"]} == {None}
        (told,) = client.get(f"/v1/plan/{version}", params={"ways": True}).json()["routes"]
        # Load, deliver, and back to the store: from the store on, ways are known.
        assert [stop["way"] is not None for stop in told["stops"]] == [False, True, True]
