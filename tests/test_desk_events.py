"""Customers' directories in the state and in the store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from dispatch.commit import Commit
from dispatch.events import DeskPut, DesksReplaced
from dispatch.places import DirectoryDesk
from dispatch.records import subjects
from dispatch.state import State, apply
from dispatch.store import Database
from tests.store_worlds import STORES, ZONE, seen

if TYPE_CHECKING:
    from pathlib import Path


def desk(name: str, floor: int = 0, customer: str = "Acme") -> DirectoryDesk:
    return DirectoryDesk(f"k_{name}", "b_1", floor, customer=customer)


def test_a_directory_replaces_what_its_customer_had() -> None:
    state = apply(State(), DesksReplaced(1, "Acme", (desk("a"), desk("b"))))
    state = apply(state, DeskPut(2, desk("z", customer="Beta")))
    event = DesksReplaced(3, "Acme", (desk("b", 5), desk("c")))
    assert subjects(state, event) == ("k_b", "k_c", "k_a")
    state = apply(state, event)
    assert list(state.desks) == ["k_b", "k_z", "k_c"]
    assert state.desks["k_b"].floor == 5
    assert apply(state, DeskPut(4, desk("b", 6))).desks["k_b"].floor == 6


def test_desks_are_durable_and_those_taken_out_are_gone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/zone.db"
    with closing(Database.open(url)) as database:
        database.start_zone(ZONE)
        database.commit(ZONE, Commit(1, (DesksReplaced(1, "Acme", (desk("a"), desk("b"))),)))
        # Taken out and put in again in one commit.
        events = (DesksReplaced(2, "Acme", (desk("b"),)), DeskPut(2, desk("a", 3)))
        database.commit(ZONE, Commit(2, events))
        database.commit(ZONE, Commit(3, (DesksReplaced(3, "Beta", ()),)))
    with closing(Database.open(url)) as database:
        state = database.load(ZONE, STORES)[0]
        assert [(d.id, d.floor) for d in state.desks.values()] == [("k_b", 0), ("k_a", 3)]
        assert seen(state) == seen(database.fold(ZONE, STORES))


def test_a_large_directory_is_stored_without_a_link_for_each_desk(tmp_path: Path) -> None:
    with closing(Database.open(f"sqlite:///{tmp_path}/zone.db")) as database:
        database.start_zone(ZONE)
        desks = tuple(desk(str(i)) for i in range(5000))
        database.commit(ZONE, Commit(1, (DesksReplaced(1, "Acme", desks), DeskPut(2, desk("z")))))
        with sqlite3.connect(tmp_path / "zone.db") as raw:
            links = raw.execute("SELECT subject, seq FROM event_subject").fetchall()
        raw.close()
        assert links == [("k_z", 2)]
        assert len(database.load(ZONE, STORES)[0].desks) == 5001
