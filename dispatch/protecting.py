"""
Rules that protect promises within a problem.

By when a drop is planned, what weighs, how long goods wait and what buffer is left; which rules are
in force are figures of the zone's policy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.promises import WallClock
from solver.problem import MINOR, PROMISED, TimeWindow
from solver.solution import delivery_starts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dispatch.orders import Order
    from dispatch.policy import Policy
    from dispatch.promises import Service
    from solver.problem import Job, Problem
    from solver.solution import Solution


def planned_by(
    order: Order, services: Mapping[str, Service], ends: int | None, policy: Policy
) -> int | None:
    """
    Returns by when the hand-over of an order's drop is to end in plans, Unix seconds, None: never.

    That is its deadline. Who was told a longer time is planned for the usual one while the
    published plan still has it: ``ends`` is when it hands the drop over (None: not planned).
    """
    if order.deadline is None or not (policy.aim_usual and order.requoted):
        return order.deadline
    clock = services[order.service].clock
    if not isinstance(clock, WallClock):
        return order.deadline
    usual = order.deadline - order.promise_s + clock.seconds
    return usual if ends is not None and ends <= usual else order.deadline


def savable_first(problem: Problem, most_s: int) -> Problem:
    """
    Returns the problem in which promises that nobody can keep any more wait for those still open.

    Lost is a waiting job that starts after its due by any vehicle, even if that did nothing else
    before: it weighs as minor work without a due. One that was due ``most_s`` seconds ago or longer
    weighs as promised again, so that nobody waits without an end (0: all do, the rule is off).
    """
    jobs = tuple(
        replace(job, rank=MINOR, delivery=replace(job.delivery, due=None))
        if _is_lost(problem, job, most_s)
        else job
        for job in problem.jobs
    )
    return replace(problem, jobs=jobs) if jobs != problem.jobs else problem


def _is_lost(problem: Problem, job: Job, most_s: int) -> bool:
    due = job.delivery.due
    if job.rank != PROMISED or job.pickup is None or due is None or due <= -most_s:
        return False
    earliest = earliest_start(problem, job)
    return earliest is not None and earliest > due


def earliest_start(problem: Problem, job: Job) -> int | None:
    """
    Returns when the delivery of a waiting job starts if a vehicle does nothing else before.

    Seconds; None where no vehicle may take it. Raises ValueError for goods on board.
    """
    if job.pickup is None:
        raise ValueError(f"Job {job.name!r} is on board and has no pickup.")
    starts = []
    for v in job.vehicles if job.vehicles is not None else range(len(problem.vehicles)):
        rides, vehicle = problem.durations_of(v), problem.vehicles[v]
        there = vehicle.shift.early + int(rides[vehicle.start, job.pickup.location])
        loaded = job.pickup.earliest_start(there) + job.pickup.service_on(v)
        arrives = loaded + int(rides[job.pickup.location, job.delivery.location])
        starts.append(job.delivery.earliest_start(arrives))
    return min(starts, default=None)


def with_short_waits(
    problem: Problem,
    next_loads: Mapping[int, Collection[str]],
    building_of: Mapping[str, str],
    most_s: int,
) -> Problem:
    """
    Returns the problem in which goods that may leave wait for no others, or a little.

    ``next_loads`` are the jobs that a vehicle loads before anything else, as planned: their stop
    starts when the vehicle is there and the last of them is ready, or up to ``most_s`` seconds
    later for promised goods to a building of theirs. What joins it otherwise must be ready by then.
    """
    latest: dict[str, int] = {}
    for v, names in next_loads.items():
        loads = [job for job in problem.jobs if job.name in names and job.pickup is not None]
        if any(job.rank == PROMISED for job in loads):
            until = _leaves(problem, v, loads, building_of, most_s)
            latest.update((job.name, until) for job in loads)
    return replace(problem, jobs=tuple(_bounded(job, latest.get(job.name)) for job in problem.jobs))


def _leaves(
    problem: Problem, v: int, loads: list[Job], building_of: Mapping[str, str], most_s: int
) -> int:
    """Returns the last second at which the loading of the last of a stop's goods may start."""
    own = [job.pickup for job in loads if job.pickup is not None]
    vehicle = problem.vehicles[v]
    there = int(problem.durations_of(v)[vehicle.start, own[0].location])
    start = max(vehicle.shift.early + there, *(pickup.window.early for pickup in own))
    names = {job.name for job in loads}
    buildings = {building_of.get(job.name) for job in loads if job.rank == PROMISED}
    joined = [
        job.pickup
        for job in problem.jobs
        if job.pickup is not None
        and job.rank == PROMISED
        and job.name not in names
        and building_of.get(job.name) in buildings
        and job.pickup.window.early <= start + most_s
    ]
    # They are loaded one after the other: all of these may be before the last of them.
    in_turn = sum(pickup.service_on(v) for pickup in (*own, *joined))
    return max(start, *(pickup.window.early for pickup in (*own, *joined))) + in_turn


def _bounded(job: Job, until: int | None) -> Job:
    if until is None or job.pickup is None:
        return job
    window = TimeWindow(job.pickup.window.early, until)
    return replace(job, pickup=replace(job.pickup, window=window))


def safe_by(due_at: int, now: int, buffer: float) -> int:
    """Returns when a promise must end as planned, so that the buffer of what is left remains."""
    return now + int((due_at - now) / (1 + buffer)) if due_at > now else due_at


def with_buffers_left(problem: Problem, ends: Mapping[str, int], share: float) -> Problem:
    """
    Returns the problem in which waiting promises are due before their buffer, where they have it.

    ``ends`` are the ends of the hand-overs as planned, in seconds; a promise has its buffer while
    the time left is ``1 + share`` times that to its planned end. Without it the due stays.
    """
    return replace(problem, jobs=tuple(_with_buffer(job, ends, share) for job in problem.jobs))


def _with_buffer(job: Job, ends: Mapping[str, int], share: float) -> Job:
    due = job.delivery.due
    if job.rank != PROMISED or job.pickup is None or due is None or job.name not in ends:
        return job
    service = job.delivery.service_duration
    safe = safe_by(due + service, 0, share)
    if ends[job.name] > safe:
        return job
    return replace(job, delivery=replace(job.delivery, due=safe - service))


def with_buffers(
    problem: Problem, solution: Solution, new: Sequence[int], buffer: float, loading_s: int
) -> Problem:
    """
    Returns the problem in which promises of a solution are due before what others must leave them.

    That is their buffer, and where they have less than that, all but one loading. The new jobs, and
    what is late already, are due as they were.
    """
    starts = delivery_starts(problem, solution.routes)
    jobs = []
    for j, job in enumerate(problem.jobs):
        due, service = job.delivery.due, job.delivery.service_duration
        if due is not None and job.rank == PROMISED and j in starts and j not in new:
            safe = safe_by(due + service, 0, buffer) - service
            if starts[j] <= due:
                due = min(due, max(safe, starts[j] + loading_s))
                job = replace(job, delivery=replace(job.delivery, due=due))
        jobs.append(job)
    return replace(problem, jobs=tuple(jobs))
