"""
Who decides: our planning with and without quotes and search, and the field's other ways.

All drive the same world with the same couriers, the same state and the same published plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.days_fifo import OneByOne
from benchmarks.days_part import part, served
from benchmarks.days_zone import Measured
from benchmarks.freeze_files import Frozen
from benchmarks.plain_problem import plain, plain_routes, read_back
from benchmarks.snapshots_questions import FULL, question
from benchmarks.solver_env import Peer
from dispatch.carrying import sequences_of_solution
from dispatch.intake import new_order
from dispatch.ordering import place_order
from dispatch.policy import MOST
from dispatch.proposals import carried
from scenarios.in_process import request_of
from scenarios.log import PlacedOrder
from solver.solution import Solution
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.orders import Store
    from dispatch.policy import Policy
    from dispatch.proposals import Proposal
    from scenarios.demand import WantedOrder
    from solver.problem import Problem

FEWEST_JOBS = 2
"""One job alone can be nowhere better: nobody is asked to plan it again."""


class Insertion(Measured):
    """Cheapest insertion alone; the usual time is promised to everybody, kept or not."""

    def ordered(self, order: WantedOrder) -> PlacedOrder:
        """Returns the order with the usual time promised, put where it costs least."""
        placed = new_order(self.dispatcher, request_of(order), self.store.id, self.now)
        self.dispatcher.handle(self.now, placed)
        self._heard()
        told = placed.order
        due_at = self.now + told.promise_s
        return PlacedOrder(order, told.id, self.now, due_at, told.drops, told.promise_s)


class Fifo(Insertion):
    """Urgent and standard orders in one queue, the oldest first to the nearest idle courier."""

    def __init__(self, city: City, store: Store, policy: Policy, *rest: Any, **more: Any) -> None:
        # Nothing waits for company: as if every standard drop were about to be late.
        super().__init__(city, store, replace(policy, standard_margin_s=MOST), *rest, **more)
        self.dispatcher = OneByOne.of(self.dispatcher)


class Ours(Measured):
    """Our planning as it ships: quotes, and a search after each event."""

    def decide(self) -> None:
        """Searches for a better plan, and publishes it if it is one."""
        snapshot = self.dispatcher.snapshot(self.now)
        if snapshot is None or len(snapshot.problem.jobs) < FEWEST_JOBS:
            return
        found = solve(snapshot.problem, self.bound(), snapshot.initial)
        self.dispatcher.adopt(snapshot, found.solution, self.now)

    def bound(self, times: int = 1) -> SolveParams:
        """Returns how long is searched; another course at each event, the same in each run."""
        seed = len(self.decisions)
        if self.iterations:
            return SolveParams(iterations=times * self.iterations, seed=seed, engine="sisr")
        return SolveParams(seconds=times * self.seconds, seed=seed)


class Unquoted(Ours):
    """Our planning, but the usual time is promised to everybody, kept or not."""

    def ordered(self, order: WantedOrder) -> PlacedOrder:
        """Returns the order with the usual time promised."""
        request = replace(request_of(order), on_infeasible="accept_late")
        placed = place_order(self.dispatcher, request, self.now)
        self._heard()
        due_at = self.now + placed.promise_s
        return PlacedOrder(order, placed.id, self.now, due_at, placed.drops, placed.promise_s)


class Resolved(Insertion):
    """
    Another solver plans anew at each event, and its plan is published as it is.

    It is told what `snapshots_questions` tells of the full problem: rides cost their seconds, no
    lateness is known to it, so a promise that can be kept has a hard end, and one that our
    insertion cannot keep its end there. What it loses our insertion puts back. Raises Skipped where
    the solver cannot be had.
    """

    solver = ""
    warm = True
    """Whether it starts from the plan in force, or from nothing."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._peer = Peer(self.solver)

    def decide(self) -> None:
        """Publishes what the solver makes of this moment."""
        start = self.dispatcher.present(self.now)
        jobs = served(start.solution.routes)
        if len(jobs) < FEWEST_JOBS:
            return
        problem, routes = part(start.model.problem, start.solution.routes, jobs)
        asked = question(Frozen("", 0, problem, Solution(routes), 0, (), ()), FULL)
        told = self._peer.ask(
            plain(asked.told),
            seconds=self.seconds,
            seed=len(self.decisions),
            initial=plain_routes(asked.complete_start) if self.warm else None,
        )
        if told["routes"] is None:
            self.refused.append(str(told["error"]))
            return
        found = read_back(problem, told["routes"])
        self.dispatcher.publish(self.now, (), self._proposal(start, problem, found))

    def _proposal(self, start: Proposal, problem: Problem, found: Solution) -> Proposal:
        sequences = sequences_of_solution(problem, found.routes)
        return carried(start.state, start.model, sequences)

    def close(self) -> None:
        """Ends the solver's process."""
        self._peer.close()


class Vroom(Resolved):
    """VROOM from nothing at each event, as its own examples use it."""

    solver, warm = "vroom", False


class WarmVroom(Resolved):
    """VROOM from the plan in force, told as the steps of its vehicles."""

    solver = "vroom"


class Pyvrp(Resolved):
    """PyVRP from the plan in force."""

    solver = "pyvrp"
