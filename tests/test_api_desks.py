"""Customers' desks over HTTP: given whole, found again, and ordered for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.problems import MAX_BODY, MAX_TABLE
from tests.api_world import a_courier, a_drop, helsinki, placed, route, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient
    from httpx2 import Response

OTHERS = len(helsinki().offices)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        yield client


def put(client: TestClient, *items: dict[str, Any], customer: str = "Acme") -> Response:
    answer: Response = client.put(
        "/v1/desks", params={"customer": customer}, json={"items": list(items)}
    )
    return answer


def put_csv(client: TestClient, text: str | bytes, customer: str = "Acme") -> Response:
    headers = {"content-type": "text/csv; charset=utf-8"}
    answer: Response = client.put(
        "/v1/desks", params={"customer": customer}, content=text, headers=headers
    )
    return answer


def listed(client: TestClient, **query: Any) -> list[str]:
    answer = client.get("/v1/desks", params={"limit": 200} | query)
    assert answer.status_code == 200, answer.text
    return [desk["id"] for desk in answer.json()["items"]]


def test_a_directory_is_listed_after_the_offices_of_the_map(client: TestClient) -> None:
    contact = {"name": "Aino", "phone": "+358 1"}
    answer = put(
        client,
        {"id": "k_acc", "building": "b_1", "floor": 2, "department": "Accounting", "desk": "2-17",
         "contact": contact},
        {"id": "k_hall", "building": "b_1"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "customer": "Acme", "desks": 2, "added": 2, "changed": 0, "removed": 0
    }  # fmt: skip
    desk, hall = client.get("/v1/desks?customer=Acme").json()["items"]
    door = helsinki().place("b_1", 2)
    assert desk == {
        "id": "k_acc",
        "source": "directory",
        "customer": "Acme",
        "name": "Accounting/2-17",
        "building": "b_1",
        "floor": 2,
        "floor_assumed": False,
        "department": "Accounting",
        "desk": "2-17",
        "contact": contact,
        "assumed": ["place"],
        "lat": door.lat,
        "lon": door.lon,
    }
    assert (hall["floor"], hall["floor_assumed"], hall["contact"]) == (0, True, None)
    everything = client.get("/v1/desks?limit=200").json()
    rest = listed(client, cursor=everything["next"])
    assert rest[-2:] == ["k_acc", "k_hall"]
    assert len(everything["items"]) + len(rest) == OTHERS + 2


def test_desks_are_found_by_customer_building_and_words(client: TestClient) -> None:
    put(client, {"id": "k_a", "building": "b_1", "department": "Legal Affairs"})
    put(client, {"id": "k_b", "building": "b_2", "department": "Legal"}, customer="Beta")
    assert listed(client, customer="Beta") == ["k_b"]
    assert listed(client, customer="Nobody") == []
    assert "k_a" in listed(client, building="b_1")
    assert "k_b" not in listed(client, building="b_1")
    assert listed(client, q="LEGAL") == ["k_a", "k_b"]
    # Every word has to be there, in any order.
    assert listed(client, q="affairs legal") == ["k_a"]
    assert listed(client, q="legal", building="b_2", customer="Beta") == ["k_b"]


def test_what_is_put_replaces_what_that_customer_had(client: TestClient) -> None:
    put(client, {"id": "k_a", "building": "b_1"}, {"id": "k_b", "building": "b_1"})
    put(client, {"id": "k_z", "building": "b_1"}, customer="Beta")
    events = client.get("/readyz").json()["events"]
    told = put(client, {"id": "k_b", "building": "b_2"}, {"id": "k_c", "building": "b_1"}).json()
    assert (told["desks"], told["added"], told["changed"], told["removed"]) == (2, 1, 1, 1)
    assert listed(client, customer="Acme") == ["k_b", "k_c"]
    assert listed(client, customer="Beta") == ["k_z"]
    assert client.get("/readyz").json()["events"] == events + 1
    # The same again is nothing new, and nothing at all is a directory too.
    again = put(client, {"id": "k_b", "building": "b_2"}, {"id": "k_c", "building": "b_1"}).json()
    assert (again["added"], again["changed"], again["removed"]) == (0, 0, 0)
    assert client.get("/readyz").json()["events"] == events + 1
    assert put(client).json()["removed"] == 2
    assert listed(client, customer="Acme") == []


def test_a_table_is_taken_as_csv(client: TestClient) -> None:
    answer = put_csv(client, b"building;floor;department\nb_1;2;Sales\nb_1;3;Law\n")
    assert answer.json()["added"] == 2
    assert len(listed(client, customer="Acme", q="sales")) == 1
    # The same rows get the same ids.
    assert put_csv(client, "department,floor,building\nLaw,3,b_1\n").json() == {
        "customer": "Acme", "desks": 1, "added": 0, "changed": 0, "removed": 1
    }  # fmt: skip


def test_every_wrong_row_of_a_table_is_told_and_nothing_is_taken(client: TestClient) -> None:
    put(client, {"id": "k_old", "building": "b_1"})
    answer = put_csv(client, "building,floor\nb_1,0\nnowhere,1\nb_1,99\nb_2\n")
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "/problems/bad-directory"
    assert problem["detail"].startswith("Nothing was taken. row 3, column building: There is no")
    assert "(and 1 more)" in problem["detail"]
    first, second = problem["errors"]
    assert (first["row"], first["column"], first["input"]) == (3, "building", "nowhere")
    assert (second["row"], second["column"], second["input"]) == (4, "floor", "99")
    assert second["at"] == "row 4, column floor"
    assert "0 is the ground floor" in second["cure"]
    assert listed(client, customer="Acme") == ["k_old"]


def test_every_wrong_item_of_json_is_told_with_its_path(client: TestClient) -> None:
    put(client, {"id": "k_beta", "building": "b_1"}, customer="Beta")
    answer = put(
        client,
        {"building": "b_1", "floor": 99},
        {"building": "b_1"},
        {"building": "b_1"},
        {"id": "k_beta", "building": "b_1"},
        {"id": "k_1", "building": "b_1"},
    )
    assert answer.status_code == 422
    assert [error["at"] for error in answer.json()["errors"]] == [
        "items[0].floor", "items[2].desk", "items[3].id", "items[4].id"
    ]  # fmt: skip
    assert listed(client, customer="Acme") == []


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"items": [{"building": 7}]}', "application/json", 422, "invalid-request"),
        (b'{"items": [{"building": "b_1", "flor": 1}]}', "application/json", 422,
         "invalid-request"),
        (b"[]", "application/json", 422, "invalid-request"),
        (b"{", "application/json", 400, "invalid-json"),
        (b"\xff", "application/json", 400, "invalid-json"),
        (b"[" * 100_000, "application/json", 400, "invalid-json"),
        (b"", "text/csv", 422, "bad-directory"),
        (b"\xff\xfe\x00", "text/csv", 422, "bad-directory"),
        (b"floor\n1", "text/csv", 422, "bad-directory"),
        (b"building\nb_1", "text/plain", 415, "unsupported-media-type"),
    ],
)  # fmt: skip
def test_what_is_no_directory_is_refused(
    client: TestClient, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = client.put("/v1/desks?customer=Acme", content=content, headers={"content-type": kind})
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"/problems/{code}"
    assert answer.json()["detail"]


@pytest.mark.parametrize("query", ["", "?customer=", "?customer=%20", f"?customer={'x' * 201}"])
def test_a_directory_is_somebodys(client: TestClient, query: str) -> None:
    answer = client.put(f"/v1/desks{query}", json={"items": []})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"] == "query.customer"


def test_a_directory_may_be_larger_than_other_bodies(client: TestClient) -> None:
    empty = f"{' ' * 1000}\n" * (MAX_BODY // 1000)
    assert put_csv(client, f"building\nb_1\n{empty}").status_code == 200
    assert put_csv(client, b" " * (MAX_TABLE + 1)).json()["type"] == "/problems/body-too-large"


def test_an_order_names_a_desk_of_the_directory(client: TestClient) -> None:
    put(
        client,
        {"id": "k_own", "building": "b_1", "floor": 2, "department": "Sales", "desk": "2-1",
         "contact": {"name": "Aino"}},
    )  # fmt: skip
    desk = placed(client, a_drop("k_own"))["drops"][0]["desk"]
    assert desk == {
        "id": "k_own",
        "building": "b_1",
        "floor": 2,
        "department": "Sales",
        "desk": "2-1",
        "contact": {"name": "Aino", "phone": None},
    }
    # The order keeps its desk when the directory goes.
    put(client)
    assert client.get("/v1/orders/o_1").json()["drops"][0]["desk"] == desk
    assert route(client)[1]["place"]["department"] == "Sales"
    answer = client.post("/v1/orders", json={"service": "urgent", "drops": [a_drop("k_own")]})
    assert answer.json()["type"] == "/problems/unknown-desk"


def test_what_an_order_says_goes_before_what_the_directory_says(client: TestClient) -> None:
    put(client, {"id": "k_own", "building": "b_1", "floor": 2, "desk": "2-1"})
    drop = a_drop(desk="k_own")
    drop["desk"] |= {"floor": 1, "contact": {"phone": "1"}}
    desk = placed(client, drop)["drops"][0]["desk"]
    assert (desk["floor"], desk["desk"], desk["contact"]["phone"]) == (1, "2-1", "1")


def test_directories_outlive_a_restart(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        put(client, {"id": "k_own", "building": "b_1"})
    with service(tmp_path) as client:
        assert listed(client, customer="Acme") == ["k_own"]
