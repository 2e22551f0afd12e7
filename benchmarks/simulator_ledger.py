"""
What a simulated zone's log says so far, kept apart from the program's own state, by its own rules.

It knows where goods are, to which stops couriers are committed and what was promised, and judges
each plan by that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Body = Mapping[str, Any]
Check = Callable[[str, bool, str], None]
"""Says by name that something has to hold, whether it does, and otherwise what is the matter."""

OPEN, CLOSED = ("waiting", "on_board"), ("delivered", "failed", "cancelled")

TAPS = frozenset(
    {"departed", "arrived", "loaded", "delivered", "failed", "returned", "heard", "evidence_kept"}
)
"""Kinds of events of which each tap makes one."""

MOVES_DEADLINE = frozenset({"goods_arrived", "order_resumed", "promise_recalculated"})


@dataclass
class Drop:
    """Where the goods of one drop are; changes with the log."""

    order: str
    load: int
    status: str = "waiting"
    carrier: str | None = None
    closed_at: int | None = None


@dataclass
class Promised:
    """
    What an order was promised, and what became of it; changes with the log.

    ``paused_at`` is since when its clock stands, None while it runs.
    """

    deadline: int | None
    urgent: bool
    drops: tuple[str, ...]
    external: str | None
    moved: bool = False
    paused_at: int | None = None
    awaits: bool = False
    breached: bool = False
    cancelled: bool = False


@dataclass
class Ledger:
    """The fold of a log by the simulator's own rules; ``taps`` are the effects of taps."""

    check: Check
    orders: dict[str, Promised] = field(default_factory=dict)
    drops: dict[str, Drop] = field(default_factory=dict)
    committed: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)
    capacity: dict[str, int] = field(default_factory=dict)
    returning: dict[str, int] = field(default_factory=dict)
    taps: Counter[str] = field(default_factory=Counter)
    orders_seen: set[str] = field(default_factory=set)

    def follow(self, kind: str, body: Body) -> None:
        """Takes an entry of the log."""
        if kind in TAPS:
            self.taps[body["courier"]] += 1
        handler = getattr(self, f"_{kind}", None)
        if handler is not None:
            handler(body)
        if kind in MOVES_DEADLINE:
            self.orders[body["order"]].deadline = body["deadline"]
            self.orders[body["order"]].moved = True

    def _order_placed(self, body: Body) -> None:
        order = body["order"]
        self.check("I1 ids once", order["id"] not in self.orders, order["id"])
        external = order["external_id"]
        if external is not None:
            self.check("I1 external ids once", external not in self.orders_seen, external)
            self.orders_seen.add(external)
        self.orders[order["id"]] = Promised(
            order["deadline"],
            order["urgent"],
            tuple(order["drops"]),
            external,
            awaits=order["deadline"] is None,
        )
        for drop in body["drops"]:
            load = sum(item["quantity"] * item["load"] for item in drop["items"])
            self.drops[drop["id"]] = Drop(order["id"], load)

    def _order_cancelled(self, body: Body) -> None:
        order = self.orders[body["order"]]
        order.cancelled = True
        for name in order.drops:
            drop = self.drops[name]
            if drop.status in OPEN:
                self.check("I7 goods on board stay", drop.status == "waiting", name)
                drop.status = "cancelled"

    def _goods_arrived(self, body: Body) -> None:
        self.orders[body["order"]].awaits = False

    def _order_paused(self, body: Body) -> None:
        self.orders[body["order"]].paused_at = body["at"]
        self.orders[body["order"]].moved = True

    def _order_resumed(self, body: Body) -> None:
        self.orders[body["order"]].paused_at = None

    def _promise_breached(self, body: Body) -> None:
        self.orders[body["order"]].breached = True

    def _courier_added(self, body: Body) -> None:
        courier = body["courier"]
        self.capacity[courier["id"]] = courier["capacity"]
        self.returning[courier["id"]] = 0

    def _departed(self, body: Body) -> None:
        self.committed[body["courier"]] = (body["stop"], body["kind"], body["drop"])

    _arrived = _departed

    def _loaded(self, body: Body) -> None:
        self.committed.pop(body["courier"], None)
        for name in body["drops"]:
            drop = self.drops[name]
            free = drop.carrier is None and drop.status in ("waiting", "cancelled")
            self.check("I7 goods on board stay", free, f"{name} loaded twice: {drop}")
            drop.carrier = body["courier"]
            if drop.status == "waiting":
                drop.status = "on_board"
            else:
                self.returning[body["courier"]] += drop.load

    def _delivered(self, body: Body) -> None:
        left = (line for line in body["lines"] if line["reason"] != "missing")
        loads = sum(line["rejected"] for line in left)
        self._close(body, "delivered", loads)

    def _failed(self, body: Body) -> None:
        self._close(body, "failed", self.drops[body["drop"]].load)

    def _close(self, body: Body, status: str, back: int) -> None:
        name, courier = body["drop"], body["courier"]
        drop = self.drops[name]
        held = drop.status == "on_board" and drop.carrier == courier
        self.check("I4 once, I7 by whom it was loaded", held, f"{status} {name}: {drop}")
        drop.status, drop.closed_at = status, body["at"]
        self.returning[courier] += back
        committed = self.committed.get(courier)
        if committed is not None and committed[2] == name:
            del self.committed[courier]

    def _returned(self, body: Body) -> None:
        self.returning[body["courier"]] = 0
        committed = self.committed.get(body["courier"])
        if committed is not None and committed[1] == "return":
            del self.committed[body["courier"]]

    def judge(self, plan: Body) -> None:
        """Checks a plan that was published after what was followed so far."""
        served: Counter[str] = Counter()
        for route in plan["routes"]:
            self._judge_route(route)
            for stop in route["stops"]:
                if stop["kind"] == "deliver":
                    served.update(stop["drops"])
        for name, times in served.items():
            self.check("I3 one assignment", times == 1, f"{name} is {times} times in the plan")
            self.check("I3 only open drops", self.drops[name].status in OPEN, name)
        left = {left_out["drop"] for left_out in plan["unassigned"]}
        heading = {drop for _, kind, drop in self.committed.values() if kind == "deliver"}
        known = served.keys() | left | heading
        waiting = {d for d, drop in self.drops.items() if drop.status in OPEN}
        missing = sorted(waiting - known)
        self.check("I9 nothing is left out silently", not missing, f"{missing} are nowhere")

    def _judge_route(self, route: Body) -> None:
        courier, stops = route["courier"], route["stops"]
        committed = self.committed.get(courier)
        shown = [stop["id"] for stop in stops if stop["committed"]]
        expected = [] if committed is None else [committed[0]]
        self.check("I7 committed stops stay", shown == expected, f"{courier}: {shown} {expected}")
        first = committed is None or (stops and stops[0]["id"] == committed[0])
        self.check("I7 committed stops stay", bool(first), f"{courier}: {committed} is not first")
        self._judge_loads(courier, stops)
        for before, after in pairwise(stops):
            rises = before["departure"] <= after["arrival"] <= after["start"] <= after["departure"]
            self.check("I8 times rise", rises, f"{courier}: {before['id']}, {after['id']}")

    def _judge_loads(self, courier: str, stops: list[Body]) -> None:
        """Nothing is delivered that was not loaded, nor more loaded than the courier carries."""
        aboard = {d for d, drop in self.drops.items() if drop.carrier == courier}
        aboard = {d for d in aboard if self.drops[d].status == "on_board"}
        most = load = sum(self.drops[d].load for d in aboard) + self.returning[courier]
        begins = load
        for stop in stops:
            for name in stop["drops"]:
                drop = self.drops[name]
                if stop["kind"] == "load":
                    self.check("I7 goods on board stay", drop.carrier is None, f"{name}: {drop}")
                    aboard.add(name)
                    load += drop.load
                elif stop["kind"] == "deliver":
                    self.check("I8 loaded before", name in aboard, f"{courier} has no {name}")
                    load -= drop.load
            if stop["kind"] == "return":
                load -= self.returning[courier]
            most = max(most, load)
        # One who took more than the plan said carries it all the same, but takes no more.
        bound = max(self.capacity[courier], begins)
        self.check("I8 capacity", most <= bound, f"{courier} carries {most} of {bound}")
