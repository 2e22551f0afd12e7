"""The tiers of a problem as weights in the one number that OR-Tools minimises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.problem import Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from solver.problem import Problem

_TIER_SCALE = 1000
"""
By how much a tier outweighs the next one where lateness counts.

Six tiers of it leave room for some thousand jobs in 64 bits; exact comparison is done outside.
"""

_LARGEST_WEIGHT = 2**56
"""What all of a tier may weigh: a sum of seven tiers and one ride more still fits 64 bits."""

_LATENESS = {Measure.LATE, Measure.LATENESS, Measure.LATE_MINOR, Measure.COMPLETION}


def weights_of(problem: Problem) -> dict[Measure, int]:
    """Returns the price of one unit of each measure in the one number that OR-Tools minimises."""
    weights = dict.fromkeys(Measure, 0)
    for tier, scale in zip(problem.tiers, _scales(problem), strict=True):
        for measure, weight in tier:
            weights[measure] += weight * scale
    return weights


def _scales(problem: Problem) -> list[int]:
    """
    Returns the factor of each tier.

    Without lateness every measure is bounded, and a unit of a tier outweighs all of those after it;
    those that no number of 64 bits has room for are left out: the true cost decides between ties.
    """
    measured = {measure for tier in problem.tiers for measure, _ in tier}
    places = len(problem.tiers)
    if measured & _LATENESS:
        return [_TIER_SCALE ** min(places - 1 - place, 5) for place in range(places)]
    sizes = _sizes(problem)
    largest = [1 + sum(weight * sizes[name] for name, weight in tier) for tier in problem.tiers]
    room, kept = _LARGEST_WEIGHT, 0
    for size in largest:
        if size > room:
            break
        room //= size
        kept += 1
    scales, scale = [0] * places, 1
    for place in reversed(range(max(1, kept))):
        scales[place] = scale
        scale *= largest[place]
    return scales


def _sizes(problem: Problem) -> dict[Measure, int]:
    """Returns the most that each measure comes to where lateness is none of them."""
    tasks = [t for job in problem.jobs for t in (job.pickup, job.delivery) if t is not None]
    work = max((t.setup_duration + t.service_duration for t in tasks), default=0)
    work = max([work, *(sum(times) for t in tasks for times in t.by_vehicle)])
    legs = len(tasks) + len(problem.vehicles)
    ride = _longest([problem.durations, *(p.durations for p in problem.more_profiles)])
    metres = _longest([problem.distances, *(p.distances for p in problem.more_profiles)])
    costs = [problem.costs_of(v) for v in range(len(problem.vehicles))]
    task_cost = max((vehicle.task_cost for vehicle in problem.vehicles), default=0)
    fixed = sum(vehicle.fixed_cost for vehicle in problem.vehicles)
    sizes = dict.fromkeys(Measure, len(tasks) + len(problem.vehicles))
    sizes[Measure.PRIZE] = sum(job.prize for job in problem.jobs)
    sizes[Measure.BUSY] = legs * (ride + work)
    sizes[Measure.TRAVEL] = legs * ride
    sizes[Measure.DISTANCE] = legs * metres
    sizes[Measure.EXPENSE] = legs * (_longest(costs) + work * task_cost) + fixed
    return sizes


def _longest(matrices: Sequence[NDArray[np.int64] | None]) -> int:
    return max((int(m.max()) for m in matrices if m is not None and m.size), default=0)
