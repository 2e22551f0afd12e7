"""The steps of one route as VROOM writes them, from start to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.solution import Kind, Visit, schedule

if TYPE_CHECKING:
    from solver.solution import Activity, Route
    from solver.vroom_entries import TaskEntry
    from solver.vroom_errors import Entry
    from solver.vroom_reading import Request


def steps_of(request: Request, v: int, route: Route, leave: int) -> list[Entry]:
    """Returns the steps of a route that has a task, when its vehicle leaves at this time."""
    return _Diary(request, v, route).steps(leave)


class _Diary:
    """Where a vehicle is, with what on board and after how much riding, step by step."""

    def __init__(self, request: Request, v: int, route: Route) -> None:
        self._request, self._v, self._route = request, v, route
        self._vehicle = request.vehicles[v]
        problem = request.problem
        self._seconds = problem.durations_of(v)
        self._metres = problem.distances_of(v)
        self._here = problem.vehicles[v].start
        self._travel = self._distance = self._ahead = 0
        missions = [request.missions[a.job] for a in route if a.kind is Kind.DELIVERY]
        jobs = [mission for mission in missions if len(mission.tasks) == 1]
        self._load = [sum(job.delivery[d] for job in jobs) for d in range(request.amounts)]
        self._origin = request.origin if self._is_dated() else 0

    def _is_dated(self) -> bool:
        """Returns whether anything in the route has a window; nothing else says what day it is."""
        tasks = [self._task(a) for a in self._route if a.kind is not Kind.BREAK]
        windows = [task.windows for task in tasks]
        windows += [rest.windows for rest in self._vehicle.breaks]
        return self._vehicle.window is not None or any(w[0][0] > 0 for w in windows)

    def _task(self, activity: Activity) -> TaskEntry:
        return self._request.missions[activity.job].tasks[0 if activity.kind is Kind.PICKUP else -1]

    def steps(self, leave: int) -> list[Entry]:
        """Returns the steps."""
        timetable = schedule(self._request.problem, self._v, self._route, leave)
        of, visits = self._vehicle, timetable.visits
        tasks = [self._task(a) for a in self._route if a.kind is not Kind.BREAK]
        at_start = (of.start, of.start_index)
        if of.start_index is None:
            at_start = (tasks[0].location, tasks[0].index)
        at_end = (of.end, of.end_index)
        if of.end_index is None:
            at_end = (tasks[-1].location, tasks[-1].index)
        found = [self._terminal("start", at_start, leave)]
        for i, visit in enumerate(visits):
            if visit.activity.kind is Kind.BREAK:
                found.append(self._rest(visit, self._next_place(i)))
            else:
                found.append(self._serve(visit))
        self._ride(self._request.problem.vehicles[self._v].end)
        return [*found, self._terminal("end", at_end, timetable.end)]

    def _next_place(self, i: int) -> int | None:
        """Returns where the vehicle goes after the visit at this position, None: nowhere."""
        problem = self._request.problem
        for activity in self._route[i + 1 :]:
            if activity.kind is not Kind.BREAK:
                return activity.task(problem).location
        return problem.vehicles[self._v].end

    def _ride(self, place: int | None) -> None:
        if place is None:
            return
        self._travel += int(self._seconds[self._here, place]) - self._ahead
        if self._metres is not None:
            self._distance += int(self._metres[self._here, place])
        self._here, self._ahead = place, 0

    def _second(self, time: int) -> int:
        return time // self._request.unit + self._origin

    def _terminal(self, kind: str, at: tuple[list[float] | None, int | None], time: int) -> Entry:
        told: Entry = {"type": kind}
        if at[0] is not None:
            told["location"] = at[0]
        told |= {"location_index": at[1], "setup": 0, "service": 0, "waiting_time": 0}
        return self._with_state(told, time)

    def _with_state(self, told: Entry, arrival: int) -> Entry:
        if self._request.amounts:
            told["load"] = list(self._load)
        told["arrival"] = self._second(arrival)
        told["duration"] = self._travel // self._request.unit
        told["violations"] = []
        told["distance"] = self._distance
        return told

    def _rest(self, visit: Visit, towards: int | None) -> Entry:
        rest = self._vehicle.breaks[visit.activity.job]
        way = 0 if towards is None else int(self._seconds[self._here, towards]) - self._ahead
        ridden = min(way, visit.start - visit.arrival)
        self._ahead += ridden
        self._travel += ridden
        arrival = visit.arrival + ridden
        told: Entry = {"type": "break"}
        if rest.description is not None:
            told["description"] = rest.description
        told |= {"id": rest.id, "setup": 0, "service": rest.service}
        told["waiting_time"] = self._second(visit.start) - self._second(arrival)
        told = self._with_state(told, arrival)
        if towards is not None and self._metres is not None and self._ahead:
            leg = self._here, towards
            share = self._ahead / int(self._seconds[leg])
            told["distance"] += round(share * int(self._metres[leg]))
        return told

    def _serve(self, visit: Visit) -> Entry:
        task, unit = self._task(visit.activity), self._request.unit
        mission = self._request.missions[visit.activity.job]
        self._ride(visit.activity.task(self._request.problem).location)
        for d in range(self._request.amounts):
            # A job gives its delivery and takes its pickup; halves of a shipment do one of them.
            self._load[d] -= 0 if task.kind == "pickup" else mission.delivery[d]
            self._load[d] += 0 if task.kind == "delivery" else mission.pickup[d]
        service = task.service_on(self._vehicle.kind)
        told: Entry = {"type": task.kind}
        if task.description is not None:
            told["description"] = task.description
        if task.location is not None:
            told["location"] = task.location
        told |= {"location_index": task.index, "id": task.id}
        told |= {
            "setup": (visit.departure - visit.start) // unit - service,
            "service": service,
            "waiting_time": self._second(visit.start) - self._second(visit.arrival),
            "job": task.id,
        }
        return self._with_state(told, visit.arrival)
