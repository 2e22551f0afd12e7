"""Why a drop is late or with nobody, and the move that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api_world import a_courier, a_drop, at, move_clock, placed, route, service, tapped

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient


def explained(client: TestClient, drop: str = "d_1") -> dict[str, Any]:
    answer = client.get(f"/v1/drops/{drop}/explanation")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_drop_that_nobody_can_carry_says_so_for_each_courier(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        client.post("/v1/couriers", json=a_courier(name="Ville"))
        placed(client, a_drop(items=[{"sku": "A4-80", "quantity": 9}]))
        # Their bikes break, and they go on with smaller ones.
        client.patch("/v1/couriers/c_1", json={"capacity": 3})
        client.patch("/v1/couriers/c_2", json={"capacity": 5})
        found = explained(client)
        assert found["courier"] is None
        assert found["rescue"] is None
        # Nine units: six too many for the one, four for the other.
        short = {r["courier"]: (r["kind"], r["short_by"]) for r in found["reasons"]}
        assert short == {"c_1": ("capacity", 6), "c_2": ("capacity", 4)}


def test_a_drop_in_time_has_nothing_in_its_way(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        found = explained(client)
        assert (found["drop"], found["order"], found["courier"]) == ("d_1", "o_1", "c_1")
        assert found["reasons"] == []
        assert found["p_on_time"] > 0.5


def test_nobody_on_shift_is_a_reason_of_its_own(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        placed(client, on_infeasible="accept_late")
        (reason,) = explained(client)["reasons"]
        assert (reason["courier"], reason["kind"]) == (None, "shift")


def test_a_drop_pinned_to_a_courier_who_is_too_late_is_rescued_by_the_other(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        client.post("/v1/couriers", json=a_courier(name="Ville"))
        # So many orders on one courier that the last of them cannot be in time.
        orders = [placed(client, a_drop(f"k_{n}")) for n in range(1, 15)]
        for order in orders:
            client.patch(f"/v1/drops/{order['drops'][0]['id']}", json={"courier": "c_1"})
        late = [
            o["drops"][0]["id"]
            for o in client.get("/v1/orders").json()["items"]
            if (o["promise"]["p_on_time"] or 0) < 0.5
        ]
        assert late
        found = explained(client, late[0])
        rescue = found["rescue"]
        assert rescue["courier"] == "c_2"
        assert rescue["p_on_time"] > found["p_on_time"]
        # It is a move as it is: who takes it gets what it says.
        wish = {"courier": rescue["courier"], "after": rescue["after"]}
        assert client.patch(f"/v1/drops/{late[0]}", json=wish).status_code == 200
        after = explained(client, late[0])
        assert after["courier"] == "c_2"
        assert after["p_on_time"] == rescue["p_on_time"]


def test_what_is_on_board_or_over_has_no_rescue_and_says_why(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        tapped(client, "c_1", {"kind": "loaded", "stop": route(client)[0]["id"]})
        found = explained(client)
        assert (found["rescue"], found["reason"]) == (
            None,
            "d_1 is on board with c_1, who alone can bring it.",
        )
        stop = route(client)[0]["id"]
        tapped(client, "c_1", {"kind": "delivered", "stop": stop, "drop": "d_1"})
        found = explained(client)
        assert (found["rescue"], found["reasons"]) == (None, [])


def test_a_deadline_that_is_over_is_not_rescued(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier(shift={"start": at(60), "end": at(300)}))
        placed(client, on_infeasible="accept_late")
        due = client.get("/v1/orders/o_1").json()["promise"]["due_at"]
        # At the deadline it may still be kept, a second later no more.
        move_clock(client, 22)
        assert due == at(22)
        assert "over" not in explained(client)["reason"]
        move_clock(client, 22 + 1 / 60)
        assert explained(client)["reason"] == "The deadline of o_1 is over."


def test_of_a_drop_that_there_is_not_nothing_is_explained(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        answer = client.get("/v1/drops/d_9/explanation")
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/unknown-drop"
