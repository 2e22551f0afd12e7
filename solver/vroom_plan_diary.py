"""
A timed route of plan mode as VROOM writes it, each violation where VROOM tells it.

Load: at every stop with too much on board, the start too. ``max_tasks``: at each task past the
limit. ``max_travel_time`` and ``max_distance``: from the first stop past it to the end.
``precedence``: at a delivery before or without its pickup, and at a pickup after or without its
delivery. A missing break is told of the route only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.vroom_entries import BreakEntry, Mission, TaskEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from solver.vroom_entries import VehicleEntry
    from solver.vroom_errors import Entry, Windows
    from solver.vroom_plan_timing import Stage
    from solver.vroom_reading import Request

_TIMES = ("lead_time", "delay")


@dataclass(frozen=True, slots=True)
class Stop:
    """
    A step of a given route: start or end of the vehicle, a task, or a break.

    ``index`` is its place (None: none of its own), ``setup`` what this vehicle pays there, in
    seconds; ``least`` and ``most`` bound its start hard.
    """

    kind: str
    index: int | None = None
    mission: Mission | None = None
    task: TaskEntry | None = None
    rest: BreakEntry | None = None
    setup: int = 0
    least: int = 0
    most: int | None = None

    @property
    def windows(self) -> Windows:
        """Returns the windows of a task or a break."""
        owner = self.task if self.rest is None else self.rest
        return () if owner is None else owner.windows

    def service(self, kind: str) -> int:
        """Returns the seconds of service on vehicles of a type."""
        if self.rest is not None:
            return self.rest.service
        return 0 if self.task is None else self.task.service_on(kind)


class Diary:
    """What a vehicle has on board, has ridden and has violated, stop by stop."""

    def __init__(
        self,
        request: Request,
        vehicle: VehicleEntry,
        stops: Sequence[Stop],
        stages: Sequence[Stage],
        starts: Sequence[int],
        metres: Sequence[int],
    ) -> None:
        self._request, self._vehicle, self._stops = request, vehicle, stops
        self._stages, self._starts, self._metres = stages, starts, metres
        self._load = [0] * request.amounts
        for stop in stops:
            if stop.kind == "job" and stop.mission is not None:
                self._load = _sum(self._load, stop.mission.delivery)
        self._ridden = self._tasks = 0
        self._halves = {(s.kind, id(s.mission)): i for i, s in enumerate(stops) if s.mission}

    def route(self) -> Entry:
        """Returns the route but for its cost."""
        steps = list(self._steps())
        of, missions = self._vehicle, [s for s in self._stops if s.mission is not None]
        told: Entry = {"vehicle": of.id, "cost": 0}
        if of.description is not None:
            told["description"] = of.description
        if self._request.amounts:
            nothing = [0] * self._request.amounts
            gives = (s.mission.delivery for s in missions if s.mission and s.kind != "pickup")
            takes = (s.mission.pickup for s in missions if s.mission and s.kind != "delivery")
            told["delivery"] = told["amount"] = _total(nothing, gives)
            told["pickup"] = _total(nothing, takes)
        told |= {
            "setup": sum(step["setup"] for step in steps),
            "service": sum(step["service"] for step in steps),
            "duration": steps[-1]["duration"],
            "waiting_time": sum(step["waiting_time"] for step in steps),
            "priority": sum(s.mission.priority for s in missions if s.mission),
            "distance": steps[-1]["distance"],
            "steps": steps,
        }
        violations = [violation for step in steps for violation in step["violations"]]
        taken = {stop.rest.id for stop in self._stops if stop.rest is not None}
        if any(rest.id not in taken for rest in of.breaks):
            violations.append({"cause": "missing_break"})
        return told | {"violations": told_of(violations)}

    def _steps(self) -> Iterator[Entry]:
        unit, left = self._request.unit, 0
        done, metres, ahead = 0, 0, 0
        for i, stop in enumerate(self._stops):
            start, stage = self._starts[i], self._stages[i]
            arrival = start
            if i:
                free = self._starts[i - 1] + self._stages[i - 1].action
                if i == 1 or not self._stages[i - 1].is_break:
                    left, ahead = self._ride_from(i), 0
                # Before a break as much of the way as there is time for is ridden.
                ride = min(left, start - free) if stage.is_break else left
                left -= ride
                ahead += ride
                arrival = free + ride
                self._ridden += arrival // unit - done
            on_the_way = self._on_the_way(i, ahead) if stage.is_break else 0
            metres += 0 if stage.is_break else self._metres[i]
            setup, service = stop.setup, stop.service(self._vehicle.kind)
            done = start // unit + setup + service
            yield self._step(stop, i, arrival // unit, start // unit, metres + on_the_way)

    def _ride_from(self, i: int) -> int:
        """Returns the ride to the next stop that is no break."""
        return next((s.ride for s in self._stages[i:] if not s.is_break), 0)

    def _on_the_way(self, i: int, ahead: int) -> int:
        """Returns the metres ridden of the way that a break interrupts."""
        after = next((j for j in range(i, len(self._stages)) if not self._stages[j].is_break), i)
        ride = self._stages[after].ride
        return round(self._metres[after] * ahead / ride) if ride else 0

    def _step(self, stop: Stop, i: int, arrival: int, start: int, metres: int) -> Entry:
        told: Entry = {"type": stop.kind}
        owner = stop.task if stop.rest is None else stop.rest
        if owner is not None and owner.description is not None:
            told["description"] = owner.description
        location, index = self._where(stop)
        if location is not None:
            told["location"] = location
        if index is not None:
            told["location_index"] = index
        if owner is not None:
            told["id"] = owner.id
        service = stop.service(self._vehicle.kind)
        told |= {"setup": stop.setup, "service": service, "waiting_time": start - arrival}
        if stop.task is not None:
            told["job"] = stop.task.id
        self._carry(stop)
        if self._request.amounts:
            told["load"] = list(self._load)
        told |= {"arrival": arrival, "duration": self._ridden}
        return told | {
            "violations": told_of(self._violations(stop, i, start, metres)),
            "distance": metres,
        }

    def _where(self, stop: Stop) -> tuple[list[float] | None, int | None]:
        """Returns coordinates and number; without a start or end those of the nearest task."""
        if stop.task is not None:
            return stop.task.location, stop.task.index
        if stop.rest is not None:
            return None, None
        of = self._vehicle
        ends = {"start": (of.start, of.start_index), "end": (of.end, of.end_index)}
        tasks = [(s.task.location, s.task.index) for s in self._stops if s.task is not None]
        ways = {
            "start": [ends["start"], *tasks, ends["end"]],
            "end": [ends["end"], *reversed(tasks), ends["start"]],
        }
        return next(place for place in ways[stop.kind] if place[1] is not None)

    def _carry(self, stop: Stop) -> None:
        if stop.mission is None:
            return
        if stop.kind != "delivery":
            self._load = _sum(self._load, stop.mission.pickup)
        if stop.kind != "pickup":
            self._load = _sum(self._load, [-amount for amount in stop.mission.delivery])

    def _violations(self, stop: Stop, i: int, start: int, metres: int) -> Iterator[Entry]:
        of = self._vehicle
        yield from self._mistimed(stop, start)
        if any(a > most for a, most in zip(self._load, of.capacity, strict=True)):
            yield {"cause": "load"}
        most_at_rest = None if stop.rest is None else stop.rest.max_load
        if any(a > most for a, most in zip(self._load, most_at_rest or self._load, strict=True)):
            yield {"cause": "max_load"}
        if stop.mission is not None:
            self._tasks += 1
            if of.max_tasks is not None and self._tasks > of.max_tasks:
                yield {"cause": "max_tasks"}
            if not stop.mission.skills <= of.skills:
                yield {"cause": "skills"}
            if self._is_out_of_order(stop, i):
                yield {"cause": "precedence"}
        if of.max_travel is not None and self._ridden > of.max_travel:
            yield {"cause": "max_travel_time"}
        is_known = self._request.matrices[of.profile].distances is not None
        if is_known and of.max_distance is not None and metres > of.max_distance:
            yield {"cause": "max_distance"}

    def _mistimed(self, stop: Stop, start: int) -> Iterator[Entry]:
        windows = stop.windows
        if stop.kind == "start":
            windows = () if self._vehicle.window is None else ((self._vehicle.window[0], start),)
        elif stop.kind == "end":
            windows = () if self._vehicle.window is None else ((0, self._vehicle.window[1]),)
        if not windows or any(early <= start <= late for early, late in windows):
            return
        misses = [(early - start, "lead_time") for early, _ in windows if early > start]
        misses += [(start - late, "delay") for _, late in windows if late < start]
        # Of two that are as near, a start after a window is a delay.
        duration, cause = min(misses)
        yield {"cause": cause, "duration": duration}

    def _is_out_of_order(self, stop: Stop, i: int) -> bool:
        if stop.kind == "job":
            return False
        other = "delivery" if stop.kind == "pickup" else "pickup"
        at = self._halves.get((other, id(stop.mission)))
        if at is None:
            return True
        return at < i if stop.kind == "pickup" else at > i


def told_of(violations: Iterable[Entry]) -> list[Entry]:
    """Returns each cause once, with the sum of its durations."""
    sums: dict[str, int] = {}
    for violation in violations:
        cause = violation["cause"]
        sums[cause] = sums.get(cause, 0) + violation.get("duration", 0)
    return [
        {"duration": total, "cause": cause} if cause in _TIMES else {"cause": cause}
        for cause, total in sums.items()
    ]


def _sum(a: Sequence[int], b: Sequence[int]) -> list[int]:
    return [x + y for x, y in zip(a, b, strict=True)]


def _total(nothing: list[int], amounts: Iterable[Sequence[int]]) -> list[int]:
    total = nothing
    for amount in amounts:
        total = _sum(total, amount)
    return total
