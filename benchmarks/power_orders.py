"""
A run of orders on a real store, to be watched by ``strace``: what is acknowledged is written down.

``python -m benchmarks.power_orders FOLDER ORDERS MODE`` places orders in ``FOLDER/dispatch.db``,
cancels some of them, and has couriers report. After each commit that returned it writes a line with
the number and the hash of the zone's last event to standard output. ``MODE`` is SQLite's
``synchronous``: FULL as the service has it, NORMAL or OFF to see what is lost without it.
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.helsinki import STORE, embedded_city
from dispatch.actions import act
from dispatch.crew import add_courier
from dispatch.dispatcher import Dispatcher
from dispatch.ordering import cancel_order, place_order
from dispatch.orders import Item
from dispatch.plan import Plan
from dispatch.policy import Policy
from dispatch.requests import Action, CourierRequest, DeskRequest, DropRequest, OrderRequest
from dispatch.state import State
from dispatch.store import Database

if TYPE_CHECKING:
    from dispatch.commit import Commit

ZONE, SEED, NOW = "store", 5, 1_795_500_000
COURIERS = 6


class Weaker(sqlite3.Connection):
    """A connection on which the writer's ``synchronous`` is another."""

    mode = "FULL"

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        """Runs a statement, the one that sets ``synchronous`` with the other mode."""
        return super().execute(
            sql.replace("synchronous = FULL", f"synchronous = {self.mode}"), *rest
        )


def run(folder: Path, orders: int) -> None:
    """Places orders, and what goes with them, one commit after the other."""
    database = Database.open(f"sqlite:///{folder / 'dispatch.db'}")
    database.start_zone(ZONE)

    def commit(what: Commit) -> None:
        head = database.commit(ZONE, what)
        (last,) = database.entries_after(ZONE, head - 1)
        # One call, so that the trace has the line whole and where it was written.
        os.write(1, f"ack {head} {last['hash']}\n".encode())

    city = embedded_city()
    dispatcher = Dispatcher(
        zone=ZONE,
        city=city,
        policy=Policy(quote_search_s=0),
        state=State(stores={STORE.id: STORE}),
        plan=Plan(),
        commit=commit,
    )
    now = NOW
    for i in range(COURIERS):
        add_courier(dispatcher, CourierRequest(f"C{i}", STORE.id, 20, now, now + 8 * 3600), now)
    rng, known = random.Random(SEED), sorted(city.offices)
    for i in range(orders):
        now += rng.randint(5, 60)
        items = (Item("A4-80", rng.randint(1, 3), 1, ""),)
        drops = (DropRequest(DeskRequest(id=rng.choice(known)), items),)
        wanted = OrderRequest("urgent", drops, on_infeasible="accept_late", external_id=f"x{i}")
        order = place_order(dispatcher, wanted, now)
        if i % 7 == 3:
            cancel_order(dispatcher, order.id, now)
        if i % 2:
            _tap(dispatcher, rng, now, i)
    database.close()


def _tap(dispatcher: Dispatcher, rng: random.Random, now: int, number: int) -> None:
    """A courier sets off to where the plan sends it, or does the next thing there."""
    routes = [route for route in dispatcher.plan.routes if route.stops]
    if routes:
        route = rng.choice(routes)
        stop, kind = route.stops[0], rng.choice(("departed", "arrived", "loaded", "delivered"))
        tap = Action(action_id=f"a{number}", seq=number, kind=kind, stop=stop.id)
        act(dispatcher, route.courier, [tap], now, now, lambda _: None)


def main(words: list[str]) -> int:
    """Runs as the words say."""
    folder, orders, Weaker.mode = Path(words[0]), int(words[1]), words[2]
    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **rest: connect(*args, **{**rest, "factory": Weaker})
    run(folder, orders)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
