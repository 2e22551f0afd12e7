"""``dispatch privacy``: what is held about somebody, and erasing it, on both stores."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.audit import audit
from dispatch.beside import beside
from dispatch.contacts import Contact, Kind
from dispatch.errors import InvalidRequest
from dispatch.quoted import ERASED
from dispatch.store import Database
from dispatch.subjects import Subject, digits
from tests.api_world import TEN, a_courier, a_drop, at, move_clock, placed, service
from tests.store_worlds import STORES
from tests.test_cli import Command, dispatch
from tests.test_privacy import BUILDING, deliver, in_file, tell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.homes import Home

__all__ = ["dispatch"]

ZONE = "helsinki"
NAME, PHONE = "Aino Virtanen", "+358 40 765 4321"


@pytest.fixture(autouse=True)
def by_the_clock_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands are given the settings of the service, whose clock is not that of the wall."""
    monkeypatch.setenv("DISPATCH_CLOCK", "manual")
    monkeypatch.setenv("DISPATCH_CLOCK_START", TEN.isoformat())


def drop_for(name: str, phone: str, note: str = "", desk: str = "k_1") -> dict[str, Any]:
    return a_drop(note=note) | {"desk": {"id": desk, "contact": {"name": name, "phone": phone}}}


@contextmanager
def worked(home: Home, folder: Path) -> Iterator[TestClient]:
    """
    A service of one courier who brought Aino an order, and that has others of hers and of Bo.

    Three notes: one is hers, one stands at Bo's too, and one at Bo's speaks of her.
    """
    with service(folder, db=home.url) as client:
        client.post("/v1/couriers", json=a_courier(name="Kai Oja"))
        tell(client, 0)
        body = {"service": "urgent", "drops": [drop_for(NAME, PHONE, "Blue door")]}
        body |= {"customer": "Acme"}
        sent = client.post("/v1/orders", json=body, headers={"Idempotency-Key": "first"})
        assert sent.status_code == 201, sent.text
        deliver(client)
        placed(client, drop_for(NAME, PHONE, "Ring twice"), customer="c/o Aino Virtanen")
        placed(client, drop_for("Bo", "040 111", "Ring twice"))
        placed(client, drop_for("Bo", "040 111", "If nobody is in: 00358407654321"))
        row = {"building": BUILDING, "floor": 0, "contact": {"name": NAME, "phone": PHONE}}
        client.put("/v1/desks", params={"customer": "Acme"}, json={"items": [row]})
        yield client


def audited(home: Home) -> None:
    with beside(home.url) as connection:
        assert audit(connection, ZONE).faults == ()
    with closing(Database.open(home.url)) as database:
        state, _ = database.load(ZONE, STORES)
        assert database.fold(ZONE, STORES) == state


def test_export_tells_all_that_is_held_beside_the_service(
    home: Home, tmp_path: Path, dispatch: Command
) -> None:
    with worked(home, tmp_path):
        told = dispatch("privacy", "export", "00358 40 765-4321", "--db", home.url)
    assert (told.returncode, told.stderr) == (0, "")
    (zone,) = json.loads(told.stdout)["zones"]
    (contact,) = zone["contacts"]
    assert (contact["name"], contact["phone"]) == (NAME, PHONE)
    assert [note["text"] for note in zone["notes"]] == [
        "Blue door",
        "Ring twice",
        "If nobody is in: 00358407654321",
    ]
    # The last one is Bo's, with a note that speaks of her.
    assert [order["id"] for order in zone["orders"]] == ["o_1", "o_2", "o_4"]
    first = zone["orders"][0]
    assert (first["placed_at"], first["customer"]) == (at(0), "Acme")
    assert first["drops"][0]["status"] == "accepted"
    assert first["log"][0]["what"] == "order_placed"
    assert [desk["customer"] for desk in zone["desks"]] == ["Acme"]
    # By number she is not found in the customer's text.
    assert zone["mentions"] == []


def test_erase_takes_out_a_person_and_says_what_is_kept(
    home: Home, tmp_path: Path, dispatch: Command
) -> None:
    with worked(home, tmp_path):
        pass
    told = dispatch("privacy", "erase", NAME, "--db", home.url, "--json")
    assert (told.returncode, told.stderr) == (0, "")
    (zone,) = json.loads(told.stdout)["zones"]
    # Her note alone: of "Ring twice" Bo has the use, and the number she is not asked for by.
    assert (zone["contacts"], zone["notes"], zone["answers"]) == (1, 1, 1)
    assert zone["open_orders"] == ["o_2"]
    kept = {each["what"]: each for each in zone["kept"]}
    assert kept["goods, places and times of 2 orders"]["ids"] == ["o_1", "o_2"]
    assert "1 notes" in kept
    (where,) = kept["1 texts of the log"]["ids"]
    assert where.endswith("(order_placed), order.customer")
    audited(home)
    if home.is_file:
        left = in_file_of(home)
        # The one text of the log that was told of.
        assert left.count("Virtanen") == left.count("c/o Aino Virtanen")
        assert "765 4321" not in left
        assert "Blue door" not in left


def in_file_of(home: Home) -> str:
    files = home.path.parent.glob(f"{home.path.name}*")
    return "".join(file.read_bytes().decode("utf-8", "replace") for file in files)


HEAD = "service,building,floor,contact_name,contact_phone,sku,quantity,ready_at\n"
WRONG = (
    # What is quoted is the number in the wrong column, then a name of 205 characters.
    f"urgent,{BUILDING},{PHONE},{NAME},,A4,1,\n"
    f"urgent,{BUILDING},0,{'x' * 181} {NAME} and Sons,,A4,1,\n"
    f"urgent,{BUILDING},0,Bo,,A4,many,\n"
)


def imported(client: TestClient, mode: str, key: str) -> Any:
    return client.post(
        "/v1/imports",
        params={"kind": "orders", "mode": mode},
        content=HEAD + WRONG,
        headers={"content-type": "text/csv", "Idempotency-Key": key},
    )


@pytest.mark.parametrize(("mode", "status"), [("preview", 200), ("all_or_nothing", 422)])
def test_who_is_quoted_in_the_faults_of_a_kept_answer_is_erased_there_too(
    home: Home, tmp_path: Path, dispatch: Command, mode: str, status: int
) -> None:
    with service(tmp_path, db=home.url) as client:
        first = imported(client, mode, "file")
        assert first.status_code == status
        assert len(first.json()["errors"]) == 3
    told = dispatch("privacy", "export", PHONE, "--db", home.url)
    (zone,) = json.loads(told.stdout)["zones"]
    assert [each["key"] for each in zone["answers"]] == ["file"]
    assert dispatch("privacy", "export", "Mia Berg", "--db", home.url).stdout.count('"key"') == 0
    told = dispatch("privacy", "erase", PHONE, "--db", home.url, "--json")
    (zone,) = json.loads(told.stdout)["zones"]
    assert (zone["contacts"], zone["answers"]) == (0, 1)
    if home.is_file:
        assert "765 4321" not in in_file_of(home)
    with service(tmp_path, db=home.url) as client:
        again = imported(client, mode, "file")
    # The answer is the same but for the row that spoke of her.
    assert again.status_code == status
    errors = {fault["row"]: fault for fault in again.json()["errors"]}
    assert errors[2] | {"input": PHONE} == {
        **next(fault for fault in first.json()["errors"] if fault["row"] == 2),
        "message": ERASED,
    }
    assert errors[4] == next(fault for fault in first.json()["errors"] if fault["row"] == 4)


def test_what_was_erased_is_told_to_nobody_and_the_service_goes_on(
    home: Home, tmp_path: Path, dispatch: Command
) -> None:
    with worked(home, tmp_path):
        pass
    assert dispatch("privacy", "erase", PHONE, "--db", home.url).returncode == 0
    with service(tmp_path, db=home.url) as client:
        (drop,) = client.get("/v1/orders/o_1").json()["drops"]
        assert (drop["desk"]["contact"], drop["note"], drop["status"]) == (None, None, "accepted")
        # Sent again, the first request takes no effect a second time and names nobody any more.
        body = {"service": "urgent", "drops": [drop_for(NAME, PHONE, "Blue door")]}
        body |= {"customer": "Acme"}
        again = client.post("/v1/orders", json=body, headers={"Idempotency-Key": "first"})
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json()["id"] == "o_1"
        assert again.json()["drops"][0]["desk"]["contact"] is None
        (desk,) = client.get("/v1/desks", params={"customer": "Acme"}).json()["items"]
        assert desk["contact"] is None
        # Whoever orders again is told by name again.
        assert placed(client, drop_for(NAME, PHONE))["drops"][0]["desk"]["contact"]["name"] == NAME
    told = dispatch("audit", "log", "--db", home.url, "--json").stdout.splitlines()
    (entry,) = [e for e in map(json.loads, told) if e["kind"] == "contacts_erased"]
    assert (entry["actor"], entry["body"]["reason"]) == ("dispatch privacy", "Asked for.")
    assert entry["at"] == at(0)
    assert all(ref.startswith("ct_") for ref in entry["body"]["contacts"])


def test_erasing_stands_in_the_log_where_a_manual_clock_was_moved_to(
    tmp_path: Path, dispatch: Command
) -> None:
    with service(tmp_path) as client:
        placed(client, drop_for(NAME, PHONE))
        move_clock(client, 30)
        placed(client, drop_for("Bo", "040 111"))
    db = f"sqlite:///{tmp_path / 'dispatch.db'}"
    assert dispatch("privacy", "erase", PHONE, "--db", db).returncode == 0
    told = dispatch("audit", "log", "--db", db, "--json").stdout.splitlines()
    assert json.loads(told[-1])["kind"] == "contacts_erased"
    assert json.loads(told[-1])["at"] == at(30)


def test_a_courier_is_exported_with_taps_and_erased_to_an_id(
    home: Home, tmp_path: Path, dispatch: Command
) -> None:
    with worked(home, tmp_path):
        told = dispatch("privacy", "export", "courier:c_1", "--db", home.url)
    (zone,) = json.loads(told.stdout)["zones"]
    assert [contact["name"] for contact in zone["contacts"]] == ["Kai Oja"]
    assert (zone["courier"]["id"], zone["courier"]["shift_start"]) == ("c_1", at(-60))
    assert [tap["body"]["kind"] for tap in zone["taps"]] == ["loaded", "delivered"]
    assert [(p["lat"], p["at"]) for p in zone["positions"]] == [(60.17, at(0))]
    assert [order["id"] for order in zone["orders"]] == ["o_1"]
    told = dispatch("privacy", "erase", "courier:c_1", "--db", home.url, "--json")
    (zone,) = json.loads(told.stdout)["zones"]
    assert (zone["contacts"], zone["notes"], zone["positions"]) == (1, 0, 1)
    assert zone["kept"][0]["what"] == "shift, taps and 1 orders"
    audited(home)
    with service(tmp_path, db=home.url) as client:
        assert client.get("/v1/couriers/c_1").json()["name"] == ""
        # The order of whom they brought it to is another matter.
        order = client.get("/v1/orders/o_1").json()
        assert order["drops"][0]["desk"]["contact"]["name"] == NAME


def test_while_the_service_runs_nothing_is_erased_and_the_cure_is_told(
    home: Home, tmp_path: Path, dispatch: Command
) -> None:
    with worked(home, tmp_path) as client:
        told = dispatch("privacy", "erase", PHONE, "--db", home.url)
        assert told.returncode == 2
        assert "Nothing was erased. It is the service: stop it, run this again" in told.stderr
        dry = dispatch("privacy", "erase", PHONE, "--db", home.url, "--dry-run")
        assert dry.returncode == 0
        assert "1 contacts, 2 notes, 0 positions, 0 proofs, 0 photos would be erased" in dry.stdout
        order = client.get("/v1/orders/o_1").json()
        assert order["drops"][0]["desk"]["contact"]["name"] == NAME


def test_a_name_of_two_people_is_not_erased_unasked(tmp_path: Path, dispatch: Command) -> None:
    url = f"sqlite:///{tmp_path}/dispatch.db"
    with service(tmp_path) as client:
        placed(client, drop_for("Aino", "040-11-77"), drop_for("aino ", "040-22-88", desk="k_2"))
    told = dispatch("privacy", "erase", "Aino", "--db", url)
    assert told.returncode == 2
    assert "2 contacts have this name: 040-11-77, 040-22-88." in told.stderr
    assert "040-11-77" in in_file(tmp_path)
    assert dispatch("privacy", "erase", "Aino", "--db", url, "--namesakes").returncode == 0
    assert not any(number in in_file(tmp_path) for number in ("040-11-77", "040-22-88"))


def test_about_a_stranger_nothing_is_held(tmp_path: Path, dispatch: Command) -> None:
    url = f"sqlite:///{tmp_path}/dispatch.db"
    with service(tmp_path) as client:
        placed(client, drop_for(NAME, PHONE))
    told = dispatch("privacy", "erase", "+358 40 999", "--db", url)
    assert (told.returncode, told.stdout) == (0, "Nothing is held about this subject.\n")
    assert json.loads(dispatch("privacy", "export", "Bo Ek", "--db", url).stdout)["zones"] == []
    assert (
        dispatch("privacy", "export", NAME, "--db", f"sqlite:///{tmp_path}/no.db").returncode == 2
    )


def test_what_cannot_be_erased_whole_is_not_erased(tmp_path: Path, dispatch: Command) -> None:
    url = f"sqlite:///{tmp_path}/dispatch.db"
    with service(tmp_path) as client:
        placed(client, drop_for(NAME, PHONE))
    with closing(sqlite3.connect(tmp_path / "dispatch.db")) as file, file:
        fault = "BEGIN SELECT RAISE(ABORT, 'fault'); END"
        file.execute(f"CREATE TRIGGER fault BEFORE INSERT ON event {fault}")
    assert dispatch("privacy", "erase", PHONE, "--db", url).returncode == 2
    assert PHONE in in_file(tmp_path)


# Subjects


@pytest.mark.parametrize("text", ["", "  ", "x", "12", "courier:", "+", "()"])
def test_a_text_that_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="names nobody"):
        Subject.read(text)


@pytest.mark.parametrize(
    ("text", "contact", "is_theirs"),
    [
        ("+358 40 1", Contact(name="A", phone="00358401"), True),
        ("+358 40 1", Contact(name="A", phone="+358 40 12"), False),
        ("040 111", Contact(name="A", phone="+358 40 111"), False),
        ("aino  VIRTANEN", Contact(name="Aino Virtanen"), True),
        ("Aino", Contact(name="Aino Virtanen"), False),
        # What a courier is called is asked for by the courier's id.
        ("Aino", Contact(Kind.COURIER, name="Aino"), False),
        ("王芳", Contact(name="王芳"), True),
    ],
)
def test_a_contact_is_a_subjects_by_the_whole_number_or_name(
    text: str, contact: Contact, *, is_theirs: bool
) -> None:
    assert Subject.read(text).is_of(contact) is is_theirs


@pytest.mark.parametrize(
    ("text", "told", "is_there"),
    [
        ("Aino", "Ring AINO first", True),
        ("Aino", "Ring Ainola first", False),
        # No spaces between words there.
        ("王芳", "请打电话给王芳在四楼", True),
        ("+358 40 765 4321", "call 00358-40-7654321 now", True),
        # Without the country, but more digits than chance has.
        ("7654321", "call +358 40 765 4321", True),
        ("4321", "call +358 40 765 4321", False),
        ("4321", "extension 4321", True),
        ("+358 40 765 4321", "room 765, floor 4, desk 321", False),
    ],
)
def test_a_text_speaks_of_a_subject_by_words_and_numbers(
    text: str, told: str, *, is_there: bool
) -> None:
    assert Subject.read(text).is_in(told) is is_there


@given(st.from_regex(r"\+[1-9][0-9]{5,12}", fullmatch=True), st.sampled_from(" -."))
def test_a_number_is_found_however_it_is_written(number: str, gap: str) -> None:
    spaced = gap.join(number[i : i + 3] for i in range(0, len(number), 3))
    subject = Subject.read(number)
    assert subject.is_of(Contact(phone=spaced))
    assert subject.is_of(Contact(phone="00" + digits(number)))
    assert subject.is_in(f"Ring {spaced}!")
