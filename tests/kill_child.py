"""A program that stores orders until it is killed."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from dispatch.commit import Commit
from dispatch.requests import ActionAnswer
from dispatch.store import Database
from tests.store_worlds import ZONE, a_plan, joined, placed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def store(url: str, first: int, told: Connection) -> None:
    """
    Stores order after order from a number on, each with a plan and a tap of its courier.

    Tells after each commit what was acknowledged: the number of the zone's last event, its hash,
    and the version of the plan that went with it.
    """
    with closing(Database.open(url)) as database:
        database.start_zone(ZONE)
        if database.head(ZONE) == 0:
            database.commit(ZONE, Commit(90, (joined(1),)))
        for number in range(first, 10**9):
            tap = ActionAnswer("c_1", f"tap-{number}", "applied")
            order, plan = placed(number, drops=2), a_plan(number, drops=(f"d_{10 * number}",))
            head = database.commit(ZONE, Commit(100, (order,), plan, (tap,)))
            (last,) = database.entries_after(ZONE, head - 1)
            told.send((head, last["hash"], number))
