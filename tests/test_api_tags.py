"""What is shown has a tag; an edit for another revision than the present one is not made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.answers import check_match, is_same
from api.bodies import Out
from api.problems import Problem
from tests.api_world import a_courier, a_drop, at, move_clock, placed, service, tapped
from tests.test_api_bad_input import assert_problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with two couriers and an order."""
    with service(tmp_path) as client:
        for name in ("Aino", "Eero"):
            client.post("/v1/couriers", json=a_courier(name=name))
        placed(client)
        yield client


def tag(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found: str = answer.headers["etag"]
    return found


SHOWN = ("/v1/orders/o_1", "/v1/drops/d_1", "/v1/couriers/c_1", "/v1/plan", "/v1/plan/1",
         "/v1/desks?customer=Acme")  # fmt: skip


@pytest.mark.parametrize("path", SHOWN)
def test_what_is_known_already_is_not_sent_again(client: TestClient, path: str) -> None:
    known = tag(client, path)
    for header in (known, f"W/{known}", f'"x", {known}', "*"):
        answer = client.get(path, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b""), header
        assert answer.headers["etag"] == known
    answer = client.get(path, headers={"If-None-Match": '"x"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, known)


@pytest.mark.parametrize("path", ["/v1/orders/o_1", "/v1/drops/d_1", "/v1/couriers/c_1"])
def test_a_tag_tells_id_and_revision(client: TestClient, path: str) -> None:
    history = client.get("/v1/orders/o_1").json()["history"]
    # The courier is no subject of the order, but of being added: the first event or the second.
    number = 1 if "courier" in path else history[-1]["seq"]
    assert tag(client, path).partition(".")[0] == f'"{path.rpartition("/")[2]}-r{number}'


def test_the_plan_has_its_version_for_a_tag(client: TestClient) -> None:
    version = client.get("/v1/plan").json()["version"]
    assert tag(client, "/v1/plan").startswith(f'"helsinki-v{version}.')
    placed(client, a_drop("k_2"))
    assert tag(client, "/v1/plan").startswith(f'"helsinki-v{version + 1}.')


def test_arrivals_that_move_are_shown_but_are_no_reason_to_refuse_an_edit(
    client: TestClient,
) -> None:
    known = tag(client, "/v1/orders/o_1")
    eta = client.get("/v1/orders/o_1").json()["drops"][0]["eta"]
    move_clock(client, 8)
    now = client.get("/v1/orders/o_1", headers={"If-None-Match": known})
    assert now.status_code == 200
    assert now.json()["drops"][0]["eta"] != eta
    assert now.headers["etag"].partition(".")[0] == known.partition(".")[0]
    answer = client.delete("/v1/orders/o_1", headers={"If-Match": known})
    assert answer.status_code == 200


EDITS: dict[str, tuple[str, str, Any]] = {
    "ready": ("POST", "/v1/orders/o_1/ready", {"at": at(9)}),
    "answers": ("POST", "/v1/orders/o_1/answers", {"text": "Soon."}),
    "pause": ("POST", "/v1/orders/o_1/pause", {"reason": "Nobody is there."}),
    "cancel": ("DELETE", "/v1/orders/o_1", None),
    "move": ("PATCH", "/v1/drops/d_1", {"courier": "c_2"}),
    "courier": ("PATCH", "/v1/couriers/c_1", {"capacity": 9}),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_made_by_who_has_seen_what_is_edited(client: TestClient, name: str) -> None:
    method, path, body = EDITS[name]
    read = "/".join(path.split("/")[:4])
    known = tag(client, read)
    stale = known.replace("-r", "-r9")
    before = client.get("/readyz").json()["events"]
    refused = client.request(method, path, json=body, headers={"If-Match": stale})
    problem = assert_problem(refused, 412, "changed-meanwhile")
    # What is so now comes along, and with which tag to try again.
    shown = client.get(read).json()
    assert problem["current"] == {name: shown[name] for name in problem["current"]}
    assert problem["current"]["id"] == read.rpartition("/")[2]
    assert client.get("/readyz").json()["events"] == before
    headers = {"If-Match": refused.headers["etag"]}
    made = client.request(method, path, json=body, headers=headers)
    assert made.status_code == 200, made.text
    assert tag(client, read).startswith(made.headers["etag"].rstrip('"'))
    # And what was known before the edit is old now.
    again = client.request(method, path, json=body, headers={"If-Match": known})
    assert_problem(again, 412, "changed-meanwhile")
    for free in ({}, {"If-Match": "*"}):
        assert client.request(method, path, json=body, headers=free).status_code in (200, 409)


def test_of_two_who_drag_the_same_drop_the_second_sees_where_it_is(client: TestClient) -> None:
    known = {"If-Match": tag(client, "/v1/drops/d_1")}
    mine = client.get("/v1/drops/d_1").json()["courier"]
    other = {"c_1": "c_2", "c_2": "c_1"}[mine]
    assert client.patch("/v1/drops/d_1", json={"courier": other}, headers=known).is_success
    second = client.patch("/v1/drops/d_1", json={"courier": mine}, headers=known)
    current = assert_problem(second, 412, "changed-meanwhile")["current"]
    assert (current["courier"], current["pinned"], current["order"]) == (other, other, "o_1")
    assert client.get("/v1/drops/d_1").json()["courier"] == other


def test_a_dry_run_leaves_the_tag_as_it_was(client: TestClient) -> None:
    known = tag(client, "/v1/drops/d_1")
    for _ in range(2):
        answer = client.patch(
            "/v1/drops/d_1",
            json={"courier": "c_2", "dry_run": True},
            headers={"If-Match": known},
        )
        assert answer.status_code == 200


def test_a_courier_whose_stops_move_may_be_edited_one_who_tapped_may_not(
    client: TestClient,
) -> None:
    known = {"If-Match": tag(client, "/v1/couriers/c_1")}
    placed(client, a_drop("k_5"), a_drop("k_9"))
    assert client.patch("/v1/couriers/c_1", json={"capacity": 9}, headers=known).is_success
    known = {"If-Match": tag(client, "/v1/couriers/c_1")}
    tapped(client, "c_1", {"kind": "paused"})
    answer = client.patch("/v1/couriers/c_1", json={"capacity": 8}, headers=known)
    assert assert_problem(answer, 412, "changed-meanwhile")["current"]["paused"]


def test_what_is_not_there_is_not_found_whatever_its_tag(client: TestClient) -> None:
    for method, path, body in (
        ("DELETE", "/v1/orders/o_9", None),
        ("PATCH", "/v1/drops/d_9", {"courier": None}),
        ("PATCH", "/v1/couriers/c_9", {}),
        ("DELETE", "/v1/traffic/t_9", None),
    ):
        answer = client.request(method, path, json=body, headers={"If-Match": '"x-r1"'})
        assert answer.status_code == 404
    assert client.get("/v1/drops/d_9").status_code == 404


def test_a_report_of_traffic_is_ended_by_who_knows_it(client: TestClient) -> None:
    area = [[24.93, 60.16], [24.96, 60.16], [24.96, 60.18], [24.93, 60.16]]
    slow = {"area": {"type": "Polygon", "coordinates": [area]}, "kmh": 8}
    known = client.post("/v1/traffic", json={"areas": [slow]}).headers["etag"]
    answer = client.delete("/v1/traffic/t_1", headers={"If-Match": '"t_1-r0"'})
    assert assert_problem(answer, 412, "changed-meanwhile")["current"]["id"] == "t_1"
    assert client.delete("/v1/traffic/t_1", headers={"If-Match": known}).is_success


def test_a_directory_is_replaced_by_who_knows_all_of_it(client: TestClient) -> None:
    path = "/v1/desks?customer=Acme"
    rows = [{"id": f"k_{n}_x", "building": "b_1", "department": n} for n in ("law", "tax")]
    empty = tag(client, path)
    first = client.put(path, json={"items": rows}, headers={"If-Match": empty})
    assert first.status_code == 200
    # The tag of an edit's answer is the directory's, as is that of the first part of its list.
    assert tag(client, f"{path}&limit=1").startswith(first.headers["etag"].rstrip('"'))
    late = client.put(path, json={"items": rows[:1]}, headers={"If-Match": empty})
    current = assert_problem(late, 412, "changed-meanwhile")["current"]
    assert current == {"customer": "Acme", "desks": 2}
    known = {"If-Match": late.headers["etag"]}
    assert client.put(path, json={"items": rows[:1]}, headers=known).json()["removed"] == 1
    # Another customer's desks are none of its business.
    client.put("/v1/desks?customer=Bolt", json={"items": [{"building": "b_1"}]})
    known = {"If-Match": tag(client, path)}
    assert client.put(path, json={"items": rows}, headers=known).json()["added"] == 1


class Thing(Out):
    name: str = "thing"


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        (None, True),
        ("*", True),
        ('"o_1-r7"', True),
        ('"o_1-r7.abc"', True),
        ('W/"o_1-r7.abc"', True),
        ('"x", "o_1-r7"', True),
        ('"o_1-r71"', False),
        ('"o_1-r6", "o_11-r7"', False),
        ("", False),
        ("o_1", False),
    ],
)
def test_an_edit_fits_its_revision(header: str | None, fits: bool) -> None:
    if fits:
        check_match(header, "o_1-r7", Thing)
        return
    with pytest.raises(Problem, match='it is "o_1-r7" now') as refused:
        check_match(header, "o_1-r7", Thing)
    problem = refused.value
    assert (problem.status, problem.more) == (412, {"current": {"name": "thing"}})
    assert problem.headers == {"ETag": '"o_1-r7"'}


@pytest.mark.parametrize(
    ("header", "same"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False)],
)
def test_a_reader_may_name_many_tags(header: str, same: bool) -> None:
    assert is_same(header, '"a"') is same
