"""
What can be reached: streets are closed, and a plan is made of the rest.

Between places without a way a problem has CUT_OFF_S, which no shift is long enough for. What that
leaves to nobody is barred here, so that it can be told why.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from dispatch.retiming import CUT_OFF_S
from solver.problem import TimeWindow

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.orders import Courier
    from solver.problem import Job, Problem, Vehicle

OVERTIME = CUT_OFF_S - 1
"""The end of a shift that goods on board may last beyond, and no way that there is not."""


def gap(problem: Problem, vehicle: int, job: int) -> tuple[int, int] | None:
    """
    Returns the first two places without a way that bringing a job would need, None without any.

    That is from where the vehicle starts by the pickup to the delivery, and on to its end.
    """
    task, served = problem.jobs[job], problem.vehicles[vehicle]
    pickup = () if task.pickup is None else (task.pickup.location,)
    end = () if served.end is None else (served.end,)
    for a, b in pairwise((served.start, *pickup, task.delivery.location, *end)):
        if problem.durations[a, b] >= CUT_OFF_S:
            return a, b
    return None


def within_reach(problem: Problem) -> Problem:
    """
    Returns the problem with goods barred from vehicles that cannot bring them.

    A vehicle cut off from its end may serve what it reaches and stays there. Goods on board stay
    with their vehicle, in reach or not.
    """
    if not len(problem.durations) or problem.durations.max() < CUT_OFF_S:
        return problem
    reduced = replace(problem, vehicles=tuple(_free_end(problem, v) for v in problem.vehicles))
    jobs = tuple(_barred(reduced, j, job) for j, job in enumerate(reduced.jobs))
    return replace(reduced, jobs=jobs)


def _free_end(problem: Problem, vehicle: Vehicle) -> Vehicle:
    end = vehicle.end
    if end is None or problem.durations[vehicle.start, end] < CUT_OFF_S:
        return vehicle
    return replace(vehicle, end=None)


def _barred(problem: Problem, j: int, job: Job) -> Job:
    if job.pickup is None:
        return job
    allowed = range(len(problem.vehicles)) if job.vehicles is None else job.vehicles
    return replace(job, vehicles=frozenset(v for v in allowed if gap(problem, v, j) is None))


def is_cut_off(courier: Courier, city: City, band: str) -> bool:
    """Returns whether no way leads any more from where a courier set off to its stop."""
    stop = courier.committed
    if stop is None or stop.arrived_at is not None:
        return False
    return int(city.travel_times((courier.place, stop.place), band, CUT_OFF_S)[0, 1]) >= CUT_OFF_S


def with_time_for_aboard(problem: Problem) -> Problem:
    """
    Returns the problem with shifts long enough for what is on board already.

    Goods on board are brought to their desks even when that takes longer than the shift; a courier
    for whom it does gets no new work.
    """
    needed = [vehicle.shift.early for vehicle in problem.vehicles]
    here = [vehicle.start for vehicle in problem.vehicles]
    for j, job in enumerate(problem.jobs):
        v = job.carrier
        if v is not None and gap(problem, v, j) is None:
            task = job.delivery
            ride = int(problem.durations[here[v], task.location])
            needed[v] = max(needed[v] + ride, task.window.early) + task.service_duration
            here[v] = task.location
    carriers = {job.carrier for job in problem.jobs}
    overdue = frozenset(
        v
        for v, vehicle in enumerate(problem.vehicles)
        if v in carriers and needed[v] + _home(problem, v, here[v]) > vehicle.shift.late
    )
    if not overdue:
        return problem
    vehicles = tuple(
        replace(vehicle, shift=TimeWindow(vehicle.shift.early, OVERTIME))
        if v in overdue
        else vehicle
        for v, vehicle in enumerate(problem.vehicles)
    )
    jobs = tuple(
        job
        if job.pickup is None
        else replace(job, vehicles=(job.vehicles or frozenset()) - overdue)
        for job in problem.jobs
    )
    return replace(problem, vehicles=vehicles, jobs=jobs)


def _home(problem: Problem, v: int, here: int) -> int:
    end = problem.vehicles[v].end
    return 0 if end is None else int(problem.durations[here, end])
