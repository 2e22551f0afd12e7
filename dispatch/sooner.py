"""
A search for a plan that keeps the usual time, before a longer one is said.

Insertion alone moves nothing that is planned, and promises less than could be kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.outlooks import Outlook, breaks_word, seen
from dispatch.proposals import judged
from dispatch.protecting import with_buffers
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.honest import Aim
    from dispatch.policy import Policy
    from solver.problem import Problem


def searched(dispatcher: Dispatcher, start: Outlook, aim: Aim, now: int) -> Outlook:
    """
    Returns the outlook after a search for a plan that keeps what an aim wants, or a shorter time.

    In the problem searched the new drops are due when they must be handed over for that, and other
    promises before their buffer. A plan that takes another promise's buffer is not taken.
    """
    params = _params(dispatcher.policy)
    if start.feasible or params is None:
        return start
    problem = _with_due(start, aim, dispatcher.policy.loading_s, now)
    if problem is None:
        return start
    result = solve(problem, params, start.proposal.solution)
    best = start
    if result.solution != start.proposal.solution:
        first = start.proposal
        proposal = judged(first.state, first.model, result.solution, known=first.solution)
        found = seen(dispatcher, start.placed, proposal, aim, now)
        is_better = (not found.feasible, found.promise_s) < (not start.feasible, start.promise_s)
        if (
            found.last is not None
            and is_better
            and not breaks_word(dispatcher, start.placed, found.proposal, aim)
        ):
            best = found
    return replace(best, searched_s=result.seconds)


def _params(policy: Policy) -> SolveParams | None:
    """Returns how long may be searched, None: not at all."""
    if policy.quote_search_moves:
        return SolveParams(iterations=policy.quote_search_moves)
    return SolveParams(seconds=policy.quote_search_s) if policy.quote_search_s else None


def _with_due(start: Outlook, aim: Aim, loading_s: int, now: int) -> Problem | None:
    """Returns the problem in which new drops are due early enough, None where that cannot be."""
    if start.last is None:
        return None
    # As much longer as luck makes this plan, it will make a better one.
    planned_s = max(1, start.last.eta - now)
    ratio = max(1.0, start.last.needs_s(aim, now) / planned_s)
    problem, names = start.proposal.model.problem, start.placed.order.drops
    new = [j for j, job in enumerate(problem.jobs) if job.name in names]
    jobs = []
    for job in with_buffers(problem, start.proposal.solution, new, aim.buffer, loading_s).jobs:
        if job.name in names:
            due = int(aim.promise_s / ratio) - job.delivery.service_duration
            if due <= 0:
                return None
            job = replace(job, delivery=replace(job.delivery, due=due))
        jobs.append(job)
    return replace(problem, jobs=tuple(jobs))
