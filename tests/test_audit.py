"""Whoever tampers with a database is found, and told what was done as far as that can be known."""

# Statements are made of numbers and names of these very tests.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from dispatch.audit import Audit, Head, audit, head_of
from dispatch.beside import beside
from dispatch.chain import START, link
from dispatch.codec import dumps
from dispatch.commit import Commit
from dispatch.errors import InvalidRequest
from dispatch.folding import Folding
from dispatch.store import Database, DatabaseError
from tests.store_worlds import STORES, ZONE, a_plan, histories, joined, placed, seen

if TYPE_CHECKING:
    from dispatch.commit import Commit as Step

HISTORY = (
    Commit(90, (joined(1), joined(2)), actor="ann"),
    Commit(100, (placed(1), placed(2)), a_plan(1, drops=("d_10", "d_20"))),
    Commit(110, (placed(3),), a_plan(2, drops=("d_10", "d_20", "d_30"))),
)
"""Seven entries: two couriers, two orders and a plan, an order and a plan."""


def made(path: Path, *commits: Step) -> str:
    """Returns the URL of a database with a history, closed."""
    url = f"sqlite:///{path}"
    with closing(Database.open(url)) as database:
        database.start_zone(ZONE)
        for commit in commits:
            database.commit(ZONE, commit)
    return url


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the history, made once."""
    path = tmp_path_factory.mktemp("sound") / "zone.db"
    made(path, *HISTORY)
    return path


@pytest.fixture
def path(tmp_path: Path, sound: Path) -> Path:
    return Path(copy(sound, tmp_path / "zone.db"))


def audited(path: Path, noted: Head | None = None) -> Audit:
    with beside(f"sqlite:///{path}") as connection:
        return audit(connection, ZONE, noted)


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        for statement in statements:
            other.execute(statement)


def kinds(path: Path, noted: Head | None = None) -> list[tuple[str, int | None]]:
    return [(fault.kind, fault.seq) for fault in audited(path, noted).faults]


def rows(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as other:
        other.row_factory = sqlite3.Row
        found = [dict(row) for row in other.execute("SELECT * FROM event ORDER BY seq")]
    for row in found:
        row["body"], row["subjects"] = orjson.loads(row["body"]), orjson.loads(row["subjects"])
    return found


def rechain(path: Path, changed: list[dict[str, Any]]) -> None:
    """Writes a log anew with hashes that fit, as one does who knows how they are made."""
    before = START
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DELETE FROM event")
        for seq, row in enumerate(changed, 1):
            before = link(before, ZONE, {**row, "seq": seq})
            kept = {**row, "seq": seq, "hash": before}
            kept |= {name: dumps(row[name]) for name in ("body", "subjects")}
            marks = ", ".join("?" * len(kept))
            other.execute(
                f"INSERT INTO event ({', '.join(kept)}) VALUES ({marks})",
                tuple(kept.values()),
            )
        other.execute("UPDATE zone SET head_seq = ?, head_hash = ?", (len(changed), before))


def test_a_log_as_it_was_written_is_whole(path: Path) -> None:
    found = audited(path)
    assert found.faults == ()
    assert (found.entries, found.plans, found.head.seq) == (7, 2, 7)
    with beside(f"sqlite:///{path}") as connection:
        assert head_of(connection, ZONE) == found.head


def test_a_log_is_read_beside_the_service_that_uses_it(tmp_path: Path) -> None:
    url = made(tmp_path / "zone.db", *HISTORY)
    with closing(Database.open(url)) as database:
        database.start_zone(ZONE)
        with beside(url) as connection:
            database.commit(ZONE, Commit(200, (placed(4),)))
            # It goes on seeing the moment at which it began.
            assert audit(connection, ZONE).head.seq == 7
        with beside(url) as connection:
            assert audit(connection, ZONE).head.seq == 8


@pytest.mark.parametrize("seq", range(1, 8))
@pytest.mark.parametrize(
    "change",
    ["at = at + 1", "recorded_at = 0", "kind = 'heard'", "actor = 'eve'", "subjects = '[\"x\"]'"],
)
def test_an_entry_that_was_changed_is_named(path: Path, seq: int, change: str) -> None:
    tamper(path, f"UPDATE event SET {change} WHERE seq = {seq}")
    ((kind, at),) = kinds(path)
    assert (kind, at) == ("changed", seq)


def test_a_hash_that_was_changed_alone_is_told_from_a_changed_entry(path: Path) -> None:
    tamper(path, "UPDATE event SET hash = 'ff' WHERE seq = 3")
    assert kinds(path) == [("hash-changed", 3)]


@pytest.mark.parametrize("seq", [1, 4, 6])
def test_entries_taken_out_leave_a_gap(path: Path, seq: int) -> None:
    tamper(path, f"DELETE FROM event WHERE seq = {seq}")
    assert kinds(path) == [("taken-out", seq)]


def test_an_entry_taken_out_is_found_though_the_rest_was_renumbered(path: Path) -> None:
    tamper(
        path,
        "DELETE FROM event WHERE seq = 3",
        *(f"UPDATE event SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(4, 8)),
        "UPDATE zone SET head_seq = 6",
    )
    assert kinds(path) == [("taken-out", 3)]


@pytest.mark.parametrize("fitting", [False, True])
def test_an_entry_put_in_is_found_though_the_rest_was_renumbered(path: Path, fitting: bool) -> None:
    before = rows(path)
    false = {**before[2], "at": 77, "seq": 3}
    digest = link(before[1]["hash"], ZONE, false) if fitting else "ff"
    tamper(
        path,
        *(f"UPDATE event SET seq = {seq + 1} WHERE seq = {seq}" for seq in range(7, 2, -1)),
        "INSERT INTO event (zone, seq, at, recorded_at, kind, body, subjects, actor, hash) SELECT "
        f"zone, 3, 77, recorded_at, kind, body, subjects, actor, '{digest}' FROM event WHERE seq=4",
        "UPDATE zone SET head_seq = 8",
    )
    assert kinds(path) == [("put-in", 3)]


def test_an_entry_before_the_first_is_found(path: Path) -> None:
    tamper(
        path,
        "INSERT INTO event (zone, seq, at, recorded_at, kind, body, subjects, actor, hash) SELECT "
        "zone, 0, at, recorded_at, kind, body, subjects, actor, hash FROM event WHERE seq = 1",
    )
    assert kinds(path) == [("put-in", 0)]


def test_an_end_that_was_cut_off_is_found_by_what_the_zone_counted(path: Path) -> None:
    tamper(path, "DELETE FROM event WHERE seq > 5")
    assert kinds(path) == [("cut-off", 6)]


def test_an_end_cut_off_without_a_trace_is_found_by_the_head_noted_before(path: Path) -> None:
    noted = audited(path).head
    before = rows(path)
    rechain(path, before[:5])
    tamper(
        path,
        "DELETE FROM plan WHERE version = 2",
        "DELETE FROM event_subject WHERE seq > 5",
        "DELETE FROM drops WHERE order_id = 'o_3'",
        "DELETE FROM orders WHERE id = 'o_3'",
        "UPDATE zone SET plan_version = 1",
    )
    # All in it fits: nobody who noted nothing can tell.
    assert kinds(path) == []
    assert kinds(path, noted) == [("cut-off", 6)]
    assert kinds(path, Head(5, before[4]["hash"])) == []


def test_a_log_written_anew_with_fitting_hashes_is_found_by_the_head_noted_before(
    path: Path,
) -> None:
    noted = audited(path).head
    before = rows(path)
    rechain(path, [before[0], {**before[1], "actor": "eve"}, *before[2:]])
    assert kinds(path) == []
    assert kinds(path, noted) == [("rewritten", 7)]
    # The one before was not touched yet.
    assert kinds(path, Head(1, before[0]["hash"])) == []


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE orders SET body = json_set(body, '$.deadline', 5) WHERE id = 'o_1'", "table"),
        ("UPDATE orders SET placed_at = 5 WHERE id = 'o_1'", "table"),
        ("DELETE FROM drops WHERE id = 'd_30'", "table"),
        ("UPDATE drops SET live = NULL WHERE id = 'd_20'", "table"),
        ("UPDATE couriers SET ordinal = -1 WHERE id = 'c_2'", "table"),
        ("UPDATE zone SET quotes_given = 4", "table"),
        ("UPDATE zone SET plan_version = 1", "plan"),
        ("UPDATE zone SET head_hash = 'ff'", "changed"),
        ("UPDATE zone SET epoch = 0", "epoch"),
        ("UPDATE plan SET epoch = 5 WHERE version = 1", "epoch"),
        ("DELETE FROM plan WHERE version = 1", "plan"),
        ("UPDATE plan SET version = 9 WHERE version = 2", "plan"),
        ("DELETE FROM event_subject WHERE subject = 'd_10'", "index"),
    ],
)
def test_whatever_contradicts_the_log_is_found(path: Path, statement: str, kind: str) -> None:
    tamper(path, statement)
    assert kind in {kind for kind, _ in kinds(path)}


@given(history=histories())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_log_of_any_history_is_whole_and_folds_to_the_state(
    tmp_path_factory: pytest.TempPathFactory, history: list[Commit]
) -> None:
    path = tmp_path_factory.mktemp("any") / "zone.db"
    url = made(path, *history)
    assert audited(path).faults == ()
    with closing(Database.open(url)) as database:
        folding = Folding(STORES)
        # In the smallest parts: whatever is closed is packed away and fetched again.
        for entry in database.entries_after(ZONE, 0, limit=10_000):
            folding.take([entry])
        assert seen(folding.state()) == seen(database.fold(ZONE, STORES))


def test_a_zone_that_is_not_there_is_refused(path: Path) -> None:
    with (
        beside(f"sqlite:///{path}") as connection,
        pytest.raises(InvalidRequest, match="There is no zone 'north'"),
    ):
        audit(connection, "north")


@pytest.mark.parametrize("text", ["", "7", "7:ff", f"x:{'0' * 64}", f"0:{'0' * 64}"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no head"):
        Head.read(text)
    assert str(Head.read(f"7:{'0' * 64}")) == f"7:{'0' * 64}"


def test_files_that_are_no_database_of_this_program_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE t (x)")
    (tmp_path / "text.db").write_text("no database" * 100)
    for name, told in (
        ("other", "not a database of this"),
        ("text", "not a database"),
        ("no", "no such"),
    ):
        with pytest.raises(DatabaseError, match=told), beside(f"sqlite:///{tmp_path}/{name}.db"):
            pass
