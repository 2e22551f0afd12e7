"""What the judge finds along a route: goods on board, and when everything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.solution import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from solver.problem import Break, Problem, Task, TimeWindow
    from solver.solution import Route

_Step = tuple[str, Kind, "Task"]
"""Job name, half and task of one activity."""

_Amounts = tuple[int, ...]


def goods_aboard(problem: Problem) -> list[_Amounts]:
    """Returns for each vehicle what it has on board from the start, an amount per dimension."""
    dimensions = problem.dimensions
    aboard = [_sum(dimensions, ())] * len(problem.vehicles)
    for job in problem.jobs:
        if job.carrier is not None:
            aboard[job.carrier] = _sum(dimensions, (aboard[job.carrier], job.load))
    return aboard


def overloaded(problem: Problem, v: int, route: Route, bound: _Amounts) -> Iterator[str]:
    """
    Yields where goods on board exceed what a vehicle may carry, now or in a break.

    ``bound`` is what it has on board from the start, as `goods_aboard` says.
    """
    vehicle, jobs, dimensions = problem.vehicles[v], problem.jobs, len(bound)
    served = {a.job for a in route if a.kind is Kind.DELIVERY}
    open_jobs = [jobs[j] for j in served if jobs[j].pickup is None and jobs[j].carrier != v]
    chosen = _sum(dimensions, (job.load for job in open_jobs))
    load = _sum(dimensions, (bound, chosen))
    who = f"Vehicle {vehicle.name!r}"
    if any(chosen) and _exceeds(load, vehicle.capacity):
        yield f"{who} starts with {_said(load)} units, capacity {_said(vehicle.capacity)}."
    for activity in route:
        if activity.kind is Kind.BREAK:
            rest = vehicle.breaks[activity.job]
            if _exceeds(load, rest.max_load):
                yield (
                    f"{who} carries {_said(load)} units in break {rest.name!r},"
                    f" at most {_said(rest.max_load)}."
                )
            continue
        job, is_pickup = jobs[activity.job], activity.kind is Kind.PICKUP
        taken = job.load if is_pickup else job.collected
        if not is_pickup:
            load = _sum(dimensions, (load, tuple(-amount for amount in job.load)))
        load = _sum(dimensions, (load, taken))
        if (is_pickup or any(taken)) and _exceeds(load, vehicle.capacity):
            yield (
                f"{who} carries {_said(load)} units after the {activity.kind} of job"
                f" {job.name!r}, capacity {_said(vehicle.capacity)}."
            )


def _sum(dimensions: int, vectors: Iterable[_Amounts]) -> _Amounts:
    """Returns the sum of amounts by dimension; an empty vector is nothing."""
    total = [0] * dimensions
    for vector in vectors:
        for d, amount in enumerate(vector):
            total[d] += amount
    return tuple(total)


def _exceeds(load: _Amounts, limit: _Amounts) -> bool:
    """Returns whether a load is over its limit in any dimension; an empty limit is none."""
    return bool(limit) and any(a > most for a, most in zip(load, limit, strict=True))


def _said(amounts: _Amounts) -> str:
    return str(amounts[0]) if len(amounts) == 1 else str(list(amounts))


def mistimed(problem: Problem, v: int, route: Route) -> Iterator[str]:
    """Yields what starts outside its windows, and routes that end after the shift."""
    vehicle, rides = problem.vehicles[v], problem.durations_of(v)
    # Seconds of the next ride already behind the vehicle when a break has interrupted it.
    clock, place, ahead = vehicle.shift.early, vehicle.start, 0
    for stop in _stops(problem, v, route):
        if not isinstance(stop, list):
            opened = _first_open(clock, stop.windows)
            ahead += opened - clock
            clock = opened
            yield from _outside(f"Break {stop.name!r}", clock, stop.windows)
            clock += stop.duration
            continue
        where = stop[0][2].location
        clock += max(0, int(rides[place, where]) - ahead)
        is_new, place, ahead = where != place, where, 0
        clock = _first_open_to_all(clock, [task.windows for _, _, task in stop])
        for name, kind, task in stop:
            yield from _outside(f"The {kind} of job {name!r}", clock, task.windows)
            setup, service = task.setup_duration, task.service_duration
            if task.by_vehicle:
                setup, service = task.by_vehicle[v]
            clock += service + (setup if is_new else 0)
            is_new = False
    if vehicle.end is not None:
        clock += max(0, int(rides[place, vehicle.end]) - ahead)
    if route and clock > vehicle.shift.late:
        yield (
            f"Vehicle {vehicle.name!r} ends at {clock} s,"
            f" {clock - vehicle.shift.late} s after its shift ends at {vehicle.shift.late} s."
        )


def _first_open(clock: int, windows: Sequence[TimeWindow]) -> int:
    """Returns the first second from ``clock`` within a window, ``clock`` when all are over."""
    for window in windows:
        if clock <= window.late:
            return max(clock, window.early)
    return clock


def _first_open_to_all(clock: int, tasks: Sequence[Sequence[TimeWindow]]) -> int:
    """
    Returns the first second from ``clock`` within a window of each task.

    Where there is none, the last opening of what is not over yet: one of the tasks is in breach.
    """
    least = max(_first_open(clock, windows) for windows in tasks)
    if len(tasks) == 1:
        return least
    later = sorted({w.early for windows in tasks for w in windows if w.early > least})
    for second in (least, *later):
        if all(any(w.early <= second <= w.late for w in windows) for windows in tasks):
            return second
    return least


def _outside(what: str, clock: int, windows: Sequence[TimeWindow]) -> Iterator[str]:
    """Yields that something starts at a second within none of its windows."""
    if any(window.early <= clock <= window.late for window in windows):
        return
    late = max((window.late for window in windows if window.late < clock), default=None)
    if late is None:
        yield f"{what} starts at {clock} s, before its window."
    else:
        yield f"{what} starts at {clock} s, {clock - late} s after its window ends at {late} s."


def _stops(problem: Problem, v: int, route: Route) -> Iterator[list[_Step] | Break]:
    """Yields breaks, and what starts together: one load stop's pickups, or a single delivery."""
    stop: list[_Step] = []
    for activity in route:
        if activity.kind is Kind.BREAK:
            if stop:
                yield stop
            stop = []
            yield problem.vehicles[v].breaks[activity.job]
            continue
        job = problem.jobs[activity.job]
        task = job.pickup if activity.kind is Kind.PICKUP else job.delivery
        if task is None:
            continue
        joins = (
            problem.joint_loading
            and bool(stop)
            and stop[-1][1] is activity.kind is Kind.PICKUP
            and stop[-1][2].location == task.location
        )
        if stop and not joins:
            yield stop
            stop = []
        stop.append((job.name, activity.kind, task))
    if stop:
        yield stop
