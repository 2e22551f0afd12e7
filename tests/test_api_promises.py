"""Promises over HTTP: goods that come later, pauses, answers, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api_world import (
    a_courier,
    at,
    move_clock,
    placed,
    route,
    service,
    settings_in,
)
from tests.promise_world import deliver, load, shown, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with one courier, at ten."""
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        yield client


def post(client: TestClient, path: str, body: Any = None) -> Any:
    return client.post(f"/v1/orders/o_1/{path}", json=body)


def test_special_goods_from_the_order_to_the_desk(client: TestClient) -> None:
    order = placed(client, service="special")
    assert order["status"] == "awaiting_goods"
    assert (order["promise"]["due_at"], order["promise"]["state"]) == (None, "paused")
    assert order["answer"] == {"due_at": at(1), "state": "running", "answered_at": None}
    assert route(client) == []
    move_clock(client, 0.5)
    assert told(client) == [("answer", at(0.5))]

    answered = post(client, "answers", {"text": "It comes tomorrow."}).json()
    assert answered["answer"] == {"due_at": at(1), "state": "met", "answered_at": at(0.5)}
    move_clock(client, 5)
    # The first answer counts.
    assert post(client, "answers", {"text": "At noon."}).json()["answer"]["answered_at"] == at(0.5)

    move_clock(client, 60)
    arrived = post(client, "goods-arrived", {"at": at(58)}).json()
    assert arrived["goods_arrived_at"] == at(58)
    assert (arrived["status"], arrived["promise"]["due_at"]) == ("planned", at(80))
    load(client)
    move_clock(client, 75)
    # 11 min are half of 22, 17.6 are 80 %.
    assert told(client)[1:] == [("half", at(69))]
    deliver(client)
    move_clock(client, 90)
    assert shown(client)["promise"]["state"] == "met"
    assert told(client)[1:] == [("half", at(69))]


def test_goods_that_never_arrive_stay_in_sight_and_can_be_cancelled(client: TestClient) -> None:
    placed(client, service="special")
    move_clock(client, 300)
    assert told(client) == [("answer", at(0.5)), ("unanswered", "2026-11-23T10:01:01+02:00")]
    waiting = client.get("/v1/orders?status=awaiting_goods").json()["items"]
    assert [(order["id"], order["answer"]["state"]) for order in waiting] == [("o_1", "breached")]
    assert client.delete("/v1/orders/o_1").json()["status"] == "cancelled"


def test_a_pause_moves_the_deadline_by_its_length(client: TestClient) -> None:
    placed(client)
    move_clock(client, 2)
    paused = post(client, "pause", {"reason": "lift broken"}).json()
    assert paused["paused"] == {"reason": "lift broken", "since": at(2)}
    assert (paused["promise"]["due_at"], paused["promise"]["state"]) == (None, "paused")
    assert paused["status"] == "placed"
    # The same again changes nothing.
    assert post(client, "pause", {"reason": "lift broken"}).json() == paused
    move_clock(client, 40)
    assert told(client) == []
    resumed = post(client, "resume").json()
    assert (resumed["promise"]["due_at"], resumed["promise"]["state"]) == (at(60), "running")
    assert resumed["status"] == "planned"
    assert post(client, "resume").json() == resumed
    move_clock(client, 49)
    # Two minutes of 11 were used before.
    assert told(client) == [("half", at(49))]


def test_an_order_is_paused_only_while_its_goods_are_at_the_store(client: TestClient) -> None:
    placed(client)
    load(client)
    answer = post(client, "pause", {"reason": "not now"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/order-under-way"
    assert "failed" in answer.json()["detail"]


def test_a_promise_is_met_at_the_tap_however_late_the_phone_came_online(
    client: TestClient,
) -> None:
    placed(client)
    load(client)
    move_clock(client, 30)
    assert shown(client)["promise"]["state"] == "breached"
    deliver(client, occurred_at=at(22))
    done = shown(client)
    assert (done["promise"]["state"], done["promise"]["slack_s"]) == ("met", 0)
    # The history keeps both; a second after the last one in time it was breached.
    assert told(client)[-1] == ("breached", "2026-11-23T10:22:01+02:00")


def test_a_promise_kept_a_second_late_is_met_late(client: TestClient) -> None:
    placed(client)
    load(client)
    move_clock(client, 22)
    assert shown(client)["promise"]["state"] == "running"
    client.post("/v1/clock", json={"now": "2026-11-23T10:22:01+02:00"})
    deliver(client)
    assert shown(client)["promise"]["state"] == "met_late"
    assert [kind for kind, _ in told(client)] == ["half", "most", "breached"]


def test_what_fell_due_while_the_service_was_down_is_written_once(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        move_clock(client, 12)
    # A manual clock starts where it stood, or where it is told to.
    later = settings_in(tmp_path).clock_start
    assert later is not None
    for _ in range(2):
        with service(tmp_path, clock_start=later.replace(minute=40)) as client:
            kinds = told(client)
            assert [kind for kind, _ in kinds] == ["half", "most", "breached"]
            # Dated with the moment it fell due: 80 % of 22 min are 17 min 36 s.
            assert kinds[1][1] == "2026-11-23T10:17:36+02:00"
            move_clock(client, 60)
            assert told(client) == kinds


def test_nobody_is_told_about_an_order_that_is_over(client: TestClient) -> None:
    placed(client)
    client.delete("/v1/orders/o_1")
    move_clock(client, 60)
    assert told(client) == []


def test_a_promise_with_nobody_on_shift_warns_at_once(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        shift = {"start": at(23), "end": at(60)}
        client.post("/v1/couriers", json=a_courier(shift=shift))
        placed(client, on_infeasible="accept_late")
        assert told(client) == [("off_duty", at(0))]
        placed(client, service="standard")
        assert told(client, "o_2") == []


@pytest.mark.parametrize(
    ("kind", "path", "body", "status", "code"),
    [
        ("special", "goods-arrived", {"at": at(11)}, 422, "arrival-in-future"),
        ("special", "goods-arrived", {"at": at(-1)}, 422, "arrival-before-order"),
        ("special", "goods-arrived", {"at": "soon"}, 422, "invalid-request"),
        ("urgent", "goods-arrived", {}, 409, "goods-not-awaited"),
        ("urgent", "answers", {"text": ""}, 422, "invalid-request"),
        ("urgent", "pause", {}, 422, "invalid-request"),
        ("urgent", "pause", {"reason": "x" * 201}, 422, "invalid-request"),
    ],
)
def test_what_clocks_refuse(
    client: TestClient, kind: str, path: str, body: Any, status: int, code: str
) -> None:
    before = placed(client, service=kind)
    move_clock(client, 10)
    answer = post(client, path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"/problems/{code}"
    after = shown(client)
    assert after["promise"]["due_at"] == before["promise"]["due_at"]
    assert (after["goods_arrived_at"], after["paused"]) == (None, None)


def test_a_promise_outside_the_hours_of_its_store_warns_at_once(tmp_path: Path) -> None:
    def a_store(*hours: str) -> dict[str, Any]:
        return {"id": "st_1", "name": "x", "lat": 60.1699, "lon": 24.9415, "hours": hours}

    # Ten is in the first hours of all; the promise ends at 10:22, when the second begin.
    for number, (hours, kinds) in enumerate(
        [
            (("09:00-18:00",), []),
            (("10:22-18:00",), []),
            (("08:00-10:00", "10:23-18:00"), ["off_duty"]),
        ]
    ):
        (tmp_path / str(number)).mkdir()
        with service(tmp_path / str(number), store=[a_store(*hours)]) as client:
            client.post("/v1/couriers", json=a_courier())
            placed(client)
            assert [kind for kind, _ in told(client)] == kinds


def test_goods_arrive_once(client: TestClient) -> None:
    placed(client, service="special")
    move_clock(client, 10)
    first = post(client, "goods-arrived", {"at": at(9)}).json()
    assert post(client, "goods-arrived", {"at": at(9)}).json() == first
    assert post(client, "goods-arrived", {}).json() == first
    again = post(client, "goods-arrived", {"at": at(10)})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/goods-arrived-already")


def test_an_order_paused_for_one_reason_is_not_paused_for_another(client: TestClient) -> None:
    placed(client)
    post(client, "pause", {"reason": "lift broken"})
    again = post(client, "pause", {"reason": "nobody there"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/order-paused")
    assert "lift broken" in again.json()["detail"]


@pytest.mark.parametrize("path", ["goods-arrived", "answers", "pause", "resume"])
def test_the_clocks_of_an_order_that_is_over_have_stopped(client: TestClient, path: str) -> None:
    placed(client, service="special")
    client.delete("/v1/orders/o_1")
    body = {"answers": {"text": "x"}, "pause": {"reason": "x"}}.get(path, {})
    answer = post(client, path, None if path == "resume" else body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/order-closed")


@pytest.mark.parametrize("path", ["goods-arrived", "answers", "pause", "resume"])
def test_the_clocks_of_an_order_nobody_placed(client: TestClient, path: str) -> None:
    body = {"answers": {"text": "x"}, "pause": {"reason": "x"}}.get(path, {})
    answer = post(client, path, None if path == "resume" else body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-order")
