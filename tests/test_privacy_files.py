"""Persons in files: whom an import keeps, and whom an export tells of to whom."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.access_world import guarded
from tests.api_world import a_drop, an_order, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

HEAD = "external_id,service,desk_id,contact_name,contact_phone,note,sku,quantity\n"
AINO = "PO-1,standard,k_1,Aino,+358 40 765,gate 4,A4,1\n"
BO = "PO-2,standard,k_none,Bo,+358 40 999,ring twice,A4,1\n"
"""An order that can be read, for a desk that there is not."""

DESKS = "id,building,floor,contact_name,contact_phone\nk_a,b_1,0,Aino,+358 40 765\n"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path) as client:
        yield client


def sent(client: TestClient, table: str, mode: str, **query: str) -> Any:
    params = {"kind": "orders", "mode": mode} | query
    headers = {"content-type": "text/csv"}
    return client.post("/v1/imports", params=params, content=table, headers=headers)


def held(folder: Path) -> list[str]:
    """Returns all words that are held of persons."""
    with closing(sqlite3.connect(folder / "dispatch.db")) as file:
        bodies = file.execute("SELECT body FROM contact WHERE body IS NOT NULL ORDER BY number")
        return [word for (body,) in bodies for word in re.findall(r"Aino|Bo|gate|ring", body)]


def test_an_import_keeps_contacts_apart_and_shows_them(client: TestClient, tmp_path: Path) -> None:
    assert sent(client, HEAD + AINO, "all_or_nothing").json()["taken"] == 1
    (drop,) = client.get("/v1/orders").json()["items"][0]["drops"]
    assert drop["desk"]["contact"] == {"name": "Aino", "phone": "+358 40 765"}
    assert drop["note"] == "gate 4"
    assert held(tmp_path) == ["Aino", "gate"]
    with closing(sqlite3.connect(tmp_path / "dispatch.db")) as file:
        assert "Aino" not in repr(file.execute("SELECT body FROM event").fetchall())


def test_nobody_is_kept_of_an_order_that_is_not_placed(client: TestClient, tmp_path: Path) -> None:
    assert sent(client, HEAD + AINO + BO, "preview").json()["refused"] == 1
    assert held(tmp_path) == []
    assert sent(client, HEAD + AINO + BO, "all_or_nothing").status_code == 422
    assert held(tmp_path) == []
    assert sent(client, HEAD + AINO + BO, "valid_rows").json()["refused"] == 1
    assert held(tmp_path) == ["Aino", "gate"]


def test_who_was_held_before_stays_when_an_order_for_them_is_refused(
    client: TestClient, tmp_path: Path
) -> None:
    assert sent(client, HEAD + AINO, "valid_rows").json()["taken"] == 1
    again = AINO.replace("PO-1", "PO-3").replace("k_1", "k_none")
    assert sent(client, HEAD + again, "valid_rows").json()["refused"] == 1
    assert held(tmp_path) == ["Aino", "gate"]


@pytest.mark.parametrize("mode", ["preview", "all_or_nothing", "valid_rows"])
def test_the_same_file_is_known_again_and_another_contact_is_another_order(
    client: TestClient, mode: str
) -> None:
    sent(client, HEAD + AINO, "all_or_nothing")
    assert sent(client, HEAD + AINO, mode).json()["orders"][0]["result"] == "again"
    told = sent(client, HEAD + AINO.replace("Aino", "Eero"), mode).json()
    assert [e["at"] for e in told["errors"]] == ["A2 (external_id)"]


def test_desks_of_a_file_have_their_contacts(client: TestClient, tmp_path: Path) -> None:
    of_acme = {"kind": "desks", "customer": "Acme"}
    assert sent(client, DESKS, "preview", **of_acme).json()["desks"]["added"] == 1
    assert held(tmp_path) == []
    assert sent(client, DESKS, "all_or_nothing", **of_acme).json()["taken"] == 1
    (desk,) = client.get("/v1/desks?customer=Acme").json()["items"]
    assert desk["contact"] == {"name": "Aino", "phone": "+358 40 765"}
    # The same again, looked at or taken, is no change.
    for mode in ("preview", "valid_rows"):
        assert sent(client, DESKS, mode, **of_acme).json()["again"] == 1
    changed = sent(client, DESKS.replace("Aino", "Eero"), "preview", **of_acme)
    assert changed.json()["desks"]["changed"] == 1


def test_an_export_tells_of_persons_only_to_who_may_know_of_them(tmp_path: Path) -> None:
    desk = {"building": "b_225", "floor": 3, "contact": {"name": "Aino", "phone": "+358 40"}}
    with guarded(tmp_path) as world:
        world.json("shop", "POST", "/v1/orders", an_order(a_drop(note="gate 4") | {"desk": desk}))
        for who, is_told in (("desk", True), ("audit", False)):
            for file_format in ("csv", "json"):
                text = world.ask(who, "GET", f"/v1/orders/export?format={file_format}").text
                found = [word in text for word in ("Aino", "+358 40", "gate 4")]
                assert found == [is_told] * 3, (who, file_format)
        # What couriers are called is for all who may see the couriers.
        for who in ("desk", "audit"):
            assert "Nr 1" in world.ask(who, "GET", "/v1/plan/routes").text
