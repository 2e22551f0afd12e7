"""Power cuts: what a disk may have, and what the harness finds."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from benchmarks.power import Damaged, chosen_points, cut, opened, why_not
from benchmarks.power_trace import SECTOR, Call, Disk, Kind, played, read_trace, torn
from dispatch.commit import Commit
from dispatch.store import Database
from tests.store_worlds import a_plan, joined, placed

if TYPE_CHECKING:
    from pathlib import Path

needs_strace = pytest.mark.skipif(bool(why_not()), reason=why_not() or "strace works")


def hexed(text: str) -> str:
    """Returns a text as strace -xx writes it."""
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def write(at: int, data: bytes, name: str = "f") -> Call:
    return Call(Kind.WRITE, name, at, data)


def disk(*calls: Call) -> Disk:
    found = Disk()
    for call in calls:
        found.do(call)
    return found


def test_a_trace_tells_writes_syncs_lengths_and_what_was_said() -> None:
    here, there = hexed("/d/a.db"), hexed("/etc/x")
    lines = [
        f'7 pwrite64(4<{here}>, "{hexed("ab")}", 2, 512) = 2\n',
        f"7 fdatasync(4<{here}>) = 0\n",
        f"7 ftruncate(4<{here}>, 100) = 0\n",
        f'7 pwrite64(5<{there}>, "{hexed("ab")}", 2, 0) = 2\n',
        f'7 unlink("{here}") = 0\n',
        f'7 write(1<{hexed("pipe:[1]")}>, "{hexed("ack 1 x")}", 7) = 7\n',
        f'7 pwrite64(4<{here}>, "{hexed("ab")}", 2, 0) = -1 ENOSPC (No space left on device)\n',
        "7 +++ exited with 0 +++\n",
    ]
    assert list(read_trace(lines, "/d/")) == [
        Call(Kind.WRITE, "/d/a.db", 512, b"ab"),
        Call(Kind.SYNC, "/d/a.db"),
        Call(Kind.TRUNCATE, "/d/a.db", 100),
        Call(Kind.UNLINK, "/d/a.db"),
        Call(Kind.SAY, data=b"ack 1 x"),
    ]


def test_what_a_trace_cannot_say_is_an_error() -> None:
    with pytest.raises(ValueError, match="Not understood: 7 writev"):
        list(read_trace([f"7 writev(4<{hexed('/d/a.db')}>, [], 0) = 0\n"], "/d/"))


@pytest.mark.parametrize(
    ("calls", "bytes_"),
    [
        ((), b"old"),
        ((write(1, b"x"),), b"oxd"),
        ((write(5, b"x"),), b"old\0\0x"),
        ((Call(Kind.TRUNCATE, "f", 1),), b"o"),
        ((Call(Kind.TRUNCATE, "f", 5),), b"old\0\0"),
    ],
)
def test_writes_and_lengths_make_a_file(calls: tuple[Call, ...], bytes_: bytes) -> None:
    assert played(b"old", calls) == bytes_


def test_what_is_synced_is_there_in_every_state() -> None:
    found = disk(write(0, b"a"), Call(Kind.SYNC, "f"), write(1, b"b"), write(2, b"c"))
    states = list(found.states(random.Random(1), 20))
    assert {s["f"][:1] for _, s in states} == {b"a"}
    by_kind = {kind: {s["f"] for k, s in states if k == kind} for kind, _ in states}
    assert by_kind["dropped"] == {b"a"}
    assert by_kind["kept"] == {b"abc"}
    # The second write alone is there too: disks keep no order.
    assert b"a\0c" in by_kind["reordered"]


def test_where_all_is_synced_there_is_one_state() -> None:
    found = disk(write(0, b"a"), Call(Kind.SYNC, "f"))
    assert [s for _, s in found.states(random.Random(1), 5)] == [{"f": b"a"}]


def test_a_torn_write_is_there_by_sectors() -> None:
    data = b"x" * SECTOR + b"y" * SECTOR
    seen = {
        tuple((c.at, c.data) for c in torn([write(0, data)], random.Random(s))) for s in range(9)
    }
    first, second = (0, b"x" * SECTOR), (SECTOR, b"y" * SECTOR)
    assert seen == {(), (first,), (second,), (first, second)}


def test_an_unlinked_file_is_gone() -> None:
    found = disk(write(0, b"a"), Call(Kind.SYNC, "f"), write(1, b"b"), Call(Kind.UNLINK, "f"))
    assert [s for _, s in found.states(random.Random(1), 1)] == [{}]


def store(path: Path) -> None:
    with closing(Database.open(f"sqlite:///{path}")) as database:
        database.start_zone("store")
        database.commit("store", Commit(90, (joined(1), placed(1)), a_plan(1, drops=("d_10",))))


def test_a_whole_database_tells_its_log(tmp_path: Path) -> None:
    store(tmp_path / "d.db")
    # One who joined, one order, one plan.
    assert len(opened(tmp_path / "d.db")) == 3
    assert opened(tmp_path / "none.db") == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE event SET actor = 'eve' WHERE seq = 2", "entry 2 does not follow"),
        ("DELETE FROM event WHERE seq = 1", "entry 1 does not follow"),
        ("DELETE FROM plan", "its plan at 0"),
        ("UPDATE zone SET head_seq = 4", "the zone is at"),
    ],
)
def test_the_checker_finds_what_is_planted(tmp_path: Path, damage: str, said: str) -> None:
    store(tmp_path / "d.db")
    with closing(sqlite3.connect(tmp_path / "d.db")) as raw, raw:
        raw.execute(damage)
    with pytest.raises(Damaged, match=said):
        opened(tmp_path / "d.db")


def test_points_are_drawn_half_from_answers_and_all_where_they_are_few() -> None:
    calls = [Call(Kind.WRITE, "db", 0, b"x")] * 8 + [Call(Kind.SAY, data=b"ack")] * 4
    everything = frozenset(range(12))
    assert (
        chosen_points(calls, 12, random.Random(1))
        == chosen_points(calls, 99, random.Random(1))
        == everything
    )
    drawn = chosen_points(calls, 6, random.Random(1))
    assert (len(drawn), sum(number >= 8 for number in drawn)) == (6, 3)
    assert drawn == chosen_points(calls, 6, random.Random(1))
    # Four answers are no half of ten: the rest is made up of others.
    assert sum(number >= 8 for number in chosen_points(calls, 10, random.Random(1))) == 4


@needs_strace
def test_a_power_cut_loses_nothing_that_was_acknowledged() -> None:
    found = cut("FULL", orders=3, points=60, seed=1, mixed=1)
    assert found.acknowledged > 8
    assert found.states.total() > 50
    assert (found.corrupt, found.lost) == (0, 0), found.line()


@needs_strace
@pytest.mark.parametrize("mode", ["NORMAL", "OFF"])
def test_the_harness_finds_what_less_synchronisation_loses(mode: str) -> None:
    found = cut(mode, orders=2, points=40, seed=1, mixed=1)
    assert found.lost > 0
    assert (found.corrupt > 0) is (mode == "OFF")
