"""A log that named persons, of a program before 0007, is upgraded to one that does not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from dispatch.audit import Audit, Head, audit
from dispatch.beside import beside
from dispatch.chain import START, link
from dispatch.contacts import Contact, Kind
from dispatch.kept_contacts import read_all
from dispatch.migrations import migrate
from dispatch.sqlite import connect_writer
from dispatch.store import Database
from tests.store_worlds import STORES, ZONE

if TYPE_CHECKING:
    from pathlib import Path

AINO = {"name": "Aino Virtanen", "phone": "+358 40 1234567"}
NOTE = "Ring Aino, not the bell"

ITEM = {"sku": "paper", "quantity": 2, "load": 1, "name": ""}
DESK = {"building": "b_1", "floor": 3, "department": "", "desk": "", "id": None, "contact": AINO}
DROP = {"id": "d_1", "order": "o_1", "desk": DESK, "items": [ITEM], "note": NOTE}
ORDER = {
    **{"id": "o_1", "service": "urgent", "store": "st_1", "placed_at": 100, "deadline": 1420},
    **{"promise_s": 1320, "ready_at": 340, "drops": ["d_1"], "fingerprint": "f0f0"},
}
PLACE = {"lat": 60.17, "lon": 24.94, "building": None, "floor": 0, "desk": ""}
COURIER = {
    **{"id": "c_1", "name": "Bo Ek", "store": "st_1", "capacity": 20, "place": PLACE},
    **{"shift_start": 0, "shift_end": 28800},
}
OWN_DESK = {
    **{"id": "k_1", "building": "b_1", "floor": 3, "customer": "Acme"},
    **{"contact_name": AINO["name"], "contact_phone": AINO["phone"]},
}
LOG = (
    ("courier_added", {"at": 10, "courier": COURIER}, ["c_1"]),
    ("desk_put", {"at": 20, "desk": OWN_DESK}, ["k_1"]),
    ("order_placed", {"at": 100, "order": ORDER, "drops": [DROP]}, ["o_1", "d_1"]),
    ("order_answered", {"at": 110, "order": "o_1", "text": "Soon"}, ["o_1", "d_1"]),
)


def chained() -> list[dict[str, Any]]:
    """Returns the entries as that program wrote them, each with its hash."""
    before, found = START, []
    for seq, (kind, body, subjects) in enumerate(LOG, 1):
        at = {"at": body["at"], "recorded_at": body["at"]}
        entry = {"zone": ZONE, "seq": seq, **at, "kind": kind, "body": body}
        entry |= {"subjects": subjects, "actor": ""}
        before = link(before, ZONE, entry)
        found.append({**entry, "hash": before})
    return found


def insert(file: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    values = [json.dumps(v) if isinstance(v, dict | list) else v for v in row.values()]
    marks = ", ".join("?" * len(row))
    # Names of our own tables and columns, which SQL takes no parameters for.
    file.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values)  # noqa: S608


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of version 0005 with an order for Aino, her desk, and a courier called Bo."""
    path = tmp_path / "old.db"
    with closing(connect_writer(path)) as writer:
        migrate(writer, at=str(path), to="0005")
    entries = chained()
    counts = dict.fromkeys(("epoch", "plan_version", "quotes_given", "traffic_given"), 0)
    zone = {"id": ZONE, "head_seq": len(LOG), "head_hash": entries[-1]["hash"], **counts}
    with closing(sqlite3.connect(path)) as file, file:
        insert(file, "zone", zone)
        for entry in entries:
            insert(file, "event", entry)
            for subject in entry["subjects"]:
                row = {"zone": ZONE, "subject": subject, "seq": entry["seq"]}
                insert(file, "event_subject", row)
        for place, body in enumerate((COURIER, OWN_DESK)):
            table = "couriers" if body is COURIER else "desks"
            row = {"zone": ZONE, "id": body["id"], "ordinal": place, "body": body}
            insert(file, table, row)
        told = {name: ORDER[name] for name in ("service", "placed_at")}
        order = ORDER | {"answered_at": 110}
        insert(file, "orders", {"zone": ZONE, "id": "o_1", "ordinal": 2, "body": order, **told})
        told = {"order_id": "o_1", "status": "waiting", "live": 0}
        insert(file, "drops", {"zone": ZONE, "id": "d_1", "ordinal": 3, "body": DROP, **told})
    return path


def upgraded(path: Path, noted: Head | None = None) -> Audit:
    with closing(Database.open(f"sqlite:///{path}")):
        pass
    with beside(f"sqlite:///{path}") as connection:
        return audit(connection, ZONE, noted)


def test_the_upgrade_takes_persons_out_of_log_and_tables_and_keeps_them_apart(old: Path) -> None:
    assert upgraded(old).faults == ()
    with closing(Database.open(f"sqlite:///{old}")) as database:
        state, _ = database.load(ZONE, STORES)
        assert database.fold(ZONE, STORES) == state
        desk, drop = state.desks["k_1"], state.drops["d_1"]
        # Her desk and her order name the same person.
        assert drop.desk.contact == desk.contact
        with database.read() as connection:
            found = {held.ref: held for held in read_all(connection, ZONE)}
    assert found[desk.contact].contact == Contact(name=AINO["name"], phone=AINO["phone"])
    assert found[drop.note].contact == Contact(Kind.NOTE, text=NOTE)
    assert found[state.couriers["c_1"].name].contact == Contact(Kind.COURIER, name="Bo Ek")
    # First named by the desk, last by the order.
    assert (found[desk.contact].created_at, found[desk.contact].used_at) == (20, 100)
    # The digest was of the words too, and numbers are soon guessed.
    assert state.orders["o_1"].fingerprint == ""
    with closing(sqlite3.connect(old)) as file:
        (bodies,) = file.execute("SELECT group_concat(body) FROM event").fetchone()
    assert not any(word in bodies for word in ("Aino", "1234567", "Bo Ek", "f0f0"))


def test_the_log_tells_that_its_hashes_were_made_anew_and_from_which_head(old: Path) -> None:
    before = Head(4, chained()[-1]["hash"])
    found = upgraded(old, before)
    assert found.entries == len(LOG) + 1
    with closing(Database.open(f"sqlite:///{old}")) as database:
        last = database.events_after(ZONE, len(LOG))[0]
    assert (last.kind, last.body["seq"], last.body["head"]) == ("log_rechained", 4, before.hash)
    # A head noted before is not the log's any more; whoever asks by it is told why, not calmed.
    (fault,) = found.faults
    assert (fault.kind, fault.seq) == ("rewritten", 4)
    assert "Entry 5 says that an upgrade of the program did it, and names this very" in fault.means
    (fault,) = upgraded(old, Head(4, "0" * 64)).faults
    assert "names another head" in fault.means
    # One noted now holds.
    assert upgraded(old, upgraded(old).head).faults == ()


def test_what_was_tampered_with_before_does_not_look_sound_after_the_upgrade(old: Path) -> None:
    with closing(sqlite3.connect(old)) as file, file:
        file.execute("UPDATE event SET actor = 'eve' WHERE seq = 2")
    assert [(fault.kind, fault.seq) for fault in upgraded(old).faults] == [("changed", 2)]


def test_a_log_that_names_nobody_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(connect_writer(path)) as writer:
        migrate(writer, at=str(path), to="0005")
    body = {"at": 10, "courier": "c_1"}
    entry: dict[str, Any] = {"zone": ZONE, "seq": 1, "at": 10, "recorded_at": 10}
    entry |= {"kind": "silenced", "body": body, "subjects": [], "actor": ""}
    entry["hash"] = link(START, ZONE, entry)
    counts = dict.fromkeys(("epoch", "plan_version", "quotes_given", "traffic_given"), 0)
    with closing(sqlite3.connect(path)) as file, file:
        insert(file, "zone", {"id": ZONE, "head_seq": 1, "head_hash": entry["hash"], **counts})
        insert(file, "event", entry)
    with closing(Database.open(f"sqlite:///{path}")) as database:
        assert database.head(ZONE) == 1
        assert database.entries_after(ZONE, 0) == [entry]
