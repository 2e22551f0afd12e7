"""
Cuts the power at every point of a run of orders: nothing that was acknowledged may be lost.

The run is watched by ``strace``; from its trace the disk is built as it may be after each call,
with what was not synced dropped, kept, reordered and torn. Each such database is opened as after a
restart. It must be undamaged, its log a chain without gaps up to the zone's head, and every event
that was acknowledged in it with its hash. The same run with less synchronisation must be found out.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import machine
from benchmarks.power_orders import ZONE
from benchmarks.power_trace import Call, Disk, Kind, read_trace
from dispatch.chain import COVERED, START, link
from dispatch.codec import loads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEED, ORDERS, MIXED = 3, 200, 2

POINTS = 1_000_000
"""
Calls after which the power is cut at most: more than there are, so after every one.

Each state is a database to lay out, open and read whole: all of some thirteen thousand calls take
half an hour. Of fewer points half are answers, and which ones is drawn from the seed.
"""

WATCHED = "pwrite64,write,fdatasync,fsync,ftruncate,unlink"
DATABASE = "dispatch.db"

MEMORY = Path("/dev/shm")  # noqa: S108
"""Where thousands of databases are laid out and opened, if there is such a place."""


@dataclass
class Found:
    """What came of cutting the power; counted up state by state."""

    mode: str
    acknowledged: int = 0
    calls: int = 0
    points: int = 0
    states: Counter[str] = field(default_factory=Counter)
    corrupt: int = 0
    lost: int = 0
    first: str = ""

    def line(self) -> str:
        """Returns it in words."""
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(self.states.items()))
        worst = f"; first: {self.first}" if self.first else ""
        return (
            f"synchronous={self.mode}: {self.acknowledged} commits acknowledged, power cut at "
            f"{self.points} of {self.calls} points, {self.states.total()} states ({kinds}): "
            f"{self.corrupt} corrupt, {self.lost} with something acknowledged lost{worst}"
        )


class Damaged(Exception):
    """A database that is not whole."""


def why_not() -> str:
    """Returns why no trace can be had here, empty where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "strace may not trace here"


def power(orders: int = ORDERS, points: int = POINTS, seed: int = SEED) -> str:
    """Returns what was lost, as text; raises AssertionError where FULL loses anything."""
    head = machine()
    found = [cut("FULL", orders, points, seed)]
    # What is wrong with these is seen soon.
    found += [cut(mode, max(1, orders // 10), points // 2, seed) for mode in ("NORMAL", "OFF")]
    full, normal, off = found
    assert full.corrupt == full.lost == 0, full.line()
    assert normal.lost, f"The harness did not find what NORMAL loses: {normal.line()}"
    assert off.corrupt, f"The harness did not find what OFF breaks: {off.line()}"
    what = (
        f"{orders} orders with cancellations and taps (a tenth of them with less synchronisation), "
        f"SQLite {sqlite3.sqlite_version}, seed {seed}"
    )
    return "\n".join([head, what, *(one.line() for one in found)]) + "\n"


def cut(mode: str, orders: int, points: int, seed: int, mixed: int = MIXED) -> Found:
    """Returns what cutting the power at so many points of a run of orders came to."""
    found, rng = Found(mode), random.Random(seed)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        calls = traced(Path(name) / "run", orders, mode)
        found.acknowledged = sum(call.kind is Kind.SAY for call in calls)
        disk, tried, chosen = Disk(), set[int](), chosen_points(calls, points, rng)
        found.calls, found.points = len(calls), len(chosen)
        for number, call in enumerate(calls):
            disk.do(call)
            if number not in chosen:
                continue
            for kind, files in disk.states(rng, mixed):
                # Most cuts between two syncs leave the same disk when all is dropped.
                known = hash((len(disk.said), *sorted(files.items())))
                if known not in tried:
                    tried.add(known)
                    _judge(found, kind, number, files, disk.said, Path(name) / "after")
    return found


def chosen_points(calls: Sequence[Call], most: int, rng: random.Random) -> frozenset[int]:
    """
    Returns the numbers of the calls after which the power is cut, no more than so many.

    Half of them are answers, as far as there are that many: right after one nothing but what is
    synced may be relied on.
    """
    answers = [number for number, call in enumerate(calls) if call.kind is Kind.SAY]
    others = [number for number, call in enumerate(calls) if call.kind is not Kind.SAY]
    of_answers = min(len(answers), max(most // 2, most - len(others)))
    of_others = min(len(others), most - of_answers)
    return frozenset(rng.sample(answers, of_answers) + rng.sample(others, of_others))


def traced(folder: Path, orders: int, mode: str) -> list[Call]:
    """Returns the calls of a run of orders in a new folder."""
    folder.mkdir()
    trace = folder.with_name("trace")
    words = [sys.executable, "-m", "benchmarks.power_orders", str(folder), str(orders), mode]
    watch = ["strace", "-f", "-y", "-xx", "-s", "9999999", "-e", f"trace={WATCHED}"]
    subprocess.run([*watch, "-o", str(trace), *words], check=True, capture_output=True)
    with trace.open(encoding="ascii") as lines:
        return list(read_trace(lines, str(folder / DATABASE)))


def _judge(
    found: Found,
    kind: str,
    number: int,
    files: Mapping[str, bytes],
    said: Sequence[str],
    folder: Path,
) -> None:
    found.states[kind] += 1
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        # The index of the log is rebuilt; a crash leaves none that counts.
        if not name.endswith(("-shm", "-lock")):
            (folder / Path(name).name).write_bytes(data)
    where = f"call {number}, unsynced writes {kind}"
    try:
        hashes = opened(folder / DATABASE)
    except (Damaged, sqlite3.DatabaseError, ValueError) as error:
        found.corrupt += 1
        found.first = found.first or f"{where}: {error}"
        return
    if missing := [line for line in said if not _is_in(hashes, line)]:
        found.lost += 1
        found.first = found.first or f"{where}: {len(missing)} lost, {missing[0]}"


def _is_in(hashes: Sequence[str], line: str) -> bool:
    _, seq, digest = line.split()
    return int(seq) <= len(hashes) and hashes[int(seq) - 1] == digest


def opened(path: Path) -> list[str]:
    """
    Returns the hashes of a zone's log as it is after a restart, first to last.

    Raises Damaged, or what SQLite raises, for a database that is not whole.
    """
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as raw:
        (verdict,) = raw.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise Damaged(verdict)
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
        if "event" not in tables:
            return []
        zone = raw.execute("SELECT head_seq, head_hash, plan_version FROM zone").fetchone()
        names = ", ".join(COVERED)
        # Names of our own columns, which SQL takes no parameters for.
        rows = raw.execute(f"SELECT hash, {names} FROM event ORDER BY seq").fetchall()  # noqa: S608
        plan = raw.execute("SELECT max(version) FROM plan").fetchone()[0] or 0
    before, hashes = START, []
    for number, (digest, *entry) in enumerate(rows, start=1):
        if entry[0] != number or _link(before, tuple(entry)) != digest:
            raise Damaged(f"entry {number} does not follow")
        before = digest
        hashes.append(digest)
    if zone is not None and (zone[0], zone[1], zone[2]) != (len(hashes), before, plan):
        raise Damaged(f"the zone is at {zone}, its log at {len(hashes)}, its plan at {plan}")
    return hashes


@lru_cache(maxsize=100_000)
def _link(before: str, entry: tuple[str | int, ...]) -> str:
    row = dict(zip(COVERED, entry, strict=True))
    return link(before, ZONE, {**row, **{k: loads(str(row[k])) for k in ("body", "subjects")}})
