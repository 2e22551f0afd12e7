"""Orders, routes and promises as files."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import gpxpy
import pytest
from openpyxl import load_workbook

from api.order_exports import NAMES
from api.spreadsheets import csv_parts, guarded, xlsx_parts
from dispatch.table_text import read_text
from dispatch.tables import Column, header, letter, plain
from tests.api_world import a_courier, a_drop, at, move_clock, placed, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

EVIL = '=HYPERLINK("http://evil.example","ok")'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier(name="Ai & No"))
        yield client


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def a_drop_with_a_formula() -> dict[str, Any]:
    items = [{"sku": "A4", "quantity": 2}, {"sku": "PEN", "quantity": 1, "name": "@pen"}]
    desk = {"building": "b_1", "floor": 0, "contact": {"name": "Äyräs", "phone": "+358 40"}}
    return {"desk": desk, "items": items, "note": EVIL}


def test_orders_are_a_row_for_each_line_and_formulas_stay_text(client: TestClient) -> None:
    placed(client, a_drop_with_a_formula(), a_drop("k_2"), external_id="PO-1", channel="fax")
    answer = client.get("/v1/orders/export")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    rows = table(answer.content)
    assert list(rows[0]) == list(NAMES)
    assert [(row["drop"], row["sku"], row["quantity"]) for row in rows] == [
        ("d_1", "A4", "2"), ("d_1", "PEN", "1"), ("d_2", "A4-80", "2")
    ]  # fmt: skip
    assert (rows[0]["note"], rows[0]["contact_phone"]) == (f"'{EVIL}", "'+358 40")
    assert (rows[1]["item"], rows[0]["contact_name"]) == ("'@pen", "Äyräs")
    assert (rows[0]["channel"], rows[0]["status"]) == ("fax", "planned")


def test_a_workbook_has_the_same_rows_and_texts_only(client: TestClient) -> None:
    placed(client, a_drop_with_a_formula())
    answer = client.get("/v1/orders/export?format=xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    names = [cell.value for cell in sheet[1]]
    row = dict(zip(names, sheet[2], strict=True))
    assert names == list(NAMES)
    assert (row["note"].value, row["note"].data_type) == (EVIL, "s")
    assert (row["quantity"].value, row["quantity"].data_type) == (2, "n")
    assert row["contact_phone"].value == "+358 40"


def test_as_json_orders_look_as_they_always_do(client: TestClient) -> None:
    assert client.get("/v1/orders/export?format=json").json() == {"items": [], "next": None}
    placed(client)
    placed(client, service="standard")
    exported = client.get("/v1/orders/export?format=json").json()
    assert exported == client.get("/v1/orders").json()


def test_only_orders_of_the_time_asked_for_are_in_a_file(client: TestClient) -> None:
    placed(client)
    move_clock(client, 10)
    placed(client)
    whole = {"from": at(0), "to": at(11)}
    later = {"from": at(10)}
    earlier = {"to": at(10)}
    found = [
        [row["order"] for row in table(client.get("/v1/orders/export", params=q).content)]
        for q in (whole, later, earlier)
    ]
    assert found == [["o_1", "o_2"], ["o_2"], ["o_1"]]
    wrong = client.get("/v1/orders/export?from=yesterday")
    assert (wrong.status_code, wrong.json()["errors"][0]["at"]) == (422, "query.from")


def test_routes_are_lines_and_points_of_geojson(client: TestClient) -> None:
    placed(client)
    answer = client.get("/v1/plan/routes")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    shapes = [(f["geometry"]["type"], f["properties"].get("kind")) for f in features]
    # The courier stands at the store: the way to the goods has no line.
    assert shapes == [
        ("Point", "load"), ("LineString", None), ("Point", "deliver"), ("LineString", None),
        ("Point", "return"),
    ]  # fmt: skip
    stop = client.get("/v1/couriers/c_1/route").json()["stops"][1]
    assert features[1]["geometry"] == stop["way"]["line"]
    assert features[2]["geometry"]["coordinates"] == [stop["place"]["lon"], stop["place"]["lat"]]
    assert features[2]["properties"]["drops"] == ["d_1"]


def test_routes_are_tracks_and_waypoints_of_gpx(client: TestClient) -> None:
    placed(client)
    answer = client.get("/v1/plan/routes?format=gpx&courier=c_1")
    read = gpxpy.parse(answer.content)
    stops = client.get("/v1/couriers/c_1/route").json()["stops"]
    assert [round(w.longitude, 6) for w in read.waypoints] == [
        round(stop["place"]["lon"], 6) for stop in stops
    ]
    assert str(read.waypoints[1].time) == stops[1]["arrival"].replace("T", " ")
    assert read.tracks[0].name == "Ai & No (c_1)"
    points = read.tracks[0].segments[0].points
    assert [[p.longitude, p.latitude] for p in points] == stops[1]["way"]["line"]["coordinates"]


def test_routes_of_one_courier_are_that_couriers_only(client: TestClient) -> None:
    client.post("/v1/couriers", json=a_courier(name="Other"))
    placed(client)
    for courier in ("c_1", "c_2"):
        features = client.get(f"/v1/plan/routes?courier={courier}").json()["features"]
        assert {f["properties"]["courier"] for f in features} <= {courier}
    assert client.get("/v1/plan/routes?courier=c_9").status_code == 404


def test_promises_are_a_table_too(client: TestClient) -> None:
    placed(client, channel="phone")
    rows = table(client.get("/v1/promises/report?format=csv&by=channel").content)
    assert [(row["group"], row["promised"]) for row in rows] == [("phone", "1")]


@pytest.mark.parametrize("text", ["=1+1", "+358", "-1", "@x", "\tx", "\rx"])
def test_what_a_spreadsheet_would_compute_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"
    for harmless in ("a=1", "", "1-2", -1, None):
        assert guarded(harmless) == harmless


@pytest.mark.parametrize("text", ["=1+1", "+358", "-1", "@x", "x", "客户"])
def test_what_was_exported_is_imported_as_it_was(text: str) -> None:
    data = b"".join(csv_parts(["note"], [[text]]))
    (row,) = read_text(data, [Column("note", "备注")], 10).rows
    assert row.cells == {"note": text}
    assert plain(f" {text} ") == text


def test_a_long_table_comes_in_parts() -> None:
    parts = list(csv_parts(["n"], ([i] for i in range(1_200))))
    assert len(parts) == 3
    assert b"".join(parts).count(b"\r\n") == 1_201


def test_signs_that_no_workbook_may_hold_are_left_out() -> None:
    data = b"".join(xlsx_parts("t", ["a"], [["x\x00\x1by"]]))
    assert load_workbook(io.BytesIO(data)).worksheets[0]["A2"].value == "xy"


def test_columns_have_the_letters_of_spreadsheets() -> None:
    assert [letter(i) for i in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"
    ]  # fmt: skip
    found = header(
        ["Contact Name", " 备注 ", ""], [Column("contact_name", "联系人"), Column("note", "备注")]
    )
    assert [(i, column.name) for i, column in found.items()] == [(0, "contact_name"), (1, "note")]


def test_a_file_is_json_that_can_be_read_though_it_came_in_parts(client: TestClient) -> None:
    for _ in range(3):
        placed(client)
    with client.stream("GET", "/v1/orders/export?format=json") as answer:
        assert len(json.loads(b"".join(answer.iter_bytes()))["items"]) == 3
