"""
The reference: what comes within the next twenty minutes is known, order by order.

Each order enters the problem `KNOWN_S` before it is placed, with the moment from which its goods
can be loaded: about as long before as it is promised to take. The plan is made anew after each
event, with a longer search than others have and a margin for luck, which nobody knows. As everybody
has work ahead, standard orders ride along to the same building or wait for another day. A better
plan may exist: what is found is found by search, not proven.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from benchmarks.days_policies import FEWEST_JOBS, Ours
from dispatch.carrying import sequences_of_solution
from dispatch.intake import new_order
from dispatch.orders import StopKind
from dispatch.proposals import carried
from scenarios.in_process import request_of
from scenarios.log import PlacedOrder
from solver.problem import PROMISED
from solver.solution import cost, delivery_starts
from solver.solve import solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.orders import Order
    from scenarios.demand import WantedOrder
    from scenarios.route import RouteStop
    from solver.problem import Job, Problem
    from solver.solution import Solution

KNOWN_S = 20 * 60
"""
How long before it is placed an order is known.

Longer is worse here, not better: in a day of 42 orders 67 % came in time with 20 minutes, 60 with
30 and 52 with 45. A larger problem is searched less well, and what is far ahead luck undoes.
"""

LONGER = 3
"""How many times as long as others it searches."""

MARGIN_S = 240
"""What is left before a deadline where that can be had: luck is not known."""

SHOWN_S = 300
"""A courier is shown a load stop so many seconds before setting off for it is due."""


class Hindsight(Ours):
    """A zone that is told what is going to be ordered."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._coming: list[WantedOrder] = []
        self._known: dict[int, Order] = {}

    def foretell(self, orders: Sequence[WantedOrder]) -> None:
        """Tells what will be ordered."""
        self._coming = sorted(orders, key=lambda order: order.at, reverse=True)

    def advance(self, now: int) -> None:
        """Lets time pass until ``now``; what is known by then is planned."""
        super().advance(now)
        while self._coming and self._coming[-1].at <= now + KNOWN_S:
            order = self._coming.pop()
            placed = new_order(self.dispatcher, request_of(order), self.store.id, order.at)
            self.dispatcher.handle(now, placed)
            self._known[order.number] = placed.order
        self._heard()

    def ordered(self, order: WantedOrder) -> PlacedOrder:
        """Returns an order that was known before, with the usual time promised."""
        known = self._known[order.number]
        due_at = known.placed_at + known.promise_s
        return PlacedOrder(order, known.id, self.now, due_at, known.drops, known.promise_s)

    def decide(self) -> None:
        """Searches for a plan with a margin before each deadline."""
        start = self.dispatcher.present(self.now)
        if len(start.model.problem.jobs) < FEWEST_JOBS:
            return
        careful = with_margin(start.model.problem, start.solution)
        found = solve(careful, self.bound(LONGER), start.solution).solution
        if cost(careful, found) < cost(careful, start.solution):
            sequences = sequences_of_solution(careful, found.routes)
            self.dispatcher.publish(self.now, (), carried(start.state, start.model, sequences))

    def route(self, courier: str, now: int) -> tuple[RouteStop, ...]:
        """
        Returns the stops a courier has ahead, none while the next one is to load in a while.

        Who has set off for a load stop waits at the counter, and could not be sent elsewhere. What
        is not ordered yet is on nobody's screen.
        """
        shown = (self._shown(stop, now) for stop in super().route(courier, now))
        stops = tuple(takewhile(lambda stop: stop.drops or stop.kind is StopKind.RETURN, shown))
        committed = self.dispatcher.state.couriers[courier].committed
        if not stops or committed is not None or stops[0].kind is not StopKind.LOAD:
            return stops
        return stops if stops[0].start - stops[0].travel_s <= now + SHOWN_S else ()

    def _shown(self, stop: RouteStop, now: int) -> RouteStop:
        state = self.dispatcher.state
        placed_at = {drop: state.orders[state.drops[drop].order].placed_at for drop in stop.drops}
        return replace(stop, drops=tuple(drop for drop in stop.drops if placed_at[drop] <= now))


def with_margin(problem: Problem, solution: Solution) -> Problem:
    """Returns the problem in which promises that a solution keeps by the margin must keep it."""
    starts = delivery_starts(problem, solution.routes)
    jobs = tuple(_careful(job, starts.get(j)) for j, job in enumerate(problem.jobs))
    return replace(problem, jobs=jobs)


def _careful(job: Job, start: int | None) -> Job:
    due = job.delivery.due
    if job.rank != PROMISED or due is None or start is None or start > due - MARGIN_S:
        return job
    return replace(job, delivery=replace(job.delivery, due=due - MARGIN_S))
