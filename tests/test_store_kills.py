"""Twenty kills at random moments: what was acknowledged is there, and nothing is there in half."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from dispatch.chain import START, link
from dispatch.store import Database
from tests.store_worlds import STORES, ZONE, seen

if TYPE_CHECKING:
    from pathlib import Path

KILLS, LINES = 20, 40
"""How often it is killed, and after how many acknowledgements at the latest."""


def killed(url: str, first: int, rng: random.Random) -> list[str]:
    """Returns what a program acknowledged from an order on until it was killed."""
    command = [sys.executable, "-m", "tests.kill_child", url, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        heard = [child.stdout.readline() for _ in range(rng.randint(1, LINES))]
        # From the next moment on anything may be under way.
        killer = threading.Timer(rng.uniform(0, 0.01), child.kill)
        killer.start()
        heard += list(child.stdout)
        killer.join()
    # A line may be cut off in its middle: that was not heard.
    return [line for line in heard if line.endswith("\n")]


def check(url: str, heard: list[str], epoch: int) -> int:
    """Checks all that must hold and returns the number of the last order that is there."""
    with closing(Database.open(url)) as database:
        assert database.start_zone(ZONE) == epoch
        entries = database.entries_after(ZONE, 0, 10**6)
        before = START
        for number, entry in enumerate(entries, start=1):
            assert (entry["seq"], entry["hash"]) == (number, link(before, ZONE, entry))
            before = entry["hash"]
        hashes = {entry["seq"]: entry["hash"] for entry in entries}
        for line in heard:
            seq, digest, version = line.split()
            assert hashes[int(seq)] == digest
            assert database.plan(ZONE, int(version)) is not None
            assert database.answer("c_1", f"tap-{version}") is not None
        state, plan = database.load(ZONE, STORES)
        assert seen(state) == seen(database.fold(ZONE, STORES))
        # Order, plan and tap went together: as many of each.
        assert plan.version == len(state.orders)
        assert database.answer("c_1", f"tap-{plan.version + 1}") is None
        return plan.version


def test_what_was_acknowledged_survives_twenty_kills(tmp_path: Path) -> None:
    url, rng = f"sqlite:///{tmp_path / 'd.db'}", random.Random(8)
    last, heard = 0, list[str]()
    for kill in range(KILLS):
        told = killed(url, last + 1, rng)
        assert told
        heard += told
        # The program that was killed raised the epoch once, the check does so again.
        last = check(url, heard, epoch=2 * kill + 2)
    assert last >= len(heard) >= KILLS
