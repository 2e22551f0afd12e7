"""The OR-Tools lane: guided local search from a given solution, collecting what it finds."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from solver.budget import inserting_seconds
from solver.model import build_model
from solver.problem import Measure
from solver.resting import with_breaks, without_breaks
from solver.solution import Solution
from solver.weights import weights_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solver.model import Model
    from solver.problem import Problem
    from solver.solution import Route

_MOST_CANDIDATES = 5
"""How many of the last improvements are handed over: the best may break what the model relaxes."""

_LONGEST_READING = 2.0
"""Seconds after which a start with breaks is given up, where the budget leaves more."""

_LARGEST_PRICE = 2**61
"""What one ride may cost in the one number that OR-Tools minimises, in 64 bits."""


_INSERTING = (
    "use_global_cheapest_insertion_path_lns",
    "use_local_cheapest_insertion_path_lns",
    "use_relocate_path_global_cheapest_insertion_insert_unperformed",
    "use_global_cheapest_insertion_expensive_chain_lns",
    "use_local_cheapest_insertion_expensive_chain_lns",
)
"""The moves of OR-Tools that insert many jobs anew, in one go between two looks at the clock."""

_MOST_INSERTING = 0.1
"""Part of the time left that such a move may take; otherwise OR-Tools does without them."""

_LATE = 0.5
"""By what part of the time that reading a solution took the search may be late."""


@dataclass(frozen=True, slots=True)
class Bound:
    """
    When a search ends: at an instant of ``perf_counter``, after a count of steps, or at the first.

    None means not bounded by it.
    """

    deadline: float | None
    steps: int | None

    @property
    def left(self) -> float:
        """The seconds left until the deadline, infinite without one."""
        return math.inf if self.deadline is None else self.deadline - perf_counter()

    def reached(self, steps: int) -> bool:
        """Returns whether a search that has taken this many steps must end."""
        if self.steps is not None and steps >= self.steps:
            return True
        return self.left <= 0


def search(
    problem: Problem, start: Solution, bound: Bound, seed: int
) -> tuple[tuple[Solution, ...], str]:
    """
    Returns the last improvements that OR-Tools found upon ``start``, best first, and a note.

    They are improvements by its own reckoning: whoever calls judges and prices them. The note says
    why the model did not read the start, and is empty when it did. A step is one neighbour looked
    at.
    """
    declined = _why_not(problem)
    if declined:
        return (), declined
    order = list(range(len(problem.jobs)))
    if seed:
        # OR-Tools has a random generator of its own, always seeded alike: nodes in another order
        # take another course.
        random.Random(seed).shuffle(order)
    model = build_model(problem, start, order)
    improvements: list[tuple[Route, ...]] = []
    # The model keeps its callback and the callback its model, a circle through C++ that Python
    # never collects, 4 MB for 20 jobs: emptying the list opens it.
    models = [model]
    model.routing.AddAtSolutionCallback(_collector(problem, models, improvements))
    note = _run(problem, model, start, bound)
    models.clear()
    if note:
        return (), note
    found = [_rested(problem, routes) for routes in improvements[-_MOST_CANDIDATES:]]
    return tuple(reversed(found)), ""


def _rested(problem: Problem, routes: tuple[Route, ...]) -> Solution:
    """Returns the solution with these tasks; where breaks find no place the judge will say so."""
    served = {activity.job for route in routes for activity in route}
    if any(vehicle.breaks for vehicle in problem.vehicles):
        routes = tuple(with_breaks(problem, v, r) or r for v, r in enumerate(routes))
    return Solution(routes, frozenset(range(len(problem.jobs))) - served)


def _why_not(problem: Problem) -> str:
    """Returns why a problem has no OR-Tools model, empty when it has one."""
    if not problem.vehicles or not problem.jobs:
        return "There is nothing to search for without vehicles and jobs."
    longest = max(int(problem.durations_of(v).max()) for v in range(len(problem.vehicles)))
    if weights_of(problem)[Measure.BUSY] * longest > _LARGEST_PRICE:
        return "The tiers weigh travel so heavily that its price exceeds 64 bits."
    return ""


def _collector(
    problem: Problem, models: Sequence[Model], improvements: list[tuple[Route, ...]]
) -> Callable[[], None]:
    """Returns a callback that adds the routes of each solution cheaper than all before."""
    cheapest: list[int] = []

    def collect() -> None:
        (model,) = models
        price = model.routing.CostVar().Min()
        if cheapest and price >= cheapest[0]:
            return
        cheapest[:] = [price]
        routes = tuple(_route_of(model, v) for v in range(len(problem.vehicles)))
        improvements.append(routes)

    return collect


def _route_of(model: Model, v: int) -> Route:
    """Returns the route of a vehicle in the solution that OR-Tools has just found."""
    routing = model.routing
    route = []
    index = routing.NextVar(routing.Start(v)).Value()
    while not routing.IsEnd(index):
        route.append(model.activities[index])
        index = routing.NextVar(index).Value()
    return tuple(route)


def _run(problem: Problem, model: Model, start: Solution, bound: Bound) -> str:
    """Searches until the bound; returns why the model did not read the start, empty: it did."""
    routing = model.routing
    if bound.left <= 0:
        return "The budget was over before the OR-Tools model was built."
    allow_steps = _add_step_limit(routing, bound)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    metaheuristics = routing_enums_pb2.LocalSearchMetaheuristic
    parameters.local_search_metaheuristic = metaheuristics.GUIDED_LOCAL_SEARCH
    late = _choose_moves(problem, parameters, bound)
    # A limit that is known when the model is closed limits the reading too: a short one lets it
    # fail, but to find a time for each break can take for ever.
    rests = any(vehicle.breaks for vehicle in problem.vehicles)
    _set_time_limit(parameters, min(bound.left, _LONGEST_READING) if rests else math.inf)
    # In this order: closing fixes the operators, reading needs the closed model.
    routing.CloseModelWithParameters(parameters)
    tasks = [without_breaks(route) for route in start.routes]
    routes = [[model.indices[activity] for activity in route] for route in tasks]
    began = perf_counter()
    assignment = routing.ReadAssignmentFromRoutes(routes, True)
    if assignment is None:
        return "OR-Tools could not read the start back into its model."
    late += _LATE * (perf_counter() - began)
    left = bound.left - late
    if left > 0:
        allow_steps()
        _set_time_limit(parameters, left)
        routing.SolveFromAssignmentWithParameters(assignment, parameters)
    return ""


def _choose_moves(problem: Problem, parameters: Any, bound: Bound) -> float:
    """Leaves out moves that take too long for the time left; returns how late others may be."""
    longest = inserting_seconds(problem)
    if bound.deadline is None:
        return 0.0
    if longest <= _MOST_INSERTING * bound.left:
        return longest
    for name in _INSERTING:
        setattr(parameters.local_search_operators, name, optional_boolean_pb2.BOOL_FALSE)
    return 0.0


def _add_step_limit(routing: Any, bound: Bound) -> Callable[[], None]:
    """
    Adds the limit by steps, if there is one; returns what allows the count to start.

    It starts with the first solution after that, the start itself: a search that is stopped before
    it has any never ends.
    """
    most = bound.steps
    is_read, taken = [False], [-1]

    def begin() -> None:
        if is_read[0]:
            taken[0] = max(0, taken[0])

    def over() -> bool:
        taken[0] += taken[0] >= 0
        return most is not None and taken[0] > most

    def allow() -> None:
        is_read[0] = True

    if most is not None:
        routing.AddAtSolutionCallback(begin)
        routing.AddSearchMonitor(routing.solver().CustomLimit(over))
    return allow


def _set_time_limit(parameters: Any, left: float) -> None:
    """Limits the search to some seconds, at least 1 ms; an hour where only steps count."""
    parameters.time_limit.FromMicroseconds(max(1000, int(min(left, 3600.0) * 1e6)))
