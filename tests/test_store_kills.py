"""Twenty kills at random moments: what was acknowledged is there, and nothing is there in half."""

from __future__ import annotations

import multiprocessing
import random
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from dispatch.chain import START, link
from dispatch.store import Database
from tests.kill_child import store
from tests.store_worlds import STORES, ZONE, seen

if TYPE_CHECKING:
    from tests.homes import Home

Acknowledged = tuple[int, str, int]

KILLS, MOST = 20, 12
"""How often it is killed, and after how many acknowledgements at the latest."""

FORKS = multiprocessing.get_context("forkserver")
"""Forks children of a process that has loaded all and opened nothing."""


def killed(url: str, first: int, rng: random.Random) -> list[Acknowledged]:
    """Returns what a program acknowledged from an order on until it was killed."""
    FORKS.set_forkserver_preload(["tests.kill_child"])
    ours, theirs = FORKS.Pipe(duplex=False)
    child = FORKS.Process(target=store, args=(url, first, theirs))
    child.start()
    theirs.close()
    heard: list[Acknowledged] = [ours.recv() for _ in range(rng.randint(1, MOST))]
    # From the next moment on anything may be under way.
    killer = threading.Timer(rng.uniform(0, 0.01), child.kill)
    killer.start()
    try:
        while True:
            heard.append(ours.recv())
    except EOFError:
        killer.join()
        child.join()
    return heard


def check(url: str, heard: list[Acknowledged], epoch: int) -> int:
    """Checks all that must hold and returns the number of the last order that is there."""
    with closing(Database.open(url)) as database:
        assert database.start_zone(ZONE) == epoch
        entries = database.entries_after(ZONE, 0, 10**6)
        before = START
        for number, entry in enumerate(entries, start=1):
            assert (entry["seq"], entry["hash"]) == (number, link(before, ZONE, entry))
            before = entry["hash"]
        hashes = {entry["seq"]: entry["hash"] for entry in entries}
        assert all(hashes[seq] == digest for seq, digest, _ in heard)
        for _, _, version in heard[-MOST:]:
            assert database.plan(ZONE, version) is not None
            assert database.answer("c_1", f"tap-{version}") is not None
        state, plan = database.load(ZONE, STORES)
        assert seen(state) == seen(database.fold(ZONE, STORES))
        # Order, plan and tap went together: as many of each.
        assert plan.version == len(state.orders)
        assert database.answer("c_1", f"tap-{plan.version + 1}") is None
        return plan.version


def test_what_was_acknowledged_survives_twenty_kills(home: Home) -> None:
    rng = random.Random(8)
    last, heard = 0, list[Acknowledged]()
    for kill in range(KILLS):
        told = killed(home.url, last + 1, rng)
        assert told
        heard += told
        # The program that was killed raised the epoch once, the check does so again.
        last = check(home.url, heard, epoch=2 * kill + 2)
    assert last >= len(heard) >= KILLS
