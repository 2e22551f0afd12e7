"""
What might be published: legal solutions of the problem of a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over
from dispatch.entering import has_company
from dispatch.holds import is_held, with_holds
from dispatch.model import Model
from dispatch.reach import gap
from dispatch.retiming import retimed
from dispatch.state import State
from solver.check import violations
from solver.insertion import complete
from solver.salvage import salvage
from solver.solution import Activity, Kind, Solution, cost, cost_since, load_stops

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dispatch.carrying import Sequences
    from solver.problem import Problem
    from solver.solution import Route


@dataclass(frozen=True, slots=True)
class Proposal:
    """A legal solution of the problem of a state, not yet published."""

    state: State
    model: Model
    solution: Solution


def carried(state: State, model: Model, sequences: Sequences) -> Proposal:
    """
    Returns older sequences as a legal proposal in a newer problem, newcomers inserted.

    A place held is on nobody's screen: it goes where it costs least, if that is not where it was,
    and it does not become late by it.
    """
    routes = carry_over(sequences, model)
    solution = _completed(model, routes)
    held = {j for j, job in enumerate(model.problem.jobs) if is_held(job.name)}
    if held:
        rest = [tuple(a for a in route if a.job not in held) for route in routes]
        again = _completed(model, rest)
        price = cost(model.problem, solution)
        is_cheaper = cost_since(model.problem, solution, price, again) < price
        if is_cheaper and _late(model, again, held) <= _late(model, solution, held):
            solution = again
    return judged(state, model, solution)


def without(problem: Problem, routes: Sequence[Route], jobs: Collection[int]) -> Solution:
    """Returns what is legal of some routes with these jobs in none of them."""
    others = [tuple(a for a in route if a.job not in jobs) for route in routes]
    kept = salvage(problem, others)
    served = {activity.job for route in kept for activity in route}
    return Solution(kept, frozenset(range(len(problem.jobs))) - served)


def _late(model: Model, solution: Solution, jobs: set[int]) -> set[int]:
    """Returns which of these jobs would be late, or in nobody's route."""
    starts = {
        visit.activity.job: visit.start
        for v in range(len(model.problem.vehicles))
        for visit in retimed(model, v, solution.routes[v]).visits
        if visit.activity.kind is Kind.DELIVERY
    }
    dues = {j: model.problem.jobs[j].delivery.due for j in jobs}
    return {
        j for j, due in dues.items() if j not in starts or (due is not None and starts[j] > due)
    }


def _completed(model: Model, routes: Sequence[Route]) -> Solution:
    """Returns a legal solution made of these routes, with goods on board first if they must."""
    problem = model.problem
    solution = complete(problem, routes)
    stranded = {v for j in solution.unassigned if (v := _brings(model, j)) is not None}
    if stranded:
        # Goods on board go first; in this order they fit into the shift, see build_problem.
        aboard = {
            v: tuple(
                Activity(j, Kind.DELIVERY)
                for j in range(len(problem.jobs))
                if _brings(model, j) == v
            )
            for v in stranded
        }
        solution = complete(problem, [aboard.get(v, route) for v, route in enumerate(routes)])
    return solution


def _brings(model: Model, j: int) -> int | None:
    """Returns the vehicle that has a job on board and can bring it, None where none does."""
    v = model.problem.jobs[j].carrier
    return v if v is not None and gap(model.problem, v, j) is None else None


def judged(
    state: State, model: Model, solution: Solution, known: Solution | None = None
) -> Proposal:
    """
    Returns a solution as a proposal: lonely fills wait again, and the judge has nothing to say.

    ``known`` was judged in this model before; routes that are in it are not judged again.
    Raises AssertionError for an illegal solution, which no algorithm of ours may produce.
    """
    solution = _without_lonely_fills(state, model, solution)
    wrong = violations(model.problem, solution, known)
    if wrong:
        raise AssertionError(f"An illegal plan was about to be published: {wrong}")
    return Proposal(state, model, solution)


def _without_lonely_fills(state: State, model: Model, solution: Solution) -> Solution:
    """
    Returns the solution without standard drops that were to ride along but lost their company.

    Such a drop may only share a trip with an urgent one to its building; alone it goes back to
    waiting, which is no worse for anybody's promise. A place held may ride along as well.
    """
    if not model.entering.fills:
        return solution
    drops = with_holds(state, model.now).drops
    lonely = {
        j
        for route in solution.routes
        for trip in _trips(model, route)
        for j in trip
        if (drop := model.problem.jobs[j].name) in model.entering.fills
        and not has_company(drops[drop], frozenset(model.problem.jobs[i].name for i in trip), state)
    }
    if not lonely:
        return solution
    routes = tuple(
        tuple(activity for activity in route if activity.job not in lonely)
        for route in solution.routes
    )
    return Solution(routes, solution.unassigned | lonely)


def _trips(model: Model, route: Route) -> list[list[int]]:
    return [
        [activity.job for activity in route[first:last] if activity.kind is Kind.PICKUP]
        for first, last in load_stops(model.problem, route)
    ]


def handover_ends(proposal: Proposal) -> dict[str, tuple[int, str]]:
    """
    Returns for each planned drop the end of its hand-over, in Unix seconds, and its courier.

    Drops of places held are among them.
    """
    problem, now = proposal.model.problem, proposal.model.now
    return {
        name: (visit.departure + now, vehicle.name)
        for v, vehicle in enumerate(problem.vehicles)
        for visit in retimed(proposal.model, v, proposal.solution.routes[v]).visits
        if visit.activity.kind is Kind.DELIVERY
        and (is_held(name := problem.jobs[visit.activity.job].name) or name in proposal.state.drops)
    }
