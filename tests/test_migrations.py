"""A database that an older program filled opens with all that was in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dispatch import events as ev
from dispatch.commit import Commit
from dispatch.contacts import Contact, Kind
from dispatch.kept_contacts import keep, read_all
from dispatch.migrations import migrate
from dispatch.orders import Line, Quote, StopKind
from dispatch.places import DirectoryDesk
from dispatch.promises import URGENT
from dispatch.requests import ActionAnswer, Position
from dispatch.sqlite import connect_writer
from dispatch.store import Database
from tests.store_worlds import INSIDE, STORES, STREET, ZONE, a_plan, joined, placed, seen

if TYPE_CHECKING:
    from pathlib import Path

ADDED = {
    *("ride_s", "ride_factor", "band", "service_s", "ridden"),
    *("urgent", "promise", "goods_arrived_at", "answered_at", "pauses", "warned"),
    *("breached_at", "foreseen_at", "held", "principal", "lapsed"),
}
"""Entries of bodies that came with version 0003 or since; older ones lack them."""

INSIDE_BODIES = ("committed", "courier", "desk", "order", "quote")
"""Entries of bodies that are bodies."""

OWN = DirectoryDesk("k_own", "b_1", 3, "Law", customer="Acme")

TAPS = (
    ActionAnswer("c_1", "tap-1", "applied"),
    ActionAnswer("c_2", "tap-1", "superseded", "The stop s_d_10 is over."),
)


AINO = Contact(Kind.COURIER, name="Aino")
"""What both couriers are called; the first contact of the zone, so ct_1."""


def called(number: int) -> ev.CourierAdded:
    """Returns the event of a courier whose name is held apart."""
    event = joined(number)
    return replace(event, courier=replace(event.courier, name="ct_1"))


def commits(version: str) -> list[Commit]:
    """Returns a day of two couriers: all that a program of a version could tell of."""
    going = StopKind.DELIVER, INSIDE
    quote = Quote("q_1", URGENT, "st_1", 90, 150, 1320, True, "")
    desks = (ev.DesksReplaced(95, "Acme", (OWN,)), ev.DeskPut(96, OWN))
    return [
        Commit(90, (called(1), called(2), ev.QuoteGiven(90, quote))),
        *([Commit(96, desks)] if version >= "0002" else []),
        Commit(
            100,
            (placed(1, drops=2, external_id="x1"), placed(2), placed(3)),
            a_plan(1, drops=("d_10", "d_11")),
        ),
        Commit(120, (ev.DropPinned(120, "d_20", "c_2"), ev.OrderReady(120, "o_2", 130))),
        Commit(
            130,
            (ev.Loaded(130, "c_1", "s_c_1-l1", STREET, ("d_10", "d_11", "d_20")),),
            a_plan(2, drops=("d_11", "d_20")),
        ),
        Commit(140, (ev.Departed(140, "c_1", "s_d_10", *going, "d_10", 300, 360),), None, TAPS),
        Commit(310, (ev.Arrived(310, "c_1", "s_d_10", *going, "d_10", 370),)),
        Commit(
            365,
            (
                ev.Delivered(365, "c_1", "s_d_10", INSIDE, "d_10", (Line("paper", 1, 1, "wet"),)),
                ev.Departed(365, "c_1", "s_d_11", *going, "d_11", 400, 460),
                ev.Failed(370, "c_1", "s_d_20", INSIDE, "d_20", "closed"),
                ev.OrderCancelled(371, "o_3"),
                ev.CourierChanged(372, "c_2", 0, 30_000, 8, paused=True),
            ),
            a_plan(3, drops=("d_11",)),
        ),
    ]


def fill(path: Path, version: str) -> None:
    with closing(Database.open(f"sqlite:///{path}")) as database:
        database.start_zone(ZONE)
        with database.write() as connection:
            assert keep(connection, ZONE, AINO, 0) == "ct_1"
        for commit in commits(version):
            database.commit(ZONE, commit)
        database.save_positions(ZONE, "c_1", [Position(60.17, 24.94, 364)])


def held(database: Database) -> list[tuple[str, Contact]]:
    with database.read() as connection:
        return [(each.ref, each.contact) for each in read_all(connection, ZONE)]


def made_older(new: Path, old: Path, version: str) -> None:
    """Writes what is in a database into one as the program of a version made it."""
    with closing(connect_writer(old)) as writer:
        migrate(writer, at=str(old), to=version)
    with closing(sqlite3.connect(old)) as copy, copy:
        copy.execute("ATTACH ? AS new", (str(new),))
        found = copy.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        for table in [name for (name,) in found if name != "alembic_version"]:
            names = ", ".join(row[1] for row in copy.execute(f"PRAGMA main.table_info({table})"))
            # Names of our own tables and columns, which SQL takes no parameters for.
            copy.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM new.{table}")  # noqa: S608
        if version >= "0007":
            return
        copy.create_function("older", 1, lambda body: json.dumps(_older(json.loads(body))))
        for table in ("event", "couriers", "drops", "orders", "quotes"):
            copy.execute(f"UPDATE main.{table} SET body = older(body)")  # noqa: S608


def _older(body: dict[str, object]) -> dict[str, object]:
    """Returns a body as it was: without what was added, and with persons in it."""
    # What stays on board: of drops always told, of hand-overs only since; none has null there.
    told = {name: value for name, value in body.items() if (name, value) != ("returning", None)}
    return {name: _told_then(name, value) for name, value in told.items() if name not in ADDED}


def _told_then(name: str, value: object) -> object:
    if isinstance(value, dict):
        return _older(value) if name in INSIDE_BODIES else value
    if isinstance(value, list) and name in ("drops", "desks"):
        return [_older(each) if isinstance(each, dict) else each for each in value]
    if name == "contact":
        return {"name": "", "phone": ""}
    return "Aino" if (name, value) == ("name", "ct_1") else value


def everything(path: Path) -> dict[str, object]:
    """Returns all that can be read of a database, by what it is."""
    with closing(Database.open(f"sqlite:///{path}")) as database:
        state, plan = database.load(ZONE, STORES)
        return {
            "state": seen(state),
            "plan": plan,
            "plans": [database.plan(ZONE, version) for version in range(5)],
            "log": [
                # Bodies are compared as the events they are: older ones lack what was added.
                (entry.seq, entry.at, entry.kind, _older(entry.body), entry.subjects)
                for entry in database.events_after(ZONE, 0)
                # How it came about is another matter.
                if entry.kind != "log_rechained"
            ],
            "history": [[e.seq for e in database.history(ZONE, x)] for x in ("d_10", "c_1", "o_3")],
            "fold": seen(database.fold(ZONE, STORES)),
            "contacts": held(database),
            "positions": database.positions(ZONE),
            "answers": [database.answer(tap.courier, tap.action_id) for tap in TAPS],
        }


@pytest.mark.parametrize(
    "version", ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"]
)
def test_what_an_older_program_stored_is_all_read_back(tmp_path: Path, version: str) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    fill(new, version)
    made_older(new, old, version)
    with closing(sqlite3.connect(old)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(version,)]
        bodies = copy.execute("SELECT body FROM event UNION ALL SELECT body FROM couriers")
        added = [body for (body,) in bodies if '"ride_s"' in body or '"service_s"' in body]
        assert bool(added) == (version >= "0007")
    before = everything(new)
    assert before["positions"]
    assert before["answers"] == list(TAPS)
    assert everything(old) == before
    # The second time there is nothing left to migrate.
    assert everything(old) == before


@pytest.mark.parametrize(
    "version", ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"]
)
def test_an_older_database_goes_on_where_it_stood(tmp_path: Path, version: str) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    fill(new, version)
    made_older(new, old, version)
    arrival = ev.Arrived(401, "c_1", "s_d_11", StopKind.DELIVER, INSIDE, "d_11", 460, 60)
    more = Commit(401, (arrival, ev.DeskPut(401, OWN)), a_plan(4))
    told = []
    for path in (new, old):
        with closing(Database.open(f"sqlite:///{path}")) as database:
            epoch = database.start_zone(ZONE)
            if path == new and version < "0007":
                # In the older one the upgrade told that the hashes were made anew.
                database.commit(ZONE, Commit(372, (ev.LogRechained(372, 0, "", ""),)))
            told.append((epoch, database.commit(ZONE, more)))
    assert told[0] == told[1]
    assert everything(old) == everything(new)
