"""
The plainest dispatcher: the oldest order in the queue goes to the nearest courier who is idle.

One order a trip, urgent and standard alike, nothing is ever planned ahead, moved or searched for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.days_part import part, served
from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.dispatcher import Dispatcher
from dispatch.entering import is_on_duty
from dispatch.orders import DropStatus, StopKind
from dispatch.proposals import judged, without
from solver.insertion import insert
from solver.solution import Activity, Kind, Solution

if TYPE_CHECKING:
    from dispatch.model import Model
    from dispatch.orders import Order
    from dispatch.proposals import Proposal
    from dispatch.state import State
    from solver.solution import Route


class OneByOne(Dispatcher):
    """A zone in which nothing is inserted: whoever is idle gets the oldest order, a trip's end."""

    @classmethod
    def of(cls, other: Dispatcher) -> OneByOne:
        """Returns a zone like another one that nothing was done in yet."""
        return cls(
            zone=other.zone,
            city=other.city,
            policy=other.policy,
            state=other.state,
            plan=other.plan,
            commit=lambda commit: None,
        )

    def propose(self, state: State, now: int) -> Proposal:
        """Returns the plan carried over, with a trip for each idle courier while orders wait."""
        model = self.model(state, now)
        routes = carry_over(sequences_of_plan(self.plan), model)
        solution = without(model.problem, routes, ())
        stranded = [j for j in solution.unassigned if model.problem.jobs[j].pickup is None]
        solution = insert(model.problem, solution, stranded)
        routes = _with_trips(model, state, solution).routes
        # Nobody asks why an order waits in a queue; to find the reasons for each takes long.
        problem, routes = part(model.problem, routes, served(routes))
        return judged(state, replace(model, problem=problem), Solution(routes))


def _with_trips(model: Model, state: State, solution: Solution) -> Solution:
    """Returns the solution with trips given out, the oldest order first."""
    routes, left = list(solution.routes), set(solution.unassigned)
    idle = _idle(model, state, solution)
    number = {job.name: j for j, job in enumerate(model.problem.jobs)}
    for order in _queue(state):
        jobs = [number[d] for d in order.drops if number.get(d) in left]
        able = [v for v in idle if jobs and _can_take(model, v, jobs)]
        if not able:
            continue
        v = min(able, key=lambda v: (_at_store(model, v, jobs[0]), v))
        routes[v] = (*routes[v], *_trip(model, jobs))
        left -= set(jobs)
        idle.remove(v)
    # A trip that would end after a shift is not begun.
    return without(model.problem, routes, ())


def _queue(state: State) -> list[Order]:
    waiting = [d.order for d in state.open_drops() if d.status is DropStatus.WAITING]
    orders = [state.orders[name] for name in dict.fromkeys(waiting)]
    return sorted(orders, key=lambda order: order.placed_at)


def _idle(model: Model, state: State, solution: Solution) -> list[int]:
    """The vehicles of couriers on duty who carry nothing, with nothing to do but come back."""
    found = []
    for v, vehicle in enumerate(model.problem.vehicles):
        courier = state.couriers[vehicle.name]
        is_free = courier.committed is None or courier.committed.kind is StopKind.RETURN
        is_free = is_free and is_on_duty(courier, model.now)
        if is_free and not solution.routes[v] and not state.on_board(courier.id):
            found.append(v)
    return found


def _can_take(model: Model, v: int, jobs: list[int]) -> bool:
    wanted, vehicle = [model.problem.jobs[j] for j in jobs], model.problem.vehicles[v]
    load = [sum(amounts) for amounts in zip(*(job.load for job in wanted), strict=True)]
    fits = all(a <= b for a, b in zip(load, vehicle.capacity, strict=True))
    return fits and all(job.allows(v) for job in wanted)


def _at_store(model: Model, v: int, j: int) -> int:
    """When the courier can be at the counter, seconds from now."""
    vehicle, pickup = model.problem.vehicles[v], model.problem.jobs[j].pickup
    assert pickup is not None, "What waits has to be loaded."
    return vehicle.shift.early + int(model.problem.durations[vehicle.start, pickup.location])


def _trip(model: Model, jobs: list[int]) -> Route:
    """Returns all of an order loaded at once, each next desk the nearest one."""
    problem = model.problem
    loaded = tuple(Activity(j, Kind.PICKUP) for j in jobs)
    pickup = problem.jobs[jobs[0]].pickup
    assert pickup is not None, "What waits has to be loaded."
    here, open_jobs, handed = pickup.location, list(jobs), []
    while open_jobs:
        to = {j: problem.jobs[j].delivery.location for j in open_jobs}
        j = min(open_jobs, key=lambda j: (problem.durations[here, to[j]], j))
        open_jobs.remove(j)
        handed.append(Activity(j, Kind.DELIVERY))
        here = to[j]
    return loaded + tuple(handed)
