"""Who is told what of persons, and what a service forgets of them by itself."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from api.access import Principal
from api.contacts import reveals_contact, reveals_directory, reveals_name
from api.scopes import ROLES, Role
from api.view import View
from api.webhook_schedule import Answer
from dispatch.audit import audit
from dispatch.beside import beside
from dispatch.erasing import last_needed
from dispatch.orders import Courier, DropStatus, StopKind
from dispatch.plan import CourierRoute, Plan, Stop
from dispatch.policy import Policy
from dispatch.positions import on_shift
from dispatch.requests import Position
from dispatch.state import State, apply
from tests.api_world import (
    a_courier,
    a_drop,
    at,
    helsinki,
    move_clock,
    placed,
    route,
    service,
    tapped,
)
from tests.store_worlds import INSIDE, STORES, STREET, joined
from tests.store_worlds import placed as placing
from tests.webhook_worlds import OK, Receiver, sending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

NAME, PHONE = "Aino Virtanen", "+358 40 765 4321"
NOTE = "Ring Aino Virtanen at the gate"
CONTACT = {"name": NAME, "phone": PHONE}
BUILDING = "b_239"
DAY = 24 * 60
"""Minutes."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path, contacts_keep_s=86_400, positions_keep_s=3600) as found:
        yield found


def for_aino(**changes: Any) -> dict[str, Any]:
    """Returns a drop for Aino at the desk of the other tests, with a note that names her."""
    drop = a_drop(note=NOTE)
    return drop | {"desk": drop["desk"] | {"contact": CONTACT}} | changes


def in_file(folder: Path) -> str:
    """Returns all of a closed database as text, free pages and the write-ahead log too."""
    return "".join(f.read_bytes().decode("utf-8", "replace") for f in folder.glob("dispatch.db*"))


def contacts(folder: Path) -> list[tuple[str, str | None, int | None]]:
    with closing(sqlite3.connect(folder / "dispatch.db")) as file:
        rows = file.execute("SELECT kind, body, erased_at FROM contact ORDER BY number")
        return list(rows)


def test_an_order_shows_its_contact_and_its_note(client: TestClient) -> None:
    order = placed(client, for_aino())
    (drop,) = order["drops"]
    assert (drop["desk"]["contact"], drop["note"]) == (CONTACT, NOTE)
    shown = client.get("/v1/orders/o_1").json()
    assert shown["drops"][0]["desk"]["contact"] == CONTACT
    (listed,) = client.get("/v1/orders").json()["items"]
    assert listed["drops"][0]["note"] == NOTE
    assert client.get("/v1/drops/d_1").json()["desk"]["contact"] == CONTACT


def test_a_route_tells_who_takes_the_goods_while_they_are_on_it(client: TestClient) -> None:
    client.post("/v1/couriers", json=a_courier())
    placed(client, for_aino(), a_drop("k_2"))
    load, *stops = route(client)
    assert load["hand_overs"] == []
    told = [hand_over for stop in stops for hand_over in stop["hand_overs"]]
    # The other drop has neither a contact nor a note.
    assert told == [{"drop": "d_1", "contact": CONTACT, "note": NOTE}]
    tapped(client, "c_1", {"kind": "loaded", "stop": load["id"]})
    stop = next(s for s in route(client) if "d_1" in s["drops"])
    tapped(client, "c_1", {"kind": "delivered", "stop": stop["id"], "drop": "d_1"})
    assert NAME not in json.dumps(route(client))
    # Plans are for all to see.
    assert NAME not in client.get("/v1/plan").text


def test_log_state_plans_and_webhooks_hold_references_only(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier(name="Bo Ek"))
        placed(client, for_aino())
        quoted = {"service": "urgent", "drops": [for_aino()], "reserve": True}
        assert client.post("/v1/quotes", json=quoted).json()["reserved"]
        row = {"building": BUILDING, "floor": 0, "contact": CONTACT}
        told = client.put("/v1/desks", params={"customer": "Acme"}, json={"items": [row]})
        assert told.status_code == 200, told.text
    with closing(sqlite3.connect(tmp_path / "dispatch.db")) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for table in [name for (name,) in names if name != "contact"]:
            # Names of our own tables, which SQL takes no parameters for.
            rows = repr(file.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608
            assert not re.search(r"Aino|765|Bo Ek", rows), table
    # One person, one note, one courier: however often they are named.
    assert [kind for kind, _, _ in contacts(tmp_path)] == ["courier", "desk", "note"]


def test_the_same_order_sent_again_is_known_by_its_contact_too(client: TestClient) -> None:
    first = placed(client, for_aino(), external_id="A-1")
    assert placed(client, for_aino(), external_id="A-1")["id"] == first["id"]
    other = {"name": "Bo", "phone": PHONE}
    body: dict[str, Any] = {"service": "urgent", "external_id": "A-1"}
    body |= {"drops": [for_aino(desk=a_drop()["desk"] | {"contact": other})]}
    assert client.post("/v1/orders", json=body).status_code == 409


def view_with(courier: str) -> View:
    """Returns a moment in which one courier has the drop d_10 ahead, and nobody d_20."""
    state = State(stores=STORES)
    for event in (joined(1), joined(2), placing(1), placing(2)):
        state = apply(state, event)
    stop = Stop("s_1", StopKind.DELIVER, INSIDE, ("d_10",), 200, 200, 260, due_at=1420)
    plan = Plan(1, made_at=100, routes=(CourierRoute(courier, STREET, 0, (stop,)),))
    return View(helsinki(), state, plan, 120, Policy())


def somebody(role: Role, courier: str | None = None) -> Principal:
    return Principal(courier or role, role, ROLES[role], courier=courier)


@pytest.mark.parametrize(
    ("who", "drop", "is_told"),
    [
        (None, "d_10", True),
        (None, "d_20", True),
        ("c_1", "d_10", True),
        ("c_2", "d_10", False),
        ("c_1", "d_20", False),
    ],
)
def test_a_courier_is_told_of_the_stops_ahead_and_of_no_others(
    who: str | None, drop: str, *, is_told: bool
) -> None:
    view = view_with("c_1")
    asks = somebody("dispatcher") if who is None else somebody("courier", who)
    assert reveals_contact(asks, view.state.drops[drop], view) is is_told


def test_couriers_are_told_their_own_name_and_no_directory() -> None:
    view, phone = view_with("c_1"), somebody("courier", "c_1")
    assert reveals_name(phone, view.state.couriers["c_1"])
    assert not reveals_name(phone, view.state.couriers["c_2"])
    assert not reveals_directory(phone)
    assert reveals_directory(somebody("dispatcher"))


@pytest.mark.parametrize("role", ["intake", "auditor"])
def test_nobody_is_told_of_contacts_without_the_scope_for_it(role: Role) -> None:
    view, who = view_with("c_1"), somebody(role)
    assert not reveals_contact(who, view.state.drops["d_10"], view)
    assert not reveals_directory(who)


def test_a_token_with_fewer_scopes_is_told_less_than_its_role() -> None:
    view = view_with("c_1")
    narrow = replace(somebody("dispatcher"), scopes=ROLES["dispatcher"] - {"contacts.read"})
    assert not reveals_contact(narrow, view.state.drops["d_10"], view)


# Positions


BO = Courier("c_1", "", "st_1", 20, STREET, shift_start=100, shift_end=200)


@pytest.mark.parametrize(
    ("moment", "at_work", "is_taken"),
    [
        (99, False, False),
        (100, False, True),
        (199, False, True),
        (200, False, False),
        # Goods on board are brought, late or not; before the shift nothing was begun.
        (200, True, True),
        (99, True, False),
    ],
)
def test_positions_are_taken_of_the_shift_only(
    moment: int, *, at_work: bool, is_taken: bool
) -> None:
    told = [Position(60.17, 24.94, moment)]
    assert on_shift(told, BO, at_work=at_work) == (told if is_taken else [])


def tell(client: TestClient, *minutes: float) -> int:
    positions = [{"lat": 60.17, "lon": 24.94, "at": at(minute)} for minute in minutes]
    answer = client.post("/v1/couriers/c_1/positions", json={"positions": positions})
    assert answer.status_code == 200, answer.text
    accepted: int = answer.json()["accepted"]
    return accepted


def held_positions(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "dispatch.db")) as file:
        (count,) = file.execute("SELECT count(*) FROM position").fetchone()
        return int(count)


def test_a_position_off_shift_is_not_kept(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        # From nine to six.
        client.post("/v1/couriers", json=a_courier())
        assert tell(client, -61) == 0
        assert held_positions(tmp_path) == 0
        assert tell(client, -61, -59) == 1
        assert held_positions(tmp_path) == 1


def test_a_position_goes_when_its_time_is_over(client: TestClient, tmp_path: Path) -> None:
    client.post("/v1/couriers", json=a_courier())
    assert tell(client, 0) == 1
    # Kept for 3600 s: those told for moments before are gone with the tick after.
    move_clock(client, 60)
    assert held_positions(tmp_path) == 1
    move_clock(client, 61)
    assert held_positions(tmp_path) == 0


# Contacts


def deliver(client: TestClient) -> None:
    """Lets the only courier load and hand over the only drop."""
    (load, *_) = route(client)
    tapped(client, "c_1", {"kind": "loaded", "stop": load["id"]})
    (stop, *_) = route(client)
    tapped(client, "c_1", {"kind": "delivered", "stop": stop["id"], "drop": "d_1"})


def test_the_contact_of_an_order_goes_a_time_after_it_is_done(tmp_path: Path) -> None:
    with service(tmp_path, contacts_keep_s=86_400) as client:
        shift = {"start": at(-60), "end": at(5 * DAY)}
        client.post("/v1/couriers", json=a_courier(shift=shift))
        placed(client, for_aino())
        # Open for a day and more: still needed.
        client.post("/v1/orders/o_1/pause", json={"reason": "holiday"})
        move_clock(client, DAY + 120)
        assert client.get("/v1/orders/o_1").json()["drops"][0]["desk"]["contact"] == CONTACT
        client.post("/v1/orders/o_1/resume")
        deliver(client)
        # A sweep an hour: handed over at 12:00, told until 12:00 a day later.
        move_clock(client, 2 * DAY + 119)
        assert client.get("/v1/orders/o_1").json()["drops"][0]["note"] == NOTE
        move_clock(client, 2 * DAY + 190)
        order = client.get("/v1/orders/o_1").json()
        assert (order["drops"][0]["desk"]["contact"], order["drops"][0]["note"]) == (None, None)
        assert order["status"] == "delivered"
        # The courier, whose shift goes on, is still called something.
        assert client.get("/v1/couriers/c_1").json()["name"] == "Aino"
    told = contacts(tmp_path)
    assert [(kind, body) for kind, body, erased in told if erased is not None] == [
        ("desk", None),
        ("note", None),
    ]
    assert "Virtanen" not in in_file(tmp_path)
    with beside(f"sqlite:///{tmp_path}/dispatch.db") as connection:
        assert audit(connection, "helsinki").faults == ()


def test_who_is_forgotten_is_no_longer_quoted_in_what_was_wrong(tmp_path: Path) -> None:
    table = f"service,building,floor,sku,quantity\nurgent,{BUILDING},{PHONE},A4,1\n"
    with service(tmp_path, contacts_keep_s=86_400) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client, for_aino())
        deliver(client)
        headers = {"content-type": "text/csv", "Idempotency-Key": "file"}
        asked = {"kind": "orders", "mode": "preview"}

        def quoted() -> Any:
            answer = client.post("/v1/imports", params=asked, content=table, headers=headers)
            return answer.json()["errors"][0]["input"]

        move_clock(client, 60)
        assert quoted() == PHONE
        # A day after the order the answer has most of an hour to be asked for again.
        move_clock(client, DAY + 10)
        assert quoted() is None
    assert "765 4321" not in in_file(tmp_path)


def test_a_directory_keeps_its_contacts_as_long_as_it_has_the_desk(tmp_path: Path) -> None:
    row = {"building": BUILDING, "floor": 0, "contact": CONTACT}

    def shown(client: TestClient) -> Any:
        items = client.get("/v1/desks", params={"customer": "Acme"}).json()["items"]
        return [item["contact"] for item in items]

    with service(tmp_path, contacts_keep_s=86_400) as client:
        client.put("/v1/desks", params={"customer": "Acme"}, json={"items": [row]})
        move_clock(client, 3 * DAY)
        assert shown(client) == [CONTACT]
        client.put("/v1/desks", params={"customer": "Acme"}, json={"items": []})
        move_clock(client, 5 * DAY)
    assert "Virtanen" not in in_file(tmp_path)


def test_what_a_state_refers_to_is_needed_until_it_is_over() -> None:
    state = view_with("c_1").state
    desk = replace(state.drops["d_10"].desk, contact="ct_1")
    drop = replace(state.drops["d_10"], desk=desk, note="ct_2")
    state = replace(state, drops={**state.drops, "d_10": drop}, live={"d_10": drop})
    assert last_needed(state, 500)["ct_1"] == 500
    closed = replace(drop, status=DropStatus.ACCEPTED, closed_at=300)
    over = replace(state, drops={**state.drops, "d_10": closed}, live={})
    assert (last_needed(over, 500)["ct_1"], last_needed(over, 500)["ct_2"]) == (300, 300)
    # Rejected goods ride back: it may still be asked for.
    riding = replace(over, live={"d_10": closed})
    assert last_needed(riding, 500)["ct_1"] == 500


# Logs


def everything_logged(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(message)s")
    # The client's own records tell the addresses that it asks; they are none of the service's.
    records = [record for record in caplog.records if not record.name.startswith("http")]
    return "\n".join(formatter.format(record) for record in records)


def fail_inserts(folder: Path, table: str) -> None:
    with closing(sqlite3.connect(folder / "dispatch.db")) as file, file:
        fault = "BEGIN SELECT RAISE(ABORT, 'fault'); END"
        file.execute(f"CREATE TRIGGER fault_{table} BEFORE INSERT ON {table} {fault}")


@pytest.mark.parametrize("table", ["contact", "event", "orders", "drops", "idempotency"])
def test_no_log_tells_of_persons_when_the_database_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    with caplog.at_level(logging.DEBUG), service(tmp_path) as client:
        fail_inserts(tmp_path, table)
        body = {"service": "urgent", "drops": [for_aino()]}
        answer = client.post("/v1/orders", json=body, headers={"Idempotency-Key": "k1"})
        assert answer.status_code == 503
        assert not re.search(r"Virtanen|765", answer.text)
    told = everything_logged(caplog)
    assert "fault" in told
    assert not re.search(r"Virtanen|765", told)


@pytest.mark.parametrize(
    "body",
    [
        {"service": "urgent", "drops": [for_aino(items=[])]},
        {"service": "urgent", "drops": [for_aino(note=NOTE * 100)]},
        {"service": "no-such", "drops": [for_aino()]},
        {"service": "urgent", "drops": [for_aino(desk={"id": "k_none", "contact": CONTACT})]},
        {"service": "urgent", "drops": [for_aino(contact=CONTACT)]},
        {"drops": [{"desk": {"contact": {"name": [NAME], "phone": PHONE}}}]},
        f'{{"drops": "{NAME}, {PHONE}',
    ],
)
def test_no_log_tells_of_persons_when_a_body_is_wrong(
    client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture, body: Any
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k1"}
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/v1/orders", content=content, headers=headers)
    assert 400 <= answer.status_code < 500
    assert not re.search(r"Virtanen|765", everything_logged(caplog))
    # What was refused is kept for who sends it again, without them.
    with closing(sqlite3.connect(tmp_path / "dispatch.db")) as file:
        kept = repr(file.execute("SELECT * FROM idempotency").fetchall())
    assert not re.search(r"Virtanen|765", kept)
    # Nor is anybody kept for an order that was never placed.
    assert contacts(tmp_path) == []


def test_no_log_tells_of_persons_when_the_program_fails(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr("api.orders.place_order", broken)
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/v1/orders", json={"service": "urgent", "drops": [for_aino()]})
    assert answer.status_code == 500
    assert not re.search(r"Virtanen|765", answer.text + everything_logged(caplog))
    assert "a fault of our own" in everything_logged(caplog)


def test_no_log_tells_of_persons_on_a_usual_day(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/v1/couriers", json=a_courier(name="Bo Ek"))
        tell(client, 0)
        placed(client, for_aino())
        client.get("/v1/desks", params={"q": NAME})
        client.get("/v1/orders", params={"status": PHONE})
        deliver(client)
        move_clock(client, 2 * DAY)
        told = everything_logged(caplog) + client.get("/metrics").text
    assert "plan 1" in told
    assert not re.search(r"Virtanen|765|Bo Ek|24\.94|60\.17", told)


@pytest.mark.parametrize("answer", [OK, Answer(500)])
def test_webhooks_tell_nobody_of_persons_and_no_log_does_when_they_fail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    async def story() -> Receiver:
        receiver = Receiver(answer)
        async with sending(tmp_path, receiver) as run:
            await run.hook()
            await run.ask("POST", "/v1/orders", {"service": "urgent", "drops": [for_aino()]})
            await run.ask("POST", "/v1/orders/o_1/pause", {"reason": "holiday"})
            await run.settled()
        return receiver

    with caplog.at_level(logging.DEBUG):
        heard = asyncio.run(story()).heard
    assert any(b"order_placed" in body for _, _, body in heard)
    assert not re.search(r"Virtanen|765", repr(heard) + everything_logged(caplog))
