"""A backup is whole or not there; what is restored goes on, and an old process is fenced."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.backup import back_up, integrity, restore
from dispatch.checking import check_database, plan_faults
from dispatch.commit import Commit
from dispatch.errors import Conflict
from dispatch.plan import CourierRoute, Plan, Stop
from dispatch.sqlite import DatabaseError
from dispatch.store import Database
from tests.store_worlds import INSIDE, STORES, STREET, ZONE, a_plan, placed, seen
from tests.test_audit import HISTORY, made


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "zone.db"
    made(path, *HISTORY)
    return path


@pytest.fixture
def path(tmp_path: Path, sound: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "zone.db"))


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def contents(path: Path) -> tuple[object, ...]:
    with closing(Database.open(url(path))) as database:
        state, plan = database.load(ZONE, STORES)
        return seen(state), plan, database.events_after(ZONE, 0)


def names(folder: Path) -> set[str]:
    """Returns the files there are, but for what SQLite keeps beside one that is only read."""
    files = (file.name for file in folder.iterdir())
    return {name for name in files if not name.startswith("zone.db-") or name == "zone.db-lock"}


def test_a_backup_holds_what_the_database_holds_and_is_one_file(path: Path) -> None:
    target = path.with_name("backup.db")
    before = contents(path)
    found = back_up(url(path), target)
    assert names(path.parent) == {"zone.db", "zone.db-lock", "backup.db"}
    assert contents(target) == before
    assert [audit.head.seq for audit in found.audits] == [7]
    assert target.stat().st_mode & 0o077 == 0


def test_a_backup_taken_while_the_service_writes_is_of_one_moment(path: Path) -> None:
    target, done = path.with_name("backup.db"), threading.Event()
    with closing(Database.open(url(path))) as database:
        database.start_zone(ZONE)

        def write() -> None:
            number = 10
            while not done.is_set():
                database.commit(ZONE, Commit(200, (placed(number),)))
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            # Its audit says that log, tables and plans are of one moment.
            found = back_up(url(path), target)
        finally:
            done.set()
            writer.join()
        assert 7 <= found.audits[0].head.seq <= database.head(ZONE)


def test_a_backup_overwrites_nothing_unless_forced(path: Path) -> None:
    target = path.with_name("backup.db")
    target.write_text("something dear")
    with pytest.raises(Conflict, match="exists"):
        back_up(url(path), target)
    assert target.read_text() == "something dear"
    back_up(url(path), target, force=True)
    assert integrity(target) == []


@pytest.mark.parametrize("end", ["", "-wal", "-lock"])
def test_a_backup_onto_the_database_itself_is_refused(path: Path, end: str) -> None:
    with pytest.raises(Conflict, match="the database itself"):
        back_up(url(path), path.with_name(f"zone.db{end}"), force=True)
    link = path.with_name("link.db")
    link.symlink_to(path.name)
    with pytest.raises(Conflict, match="the database itself"):
        back_up(url(path), link, force=True)


def test_a_backup_that_fails_leaves_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE event SET actor = 'eve' WHERE seq = 2")
    before = names(path.parent)
    with pytest.raises(DatabaseError, match="is not whole") as refused:
        back_up(url(path), path.with_name("backup.db"))
    assert refused.value.code == "database-damaged"
    assert names(path.parent) == before
    with pytest.raises(DatabaseError, match="folder cannot be written"):
        back_up(url(path), path.parent / "nowhere" / "backup.db")
    with pytest.raises(DatabaseError, match="no such database"):
        back_up(url(path.with_name("none.db")), path.with_name("backup.db"))


def test_a_restored_database_goes_on_where_the_backup_was(path: Path, tmp_path: Path) -> None:
    backup, target = tmp_path / "backup.db", tmp_path / "again.db"
    back_up(url(path), backup)
    restore(backup, url(target))
    assert contents(target) == contents(path)
    with closing(Database.open(url(target))) as database:
        # The backup was of epoch 1; restoring raised it once, this start again.
        assert database.start_zone(ZONE) == 3
        assert database.commit(ZONE, Commit(300, (placed(9),))) == 8


def test_restoring_over_a_database_raises_the_epoch_above_both(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    back_up(url(path), backup)
    with closing(Database.open(url(path))) as database:
        for _ in range(5):
            database.start_zone(ZONE)
        database.commit(ZONE, Commit(300, (placed(9),)))
    with pytest.raises(Conflict, match="exists"):
        restore(backup, url(path))
    restore(backup, url(path), force=True)
    with closing(sqlite3.connect(path)) as other:
        # It was 1 and then 6: now above both.
        assert other.execute("SELECT epoch, head_seq FROM zone").fetchall() == [(7, 7)]
    assert integrity(path) == []


def test_restoring_is_refused_while_a_service_uses_the_database(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    back_up(url(path), backup)
    with closing(Database.open(url(path))), pytest.raises(DatabaseError) as refused:
        restore(backup, url(path), force=True)
    assert refused.value.code == "database-locked"


def test_a_write_ahead_log_of_the_old_database_is_never_read_by_the_new(
    path: Path, tmp_path: Path
) -> None:
    """The old process was killed: its last commits are in its log only."""
    backup, image = tmp_path / "backup.db", tmp_path / "image"
    back_up(url(path), backup)
    image.mkdir()
    with closing(Database.open(url(path))) as database:
        database.start_zone(ZONE)
        database.commit(ZONE, Commit(300, (placed(9),)))
        for file in ("zone.db", "zone.db-wal"):
            # A copy, as a crash leaves the files; nobody uses it.
            shutil.copy(path.with_name(file), image / file)
    assert (image / "zone.db-wal").stat().st_size > 0
    restore(backup, url(image / "zone.db"), force=True)
    assert {file.name for file in image.iterdir()} == {"zone.db", "zone.db-lock"}
    assert "o_9" not in str(contents(image / "zone.db"))


def test_a_damaged_database_is_kept_aside_when_a_backup_takes_its_place(
    path: Path, tmp_path: Path
) -> None:
    backup, target = tmp_path / "backup.db", tmp_path / "broken.db"
    back_up(url(path), backup)
    target.write_bytes(b"nothing like a database" * 300)
    restore(backup, url(target), force=True)
    assert contents(target) == contents(path)
    assert (tmp_path / "broken.db.damaged-1").read_bytes().startswith(b"nothing")


def damage(path: Path, how: str) -> None:
    if how == "text":
        path.write_text("no database" * 400)
    elif how == "torn":
        content = bytearray(path.read_bytes())
        content[8 * 4096 : 12 * 4096] = bytes(4 * 4096)
        path.write_bytes(content)
    else:
        statements = {
            "newer": "UPDATE alembic_version SET version_num = '9999'",
            "foreign": "DROP TABLE alembic_version",
            "tampered": "DELETE FROM event WHERE seq = 2",
        }
        with closing(sqlite3.connect(path)) as other, other:
            other.execute(statements[how])


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("text", "not a database"),
        ("torn", "damaged|malformed"),
        ("newer", "newer than this program"),
        ("foreign", "not a database of this"),
        ("tampered", "not whole|refers to no row"),
    ],
)
def test_a_backup_that_cannot_be_trusted_is_not_restored(
    path: Path, tmp_path: Path, how: str, told: str
) -> None:
    backup, target = tmp_path / "backup.db", tmp_path / "target.db"
    back_up(url(path), backup)
    damage(backup, how)
    made(target, *HISTORY[:1])
    before = contents(target)
    with pytest.raises(DatabaseError, match=told):
        restore(backup, url(target), force=True)
    assert contents(target) == before
    assert not [name for name in names(tmp_path) if name.startswith(".")]


def test_a_database_that_is_fit_is_told_so(path: Path) -> None:
    with closing(Database.open(url(path))) as database:
        database.start_zone(ZONE)
        # The plan of this history is made up: nobody plans c_2, or what is open.
        found = check_database(url(path))
    assert found.faults == ()
    assert (found.audits[0].entries, found.engine) == (7, f"SQLite {sqlite3.sqlite_version}")
    assert found.size is not None
    assert found.free is not None


@pytest.mark.parametrize("how", ["torn", "tampered"])
def test_a_database_that_is_not_fit_is_told_so(path: Path, how: str) -> None:
    damage(path, how)
    assert check_database(url(path)).faults


def test_what_contradicts_the_state_in_the_last_plan_is_found(path: Path) -> None:
    with closing(Database.open(url(path))) as database:
        state, plan = database.load(ZONE, STORES)
    assert list(plan_faults(state, plan)) == []
    missing = a_plan(3, drops=("d_10", "d_20"))
    assert list(plan_faults(state, missing)) == [
        "d_30 is open and neither planned nor left out (I9)."
    ]
    twice = Plan(3, routes=(*plan.routes, CourierRoute("c_2", STREET, 0, plan.routes[0].stops)))
    assert {text for text in plan_faults(state, twice) if "(I3)" in text}
    stop = plan.routes[0].stops[0]
    under_way = Stop(stop.id, stop.kind, INSIDE, stop.drops, 0, 0, 0, committed=True)
    routes = (CourierRoute("c_1", STREET, 0, (under_way, *plan.routes[0].stops[1:])),)
    assert [text for text in plan_faults(state, Plan(3, routes=routes)) if "(I7)" in text]


def test_an_older_database_is_backed_up_as_it_is_and_restored_as_newest(tmp_path: Path) -> None:
    from dispatch.migrations import migrate
    from dispatch.sqlite import connect_writer

    old, backup, target = (tmp_path / f"{name}.db" for name in ("old", "backup", "target"))
    with connect_writer(old) as connection:
        migrate(connection, at=str(old), to="0004")
    back_up(url(old), backup)
    restore(backup, url(target))
    with closing(sqlite3.connect(target)) as other:
        assert other.execute("SELECT version_num FROM alembic_version").fetchall() == [("0009",)]
