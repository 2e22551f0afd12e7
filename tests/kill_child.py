"""
A program that stores orders until it is killed: ``python -m tests.kill_child URL FIRST``.

Each line it prints is what was acknowledged: the number of the zone's last event, its hash, and the
version of the plan that went with it.
"""

from __future__ import annotations

import sys
from contextlib import closing

from dispatch.commit import Commit
from dispatch.requests import ActionAnswer
from dispatch.store import Database
from tests.store_worlds import ZONE, a_plan, joined, placed


def main(url: str, first: int) -> None:
    """Stores order after order from a number on, each with a plan and a tap of its courier."""
    with closing(Database.open(url)) as database:
        database.start_zone(ZONE)
        if database.head(ZONE) == 0:
            database.commit(ZONE, Commit(90, (joined(1),)))
        for number in range(first, 10**9):
            tap = ActionAnswer("c_1", f"tap-{number}", "applied")
            order, plan = placed(number, drops=2), a_plan(number, drops=(f"d_{10 * number}",))
            head = database.commit(ZONE, Commit(100, (order,), plan, (tap,)))
            (last,) = database.entries_after(ZONE, head - 1)
            sys.stdout.write(f"{head} {last['hash']} {number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
