"""
One flood: a place is held for a quote, others order meanwhile, its own order comes last.

The zone, in this process, searches for no better plan, so that a flood repeats itself; couriers who
work tap exactly when the plan says. The same flood is played with the place held and without.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from api.settings import HELSINKI_STORE
from benchmarks.freeze_moments import START
from dispatch.actions import act
from dispatch.crew import add_courier, change_courier
from dispatch.dispatcher import Dispatcher
from dispatch.events import (
    Arrived,
    CourierChanged,
    Delivered,
    Departed,
    HoldLapsed,
    Loaded,
    OrderPlaced,
    Returned,
)
from dispatch.intake import new_order, with_promise
from dispatch.keeping import lost
from dispatch.ordering import place_order
from dispatch.orders import Item, StopKind
from dispatch.plan import Plan
from dispatch.policy import Policy
from dispatch.promises import STANDARD, URGENT
from dispatch.quoting import give_quote
from dispatch.requests import (
    Action,
    CourierChange,
    CourierRequest,
    DeskRequest,
    DropRequest,
    OrderRequest,
    QuoteRequest,
)
from dispatch.state import State
from scenarios.in_process import CAPACITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dispatch.city import City
    from dispatch.commit import Commit
    from dispatch.orders import Quote

POLICY = Policy(quote_search_s=0)
"""No search for quotes, by the clock or otherwise."""

SHIFT_S = 6 * 3600
LONGEST_PROMISE_S = 3600
"""Open orders were promised from the usual time to so much: some of them were requoted."""

LEAVING = 0.2
"""Share of floods in which the courier who was to bring what was quoted takes a break."""

TAPS = (Departed, Arrived, Loaded, Delivered, Returned)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order of the burst: seconds after the quote, its service and its drops."""

    after_s: int
    service: str
    drops: tuple[DropRequest, ...]


@dataclass(frozen=True, slots=True)
class Flood:
    """
    What is drawn of a flood.

    ``work_s`` are the seconds that couriers worked before the quote; ``working`` says of each
    whether they tap at all. ``leaves_s`` seconds after the quote the courier who was to bring what
    was quoted takes a break (None: nobody does).
    """

    seed: int
    working: tuple[bool, ...]
    open_orders: tuple[tuple[int, DropRequest], ...]
    work_s: int
    reserved: tuple[DropRequest, ...]
    burst: tuple[Wanted, ...]
    leaves_s: int | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """
    What came of a flood, with the place held or without.

    ``quote_s`` is the time quoted and ``kept`` whether its order got it, as planned; ``lapse`` says
    why its place was given up (empty: it was not) and ``after`` what happened then. ``promises``
    are the seconds promised to the orders of the burst, ``work_s`` the seconds that all couriers'
    routes still take at the end.
    """

    quote_s: int
    feasible: bool
    held: bool
    kept: bool
    lapse: str
    after: str
    promises: tuple[int, ...]
    work_s: int


def draw_flood(seed: int, desks: Sequence[str]) -> Flood:
    """Returns a flood for a seed: 4 to 15 couriers, 0 to 60 open drops, 3 to 20 other orders."""
    rng = np.random.default_rng([seed, 5])
    couriers = int(rng.integers(4, 16))
    open_orders = tuple(
        (int(rng.integers(0, LONGEST_PROMISE_S)), _drop(rng, desks))
        for _ in range(int(rng.integers(0, 61)))
    )
    moments = sorted(rng.integers(0, POLICY.quote_valid_s, size=int(rng.integers(3, 21))).tolist())
    return Flood(
        seed=seed,
        working=tuple((rng.random(couriers) < 0.7).tolist()),
        open_orders=open_orders,
        work_s=int(rng.integers(0, 300)),
        reserved=tuple(_drop(rng, desks) for _ in range(int(rng.choice((1, 1, 1, 2))))),
        burst=tuple(
            Wanted(at, URGENT if rng.random() < 0.75 else STANDARD, (_drop(rng, desks),))
            for at in moments
        ),
        leaves_s=int(rng.integers(1, POLICY.quote_valid_s)) if rng.random() < LEAVING else None,
    )


def _drop(rng: np.random.Generator, desks: Sequence[str]) -> DropRequest:
    item = Item("A4-80", int(rng.integers(1, 4)), 2)
    return DropRequest(DeskRequest(id=desks[int(rng.integers(len(desks)))]), (item,))


def play(flood: Flood, city: City) -> tuple[Played, Played]:
    """Returns what came of a flood with the place held, and without."""
    zone = _Zone(city, flood.working)
    zone.fill(flood)
    zone.work_until(START + flood.work_s)
    twin = zone.copy()
    return zone.flooded(flood, reserve=True), twin.flooded(flood, reserve=False)


class _Zone:
    """A zone and its couriers; mutable because time passes in it."""

    def __init__(self, city: City, working: Sequence[bool]) -> None:
        store = HELSINKI_STORE.to_domain()
        state = State(stores={store.id: store})
        self.now, self.lapse, self.after = START, "", ""
        self.dispatcher = self._dispatcher(city, state, Plan())
        self.tapped = 0
        for number in range(1, len(working) + 1):
            wanted = CourierRequest(f"Courier {number}", store.id, CAPACITY, START, START + SHIFT_S)
            add_courier(self.dispatcher, wanted, START)
        couriers = self.dispatcher.state.couriers
        self.workers = [c for c, works in zip(couriers, working, strict=True) if works]

    def _dispatcher(self, city: City, state: State, plan: Plan) -> Dispatcher:
        return Dispatcher(
            zone="flood", city=city, policy=POLICY, state=state, plan=plan, commit=self._note
        )

    def _note(self, commit: Commit) -> None:
        """Notes why a place was given up, and in the wake of what."""
        for event in commit.events:
            if isinstance(event, HoldLapsed):
                self.lapse, self.after = event.reason, cause_of(commit)

    def copy(self) -> _Zone:
        """Returns a zone in the same state, which goes its own way."""
        other = object.__new__(_Zone)
        other.now, other.lapse, other.after = self.now, "", ""
        other.tapped, other.workers = self.tapped, self.workers
        ours = self.dispatcher
        other.dispatcher = other._dispatcher(ours.city, ours.state, ours.plan)
        return other

    def fill(self, flood: Flood) -> None:
        """Places the open orders in one step, promised one time or another."""
        for promise_s, drop in flood.open_orders:
            request = OrderRequest(URGENT, (drop,), ready_at=self.now)
            placed = new_order(self.dispatcher, request, HELSINKI_STORE.id, self.now)
            longer_s = max(placed.order.promise_s, promise_s)
            self.dispatcher.record(self.now, with_promise(placed, longer_s))
        self.dispatcher.handle(self.now)

    def flooded(self, flood: Flood, *, reserve: bool) -> Played:
        """Returns what comes of the flood from the quote on."""
        request = QuoteRequest(URGENT, flood.reserved, reserve=reserve)
        answer = give_quote(self.dispatcher, request, self.now)
        quote = answer.quote
        promises = self._burst(flood, answer.courier)
        self.work_until(quote.expires_at)
        if (
            reserve
            and not self.lapse
            and (gone := lost(self.dispatcher.present(self.now), self.now))
        ):
            # Nobody looked since: it would have been told at the next step.
            self.lapse, self.after = gone[0].reason, "time"
        return Played(
            quote_s=quote.promise_s,
            feasible=quote.feasible,
            held=bool(quote.held),
            kept=self._is_kept(flood, quote),
            lapse=self.lapse,
            after=self.after,
            promises=tuple(promises),
            work_s=self._work_left(),
        )

    def _burst(self, flood: Flood, courier: str | None) -> list[int]:
        """Returns the seconds promised to the orders of the burst; a courier may leave in it."""
        began, promises = self.now, []
        moments = [(wanted.after_s, wanted) for wanted in flood.burst]
        leaving = [] if flood.leaves_s is None or courier is None else [(flood.leaves_s, None)]
        for after_s, wanted in sorted([*moments, *leaving], key=lambda moment: moment[0]):
            self.work_until(began + after_s)
            if wanted is not None:
                other = OrderRequest(wanted.service, wanted.drops)
                promises.append(place_order(self.dispatcher, other, self.now).promise_s)
            elif courier is not None:
                change_courier(self.dispatcher, courier, CourierChange(paused=True), self.now)
        return promises

    def _is_kept(self, flood: Flood, quote: Quote) -> bool:
        """Returns whether the quote's order is planned by what was quoted, when it is placed."""
        wish = OrderRequest(URGENT, flood.reserved, quote_id=quote.id)
        order = place_order(self.dispatcher, wish, self.now)
        planned = self.dispatcher.plan.assignments()
        due_at = self.now + quote.promise_s
        return all(d in planned and planned[d][1].departure <= due_at for d in order.drops)

    def _work_left(self) -> int:
        """Returns the seconds until each courier is back with all done, added up."""
        routes = self.dispatcher.plan.routes
        return sum(route.stops[-1].departure - self.now for route in routes if route.stops)

    def work_until(self, until: int) -> None:
        """Lets couriers do what is planned before a moment, and the zone tick."""
        tick_s = POLICY.tick_s
        while True:
            tick = (self.now // tick_s + 1) * tick_s
            at, courier = min(((at, c) for c, at in self._taps()), default=(tick, ""))
            if min(at, tick) > until:
                break
            self.now = min(at, tick)
            if at <= tick and courier:
                self._tap(courier)
            else:
                self.dispatcher.tick(self.now)
        self.now = until

    def _taps(self) -> Iterator[tuple[str, int]]:
        """Yields when each courier who works taps next, who has something to do."""
        for courier in self.workers:
            found = next_tap(self.dispatcher, courier, self.now)
            if found is not None:
                yield courier, found[0]

    def _tap(self, courier: str) -> None:
        found = next_tap(self.dispatcher, courier, self.now)
        assert found is not None
        _, action = found
        self.tapped += 1
        action = replace(action, action_id=f"tap-{self.tapped}", seq=self.tapped)
        (answer,) = act(self.dispatcher, courier, [action], None, self.now, lambda _: None)
        if answer.result != "applied":
            raise RuntimeError(f"{action.kind} of {action.stop} by {courier} was {answer}.")


def next_tap(dispatcher: Dispatcher, courier: str, now: int) -> tuple[int, Action] | None:
    """Returns what a courier taps next and when, as planned; None: there is nothing to do."""
    route, committed = (
        dispatcher.plan.route_of(courier),
        dispatcher.state.couriers[courier].committed,
    )
    if route is None or not route.stops:
        return None
    stop = route.stops[0]
    if committed is None:
        return now, _action("departed", stop.id, now)
    if committed.arrived_at is None:
        at = max(now, stop.arrival)
        return at, _action("arrived", stop.id, at)
    if stop.kind is StopKind.LOAD and not stop.drops:
        # What is held is waited for; nobody sees it yet.
        return None
    at = max(now, stop.departure)
    if stop.kind is StopKind.LOAD:
        return at, replace(_action("loaded", stop.id, at), drops=stop.drops)
    return at, _action("delivered", stop.id, at)


def _action(kind: str, stop: str, at: int) -> Action:
    return Action("", 0, kind, stop, occurred_at=at)


def cause_of(commit: Commit) -> str:
    """Returns what a step was about: order, break, tap, or time."""
    if any(isinstance(event, OrderPlaced) for event in commit.events):
        return "order"
    if any(isinstance(event, CourierChanged) for event in commit.events):
        return "break"
    return "tap" if any(isinstance(event, TAPS) for event in commit.events) else "time"
