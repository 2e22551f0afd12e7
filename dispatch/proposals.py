"""
What might be published: legal solutions of the problem of a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over
from dispatch.model import Model
from dispatch.policy import has_company
from dispatch.reach import gap
from dispatch.state import State
from solver.check import violations
from solver.insertion import complete
from solver.solution import Activity, Kind, Solution, load_stops

if TYPE_CHECKING:
    from dispatch.carrying import Sequences
    from solver.solution import Route


@dataclass(frozen=True, slots=True)
class Proposal:
    """A legal solution of the problem of a state, not yet published."""

    state: State
    model: Model
    solution: Solution


def carried(state: State, model: Model, sequences: Sequences) -> Proposal:
    """Returns older sequences as a legal proposal in a newer problem, newcomers inserted."""
    problem, routes = model.problem, carry_over(sequences, model)
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
    return judged(state, model, solution)


def _brings(model: Model, j: int) -> int | None:
    """Returns the vehicle that has a job on board and can bring it, None where none does."""
    v = model.problem.jobs[j].carrier
    return v if v is not None and gap(model.problem, v, j) is None else None


def judged(state: State, model: Model, solution: Solution) -> Proposal:
    """
    Returns a solution as a proposal: lonely fills wait again, and the judge has nothing to say.

    Raises AssertionError for an illegal solution, which no algorithm of ours may produce.
    """
    solution = _without_lonely_fills(state, model, solution)
    wrong = violations(model.problem, solution)
    if wrong:
        raise AssertionError(f"An illegal plan was about to be published: {wrong}")
    return Proposal(state, model, solution)


def _without_lonely_fills(state: State, model: Model, solution: Solution) -> Solution:
    """
    Returns the solution without standard drops that were to ride along but lost their company.

    Such a drop may only share a trip with an urgent one to its building; alone it goes back to
    waiting, which is no worse for anybody's promise.
    """
    lonely = {
        j
        for route in solution.routes
        for trip in _trips(model, route)
        for j in trip
        if (drop := model.problem.jobs[j].name) in model.entering.fills
        and not has_company(
            state.drops[drop], frozenset(model.problem.jobs[i].name for i in trip), state
        )
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
