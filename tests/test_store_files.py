"""A file that is damaged, may not be written or has no room: refused clearly, nothing half-done."""

from __future__ import annotations

import os
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dispatch.commit import Commit
from dispatch.store import Database, DatabaseError
from tests.api_world import a_courier, an_order, service
from tests.api_world import placed as ordered
from tests.full_disks import no_file_may_grow_beyond
from tests.store_worlds import STORES, ZONE, a_plan, joined, placed, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = Commit(200, (placed(2),), a_plan(2, drops=("d_10", "d_20")))
NOBODY = 65_534
PAGE = 4096


@pytest.fixture
def path() -> Iterator[Path]:
    """A database with one commit, in a folder that everybody can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        file = folder / "zone.db"
        with closing(Database.open(f"sqlite:///{file}")) as database:
            database.start_zone(ZONE)
            database.commit(ZONE, Commit(100, (joined(1), placed(1)), a_plan(1, drops=("d_10",))))
        file.with_name("zone.db-lock").unlink()
        yield file
        folder.chmod(0o777)


@contextmanager
def not_root() -> Iterator[None]:
    """Root may write everything; somebody else may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_full_disk_refuses_commits_until_there_is_room_again(path: Path) -> None:
    with closing(Database.open(f"sqlite:///{path}")) as database:
        database.start_zone(ZONE)
        before = seen(database.load(ZONE, STORES)[0]), database.head(ZONE)
        size = path.with_name("zone.db-wal").stat().st_size
        # Room for a page and a half: the first pages of the commit are written, the others not.
        with no_file_may_grow_beyond(size + 6000):
            for _ in range(2):
                with pytest.raises(DatabaseError, match="disk"):
                    database.commit(ZONE, FULL)
                assert (seen(database.load(ZONE, STORES)[0]), database.head(ZONE)) == before
        assert database.commit(ZONE, FULL) == 5
        assert seen(database.load(ZONE, STORES)[0]) == seen(database.fold(ZONE, STORES))


@pytest.mark.parametrize("pages", [2000, 10])
def test_a_unit_on_a_full_disk_is_undone_as_a_whole(path: Path, pages: int) -> None:
    def work(database: Database) -> None:
        with database.unit():
            database.commit(ZONE, Commit(150, (placed(9),)))
            # With few pages in memory SQLite writes long before the end, and gives it all up then.
            database.commit(ZONE, Commit(160, tuple(placed(i) for i in range(10, 200))))

    with closing(Database.open(f"sqlite:///{path}")) as database:
        with database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA cache_size = {pages}")
        database.start_zone(ZONE)
        size = path.with_name("zone.db-wal").stat().st_size
        with no_file_may_grow_beyond(size + 6000), pytest.raises(DatabaseError, match="disk"):
            work(database)
        assert database.head(ZONE) == 3
        work(database)
        assert database.head(ZONE) == 3 + 191
        assert seen(database.load(ZONE, STORES)[0]) == seen(database.fold(ZONE, STORES))


def test_the_service_refuses_orders_on_a_full_disk_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        ordered(client)
        plan = client.get("/v1/plan").json()
        size = (tmp_path / "dispatch.db-wal").stat().st_size
        with no_file_may_grow_beyond(size + 6000):
            for _ in range(2):
                refused = client.post("/v1/orders", json=an_order())
                assert refused.status_code == 503
                assert refused.json()["type"] == "/problems/database"
                # What only reads goes on, and knows nothing of the order.
                assert client.get("/v1/plan").json() == plan
                listed = client.get("/v1/orders").json()["items"]
                assert [order["id"] for order in listed] == ["o_1"]
        assert client.post("/v1/orders", json=an_order()).status_code == 201
        listed = client.get("/v1/orders").json()["items"]
        assert sorted(order["id"] for order in listed) == ["o_1", "o_2"]


def test_a_file_that_may_only_be_read_is_refused_and_left_alone(path: Path) -> None:
    path.chmod(0o444)
    before = path.read_bytes()
    with not_root(), pytest.raises(DatabaseError, match="readonly") as refused:
        Database.open(f"sqlite:///{path}")
    assert str(path) in str(refused.value)
    assert path.read_bytes() == before


def test_a_folder_that_may_not_be_written_is_refused(path: Path) -> None:
    path.parent.chmod(0o555)
    with not_root(), pytest.raises(DatabaseError, match="lock file cannot be written"):
        Database.open(f"sqlite:///{path}")


@pytest.mark.parametrize("kept", [PAGE, 3 * PAGE])
def test_a_file_that_was_cut_off_is_refused_and_left_alone(path: Path, kept: int) -> None:
    damaged = path.read_bytes()[:kept]
    path.write_bytes(damaged)
    with pytest.raises(DatabaseError, match="malformed"):
        Database.open(f"sqlite:///{path}")
    assert path.read_bytes() == damaged


def test_a_file_with_pages_overwritten_is_refused_where_they_are_needed(path: Path) -> None:
    whole = path.read_bytes()
    # All but the first page, which tells where everything is.
    path.write_bytes(whole[:PAGE] + b"\xff" * (len(whole) - PAGE))
    with pytest.raises(DatabaseError, match="malformed") as refused:
        Database.open(f"sqlite:///{path}")
    assert "undamaged" in refused.value.cure
    # A copy put in its place is used as if nothing had been.
    path.write_bytes(whole)
    with closing(Database.open(f"sqlite:///{path}")) as database:
        assert database.head(ZONE) == 3
