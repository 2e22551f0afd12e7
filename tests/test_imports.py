"""Orders and desks from files over HTTP: looked at, taken whole, or as far as they are sound."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from api.import_template import template
from api.order_table import COLUMNS
from dispatch import directory, table_excel
from dispatch.batch import MOST_ALONE
from tests.api_world import a_courier, an_order, at, placed, service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fastapi.testclient import TestClient
    from httpx2 import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = ["external_id", "service", "desk_id", "sku", "quantity"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        yield client


def sent(
    client: TestClient, data: bytes | str, content_type: str = "text/csv", /, **query: str
) -> Response:
    body = data.encode() if isinstance(data, str) else data
    query = {"kind": "orders", "mode": "all_or_nothing"} | query
    answer: Response = client.post(
        "/v1/imports", params=query, content=body, headers={"content-type": content_type}
    )
    return answer


def book(*rows: Sequence[Any], head: Sequence[str] = HEAD, merge: str = "") -> bytes:
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Orders"
    for row in (head, *rows):
        sheet.append(list(row))
    if merge:
        sheet.merge_cells(merge)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def orders(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/orders?limit=200").json()["items"]
    return found


def errors(answer: Response) -> list[tuple[str | None, str]]:
    return [(e["cell"], e["message"]) for e in answer.json()["errors"]]


CSV = "external_id,service,desk_id,sku,quantity\nPO-1,standard,k_1,A4,2\nPO-2,standard,k_2,A4,1\n"


def test_rows_of_one_number_are_one_order_with_a_drop_for_each_desk(client: TestClient) -> None:
    table = (
        "external_id;service;customer;desk_id;note;sku;quantity;load\n"
        "PO-1;standard;Acme;k_1;ring twice;A4;2;3\n"
        "PO-2;standard;;k_1;;PEN;1;\n"
        "PO-1;;;k_1;;PEN;4;\n"
        "PO-1;;;k_2;;A4;1;\n"
        "PO-1;;;;;INK;1;\n"
    )
    answer = sent(client, table)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["taken"], told["again"], told["refused"], told["errors"]) == (2, 0, 0, [])
    assert [(o["external_id"], o["rows"], o["order"]) for o in told["orders"]] == [
        ("PO-1", [2, 4, 5, 6], "o_1"),
        ("PO-2", [3], "o_2"),
    ]
    first, second = orders(client)
    assert (first["customer"], first["channel"], second["channel"]) == ("Acme", "file", "file")
    # The last row names no desk: it goes where the one before it goes.
    lines = [[(i["sku"], i["quantity"], i["load"]) for i in d["items"]] for d in first["drops"]]
    assert lines == [[("A4", 2, 3), ("PEN", 4, 1)], [("A4", 1, 1), ("INK", 1, 1)]]
    assert first["drops"][0]["note"] == "ring twice"
    assert told["orders"][0]["due_at"] == first["promise"]["due_at"]


def test_a_preview_tells_what_would_come_and_changes_nothing(client: TestClient) -> None:
    events = client.get("/readyz").json()["events"]
    told = sent(client, CSV + "PO-3,urgent,k_1,A4,1\n", mode="preview").json()
    assert [o["result"] for o in told["orders"]] == ["valid"] * 3
    assert told["file"] | {"key": ""} == {
        "format": "csv", "encoding": "utf-8", "delimiter": ",", "sheet": None, "rows": 3, "key": ""
    }  # fmt: skip
    # The standard ones have their day whatever the plan, the urgent one has not.
    assert [o["due_at"] is None for o in told["orders"]] == [False, False, True]
    assert all(o["order"] is None for o in told["orders"])
    assert client.get("/readyz").json()["events"] == events
    assert orders(client) == []


def test_one_wrong_row_and_nothing_is_taken(client: TestClient) -> None:
    answer = sent(client, CSV + "PO-3,standard,k_none,A4,x\nPO-4,standard,k_none,A4,1\n")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/bad-import"
    assert answer.json()["detail"].startswith("Nothing was taken. E4 (quantity): 'x' is no whole")
    # Of what is wrong with an entry itself the world is not asked any more.
    assert [cell for cell, _ in errors(answer)] == ["E4", "C5"]
    assert errors(answer)[1][1].startswith("There is no desk 'k_none'")
    assert (answer.json()["errors"][0]["row"], answer.json()["errors"][0]["input"]) == (4, "x")
    assert orders(client) == []


def test_of_valid_rows_the_sound_are_placed_and_the_others_told(client: TestClient) -> None:
    told = sent(client, CSV + "PO-3,standard,k_none,A4,1\n", mode="valid_rows").json()
    assert [(o["result"], o["order"]) for o in told["orders"]] == [
        ("placed", "o_1"), ("placed", "o_2"), ("refused", None)
    ]  # fmt: skip
    assert [(e["row"], e["column"], e["cell"]) for e in told["errors"]] == [(4, "desk_id", "C4")]
    assert len(orders(client)) == 2


def test_the_same_file_again_places_nothing_twice(client: TestClient) -> None:
    bare = "service,desk_id,sku,quantity\nstandard,k_1,A4,2\nurgent,k_1,A4,2\n"
    for table in (CSV, bare):
        first = sent(client, table, mode="valid_rows").json()
        again = sent(client, table, mode="valid_rows").json()
        assert (first["taken"], again["taken"], again["again"]) == (2, 0, 2)
        assert [o["order"] for o in again["orders"]] == [o["order"] for o in first["orders"]]
    key = again["file"]["key"]
    # Rows without a number of their own are named by the file's content and their row.
    assert [o["external_id"] for o in again["orders"]] == [f"file:{key}:2", f"file:{key}:3"]
    assert len(orders(client)) == 4


def test_a_number_that_has_other_content_is_refused_with_its_cell(client: TestClient) -> None:
    placed(client, external_id="PO-2")
    answer = sent(client, CSV)
    assert [cell for cell, _ in errors(answer)] == ["A3"]
    assert "belongs to o_1" in answer.json()["errors"][0]["message"]
    assert len(orders(client)) == 1


def test_urgent_orders_of_a_file_are_promised_as_if_they_came_one_by_one(
    client: TestClient, tmp_path: Path
) -> None:
    rows = "".join(f"U-{i},urgent,k_{i},A4,1\n" for i in range(1, 9))
    sent(client, "external_id,service,desk_id,sku,quantity\n" + rows)
    (tmp_path / "other").mkdir()
    with service(tmp_path / "other", policy={"quote_search_s": 0.0}) as other:
        other.post("/v1/couriers", json=a_courier())
        for i in range(1, 9):
            item = {"sku": "A4", "quantity": 1}
            placed(other, {"desk": {"id": f"k_{i}"}, "items": [item]}, external_id=f"U-{i}")
        due = [[o["promise"]["due_at"] for o in orders(c)] for c in (client, other)]
    assert due[0] == due[1]


def test_too_many_urgent_orders_are_refused(client: TestClient) -> None:
    rows = [f"U-{i},urgent,k_1,A4,1\n" for i in range(MOST_ALONE + 1)]
    head = "external_id,service,desk_id,sku,quantity\n"
    assert sent(client, head + "".join(rows[:-1]), mode="preview").json()["errors"] == []
    told = sent(client, head + "".join(rows), mode="preview").json()
    assert [e["cell"] for e in told["errors"]] == [f"B{MOST_ALONE + 2}"]


def test_encodings_are_found_out_and_said(client: TestClient) -> None:
    text = "订单号,服务,工位编号,货号,数量,备注\nPO-1,standard,k_1,A4,2,请送到前台\n"
    for encoding, told in (
        ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("gb18030", "gb18030")
    ):  # fmt: skip
        answer = sent(client, text.encode(encoding), mode="preview").json()
        assert (answer["file"]["encoding"], answer["taken"]) == (told, 1), answer


@pytest.mark.parametrize("encoding", ["cp1252", "cp850"])
def test_another_code_page_is_an_error_not_wrong_chinese(client: TestClient, encoding: str) -> None:
    text = "service,desk_id,sku,quantity,customer\nstandard,k_1,A4,1,Käyttökonttorikalusto Äyräs\n"
    answer = sent(client, text.encode(encoding))
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/bad-table"
    assert "neither UTF-8, UTF-16 nor GB 18030" in answer.json()["detail"]
    assert "CSV UTF-8" in answer.json()["detail"]


def test_an_encoding_that_is_said_has_to_be_so(client: TestClient) -> None:
    text = "service,desk_id,sku,quantity,customer\nstandard,k_1,A4,1,客户\n"
    fine = sent(client, text.encode("gbk"), "text/csv; charset=gb2312", mode="preview")
    assert fine.json()["taken"] == 1
    wrong = sent(client, text.encode("gbk"), "text/csv; charset=utf-8")
    assert "not utf-8: byte" in wrong.json()["detail"]
    assert (
        "'latin-1' is not read" in sent(client, text, "text/csv; charset=latin-1").json()["detail"]
    )


@pytest.mark.parametrize(
    ("table", "where", "what"),
    [
        ("", "file", "empty"),
        ("service,desk_id,sku,quantity,colour\n", "E1", "no column 'colour'"),
        ("service,sku,sku\n", "C1", "stands twice"),
        ("service,desk_id,quantity\n", "row 1", "'sku' is missing"),
        ("service,sku,quantity\n", "row 1", "'desk_id' is missing"),
        ('service,desk_id,sku,quantity\n"standard,k_1,A4,1', "file", "not a table"),
        (f"service,desk_id,sku,quantity\n{'x' * 200_000},k_1,A4,1", "file", "field larger"),
        ("service,desk_id,sku,quantity\n" + "standard,k_1,A4,1\n" * 20_001, "file", "20000 rows"),
    ],
)
def test_a_file_that_is_no_table_says_why(
    client: TestClient, table: str, where: str, what: str
) -> None:
    answer = sent(client, table)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["at"] == where
    assert what in error["message"]


def test_what_a_row_lacks_or_contradicts_is_told_with_its_cell(client: TestClient) -> None:
    head = "external_id,service,customer,building,floor,sku,quantity,ready_at\n"
    answer = sent(
        client,
        head
        + "A,,,b_1,0,A4,1,\n"
        + "B,standard,,nowhere,0,A4,1,\n"
        + "C,standard,,b_1,999,A4,1,\n"
        + "D,standard,,b_1,,A4,1,\n"
        + "E,standard,Acme,b_1,0,A4,1,\n"
        + "E,standard,Beta,b_1,0,PEN,1,\n"
        + "F,soon,,b_1,0,A4,1,\n"
        + "G,standard,,b_1,0,,0,tomorrow\n"
        + f"H,standard,{'x' * 201},b_1,0,A4,1,\n"
        + "I,standard,,b_1,0,A4,1,,beyond\n",
    )
    told = {e["at"]: e["message"] for e in answer.json()["errors"]}
    assert set(told) == {
        *("B2 (service)", "D3 (building)", "E4 (floor)", "E5 (floor)", "C7 (customer)"),
        *("B8 (service)", "F9 (sku)", "H9 (ready_at)", "C10 (customer)", "row 11"),
    }
    assert all(e["cure"] for e in answer.json()["errors"])


def test_a_workbook_is_taken_as_its_text_is(client: TestClient) -> None:
    head = [*HEAD, "ready_at", "contact_phone"]
    ready = datetime.fromisoformat("2026-11-23T14:30")
    answer = sent(
        client, book(["PO-1", "standard", "k_1", 417, 2.0, ready, "+358 40"], head=head), XLSX
    )
    assert answer.status_code == 200, answer.text
    file = answer.json()["file"]
    assert (file["format"], file["sheet"], file["encoding"]) == ("xlsx", "Orders", None)
    (order,) = orders(client)
    assert order["drops"][0]["items"][0]["sku"] == "417"
    # A workbook knows no offset: it is the city's clock that is meant.
    assert order["ready_at"] == at(270)
    assert order["drops"][0]["desk"]["contact"]["phone"] == "+358 40"


def test_what_a_spreadsheet_made_of_an_entry_is_never_guessed(client: TestClient) -> None:
    head = [*HEAD, "desk", "contact_phone"]
    rows: list[list[Any]] = [
        ["A", "standard", "k_1", "A4", 1, datetime.fromisoformat("2026-04-17"), None],
        ["B", "standard", "k_1", "A4", 1, None, 358401234567],
        ["C", "standard", "k_1", "A4", "=1+1", None, None],
        ["D", "standard", "k_1", "A4", 1.5, None, None],
        [1234567890123456789, "standard", "k_1", "A4", 1, None, None],
        ["E", "standard", "k_1", True, 1, None, None],
        ["F", "standard", "k_1", "A4", "#REF!", None, None],
        ["G", "standard", "k_1", "A4", 1, None, "'+358 40"],
    ]
    answer = sent(client, book(*rows, head=head), XLSX, mode="valid_rows")
    told = {e["cell"]: (e["sheet"], e["message"]) for e in answer.json()["errors"]}
    assert list(told) == ["F2", "G3", "E4", "E5", "A6", "D7", "E8"]
    assert told["F2"] == (
        "Orders", "The spreadsheet holds a date or time here, 2026-04-17 00:00:00. "
        "Was it 4-17 or 4-2026?",
    )  # fmt: skip
    assert "a + or a 0" in told["G3"][1]
    assert told["E4"][1] == "The cell holds a formula."
    assert [o["result"] for o in answer.json()["orders"]] == ["refused"] * 7 + ["placed"]
    # The quote that guards a formula in an export is taken off again.
    assert orders(client)[0]["drops"][0]["desk"]["contact"]["phone"] == "+358 40"


def test_merged_cells_are_told_row_by_row(client: TestClient) -> None:
    rows = [[f"PO-{i}", "standard", "k_1", "A4", 1] for i in range(3)]
    answer = sent(client, book(*rows, merge="C3:C4"), XLSX)
    assert errors(answer) == [
        ("C3", "The cells C3:C4 are merged."),
        ("C4", "The cells C3:C4 are merged."),
    ]
    # Merged below the last row, or beside the columns, they do no harm.
    assert sent(client, book(*rows, merge="C9:C10"), XLSX).status_code == 200
    assert sent(client, book(*rows, merge="H2:H3"), XLSX).status_code == 200


def test_sheets_are_chosen_by_name(client: TestClient) -> None:
    data = book(["PO-1", "standard", "k_1", "A4", 1])
    assert sent(client, data, XLSX, sheet="Orders").status_code == 200
    wrong = sent(client, data, XLSX, sheet="Table 2").json()
    assert "There is no sheet 'Table 2'. Choose from 'Orders'." in wrong["detail"]
    assert "has no sheets" in sent(client, CSV, sheet="Orders").json()["detail"]


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "/") + ".xml", data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04 no zip at all", "cannot be read"),
        (packed(nothing=b"<a/>"), "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls, or locked"),
        (packed(bomb=b"0" * (table_excel.MOST_UNPACKED + 1)), "unpacks to 64 MiB"),
        (packed(a=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), "no spreadsheet writes"),
        (packed(a=b"<a>" + b"<b/>" * table_excel.MOST_TAGS + b"</a>"), "too many cells"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_or_unpacks_to_too_much_is_refused(
    client: TestClient, data: bytes, what: str
) -> None:
    answer = sent(client, data, XLSX)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/bad-table"
    assert what in answer.json()["detail"]


def test_a_sheet_formatted_down_to_its_end_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_excel, "MOST_EMPTY", 10)
    made = load_workbook(io.BytesIO(book(["PO-1", "standard", "k_1", "A4", 1])))
    made.worksheets[0].cell(1_048_576, 1).value = "the end"
    file = io.BytesIO()
    made.save(file)
    answer = sent(client, file.getvalue(), XLSX)
    assert "goes down to row 200" in answer.json()["detail"]


def test_a_form_with_a_file_is_taken_too(client: TestClient) -> None:
    query = {"kind": "orders", "mode": "all_or_nothing"}
    files = {"file": ("orders.csv", CSV.encode(), "text/csv; charset=utf-8")}
    answer = client.post("/v1/imports", params=query, files=files)
    assert answer.json()["taken"] == 2, answer.text
    none = client.post("/v1/imports", params=query, files={"other": ("a.csv", b"a", "text/csv")})
    assert none.json()["detail"].startswith("The form has no file.")
    kind = {"content-type": "multipart/form-data; boundary=x"}
    broken = client.post("/v1/imports", params=query, content=b"--y\r\n", headers=kind)
    assert (broken.status_code, broken.json()["type"]) == (400, "/problems/bad-request")


def test_a_body_of_another_kind_is_refused(client: TestClient) -> None:
    assert sent(client, "{}", "application/json").status_code == 415


def test_under_its_key_an_import_is_answered_as_the_first_time(client: TestClient) -> None:
    headers = {"content-type": "text/csv", "idempotency-key": "once"}
    query = {"kind": "orders", "mode": "valid_rows"}
    answers = [
        client.post("/v1/imports", params=query, content=CSV, headers=headers) for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"


DESKS = "id,building,floor\nk_a,b_1,0\nk_b,b_1,1\n"


def test_desks_are_looked_at_taken_whole_or_as_far_as_sound(client: TestClient) -> None:
    desks = {"kind": "desks", "customer": "Acme"}
    told = sent(client, DESKS, mode="preview", **desks).json()
    assert told["desks"] == {
        "customer": "Acme", "desks": 2, "added": 2, "changed": 0, "removed": 0
    }  # fmt: skip
    assert client.get("/v1/desks?customer=Acme").json()["items"] == []
    assert sent(client, DESKS, **desks).json()["taken"] == 2
    wrong = "id,building,floor\nk_a,b_1,99\nk_c,b_1,0\n"
    refused = sent(client, wrong, **desks)
    assert (refused.status_code, errors(refused)[0][0]) == (422, "C2")
    # The desk of the wrong row is still there, and so is the one that the file does not name.
    told = sent(client, wrong, **(desks | {"mode": "valid_rows"})).json()
    assert (told["desks"]["added"], told["desks"]["removed"], told["refused"]) == (1, 0, 1)
    left = [desk["id"] for desk in client.get("/v1/desks?customer=Acme").json()["items"]]
    assert left == ["k_a", "k_b", "k_c"]
    sheet = book(["k_a", "b_1", 0], head=["id", "building", "floor"])
    assert sent(client, sheet, XLSX, **desks).json()["desks"]["removed"] == 2


def test_a_customer_is_named_for_desks_and_for_nothing_else(client: TestClient) -> None:
    assert sent(client, DESKS, kind="desks").json()["errors"][0]["at"] == "query.customer"
    assert sent(client, CSV, customer="Acme").json()["errors"][0]["at"] == "query.customer"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["orders", "desks"])
def test_a_template_has_every_column_and_is_a_table(
    client: TestClient, kind: str, language: str
) -> None:
    columns = COLUMNS if kind == "orders" else directory.COLUMNS
    customer = {"customer": "Acme"} if kind == "desks" else {}
    for file_format in ("csv", "xlsx"):
        query = {"kind": kind, "format": file_format, "language": language}
        answer = client.get("/v1/imports/template", params=query)
        assert answer.status_code == 200
        assert f'filename="{kind}.{file_format}"' in answer.headers["content-disposition"]
        told = sent(client, answer.content, "application/octet-stream", kind=kind, **customer)
        assert told.json()["file"]["rows"] == 0, told.text
    sheet = load_workbook(io.BytesIO(template(columns, kind, "xlsx"))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == [column.name for column in columns]
    # A desk like 4-117 stays a text in it.
    place = [column.name for column in columns].index("desk") + 1
    assert sheet.cell(2, place).number_format == "@"


def test_a_channel_is_one_of_a_list(client: TestClient) -> None:
    for channel in ("phone", "fax", "mail", "console", "api", "file"):
        assert placed(client, channel=channel)["channel"] == channel
    answer = client.post("/v1/orders", json=an_order(channel="pigeon"))
    assert answer.json()["errors"][0]["at"] == "channel"
    report = client.get("/v1/promises/report?by=channel").json()
    assert {row["group"]: row["promised"] for row in report["items"]}["fax"] == 1
