"""
The way up: from a solver's solution to a published plan.

Seconds from the moment of planning become Unix seconds here and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.holds import is_held, with_holds
from dispatch.orders import StopKind
from dispatch.plan import Change, CourierRoute, Plan, Stop
from dispatch.plan_reasons import left_out, no_way
from dispatch.retiming import retimed
from solver.solution import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dispatch.model import Model
    from dispatch.orders import Courier
    from dispatch.places import Place
    from dispatch.state import State
    from solver.solution import Solution, Timetable, Visit


def load_stop_id(courier: Courier, ahead: int) -> str:
    """Returns the id of a courier's load stop that is ``ahead`` load stops from now."""
    return f"s_{courier.id.removeprefix('c_')}-l{courier.loads + ahead}"


def return_stop_id(courier: Courier, ahead: int) -> str:
    """Returns the id of a courier's way back that is ``ahead`` such ways from now."""
    return f"s_{courier.id.removeprefix('c_')}-r{courier.returns + ahead}"


def deliver_stop_id(drop: str) -> str:
    """Returns the id of the stop that hands over a drop; a drop has one, whoever brings it."""
    return f"s_{drop.removeprefix('d_')}"


def drop_of_stop(stop: str | None, drops: Iterable[str]) -> str | None:
    """Returns which of some drops a stop hands over, None where it is the stop of none of them."""
    return next((drop for drop in drops if deliver_stop_id(drop) == stop), None)


def read_plan(model: Model, solution: Solution, state: State, before: Plan) -> Plan:
    """
    Returns the plan that a solution means, one version above the plan before.

    Reasons for what is left out are found by really testing, see ``solver.explain``. Places held
    are in its ``holding`` only.
    """
    whole = read_routes(model, solution, state)
    plan = Plan(
        version=before.version + 1,
        made_at=model.now,
        travel_epoch=model.travel_epoch,
        band=model.band,
        routes=tuple(shown(model, route) for route in whole),
        holding=tuple(route for route in whole if _holds_a_place(route)),
        unassigned=left_out(model, solution, state),
    )
    return Plan(
        **{name: getattr(plan, name) for name in plan.__slots__ if name != "changes"},
        changes=changes(before, plan, state),
    )


def read_routes(
    model: Model, solution: Solution, state: State, only: Collection[str] | None = None
) -> tuple[CourierRoute, ...]:
    """
    Returns the routes that a solution means, of each courier in the problem or of some ``only``.

    Places held are in them. Their times are those of the band at each arrival, not of the one that
    was planned with.
    """
    state = with_holds(state, model.now)
    return tuple(
        _Reader(model, state, state.couriers[vehicle.name]).route(
            retimed(model, v, solution.routes[v])
        )
        for v, vehicle in enumerate(model.problem.vehicles)
        if only is None or vehicle.name in only
    )


def shown(model: Model, route: CourierRoute) -> CourierRoute:
    """
    Returns a route as its courier sees it: without the places held in it.

    The times of what follows are those with them: an order may come for each.
    """
    if not _holds_a_place(route):
        return route
    body = route.stops[:-1] if _is_way_home(route.stops[-1]) else route.stops
    stops: list[Stop] = []
    for stop in body:
        left = tuple(drop for drop in stop.drops if not is_held(drop))
        if left or stop.committed or stop.kind is StopKind.RETURN:
            stops.append(replace(stop, drops=left))
    if len(body) < len(route.stops):
        stops += _way_home(model, route, stops)
    return replace(route, stops=tuple(stops))


def _holds_a_place(route: CourierRoute) -> bool:
    return any(is_held(drop) for stop in route.stops for drop in stop.drops)


def _is_way_home(stop: Stop) -> bool:
    """Returns whether a courier only rides back, with nothing to give."""
    return stop.kind is StopKind.RETURN and not stop.drops and not stop.committed


def _way_home(model: Model, route: CourierRoute, stops: list[Stop]) -> tuple[Stop, ...]:
    """Returns the ride back after what is shown of a route, none for who is there already."""
    home, standing = route.stops[-1].place, model.standing[route.courier]
    here, leaves_at = standing.place, standing.free_at
    if stops:
        here, leaves_at = stops[-1].place, stops[-1].departure
    if here == home:
        return ()
    a, b = (model.places.index(place) for place in (here, home))
    back, _ = model.travel.arrival(a, b, leaves_at)
    return (replace(route.stops[-1], arrival=back, start=back, departure=back),)


def changes(before: Plan, after: Plan, state: State) -> tuple[Change, ...]:
    """Returns the open drops that another courier has, or none, since the plan before."""
    was = {d: courier for d, (courier, _) in before.assignments().items()}
    is_now = {d: courier for d, (courier, _) in after.assignments().items()}
    return tuple(
        Change(d, was.get(d), is_now.get(d))
        for d in sorted(was.keys() | is_now.keys(), key=lambda d: (len(d), d))
        if was.get(d) != is_now.get(d) and d in state.live and state.live[d].status.is_open
    )


class _Reader:
    """Turns the visits of one courier into stops; lives for one call."""

    def __init__(self, model: Model, state: State, courier: Courier) -> None:
        self.model, self.state, self.courier = model, state, courier
        self.standing = model.standing[courier.id]
        self.loads = 0
        self.held_loads = 0
        self.returns = 0
        self.stops: list[Stop] = []

    def route(self, timetable: Timetable) -> CourierRoute:
        self._begin(timetable)
        visits = list(timetable.visits)
        while visits:
            count = self._same_load_stop(visits)
            self._append(visits[:count])
            visits = visits[count:]
        self._go_home(timetable)
        return CourierRoute(
            self.courier.id, self.standing.place, self.standing.free_at, tuple(self.stops)
        )

    def _unix(self, second: int) -> int:
        return second + self.model.now

    def _begin(self, timetable: Timetable) -> None:
        """The committed stop comes first; a committed load stop takes the pickups found there."""
        committed = self.courier.committed
        if committed is None or self._loads_there(timetable):
            return
        arrival = self.standing.arrives_at or self.standing.free_at
        drops: tuple[str, ...] = () if committed.drop is None else (committed.drop,)
        if committed.kind is StopKind.RETURN:
            drops = tuple(drop.id for drop in self.state.returning(self.courier.id))
        self._stop(
            committed.kind, self.standing.place, drops, (arrival, arrival, self.standing.free_at),
            committed=True,
        )  # fmt: skip

    def _loads_there(self, timetable: Timetable) -> bool:
        committed = self.courier.committed
        first = timetable.visits[0] if timetable.visits else None
        return (
            committed is not None
            and committed.kind is StopKind.LOAD
            and first is not None
            and first.activity.kind is Kind.PICKUP
            and self._place(first) == committed.place
        )

    def _same_load_stop(self, visits: list[Visit]) -> int:
        if visits[0].activity.kind is Kind.DELIVERY:
            return 1
        here = self._place(visits[0])
        for i, visit in enumerate(visits):
            if visit.activity.kind is Kind.DELIVERY or self._place(visit) != here:
                return i
        return len(visits)

    def _append(self, visits: list[Visit]) -> None:
        first, last = visits[0], visits[-1]
        names = tuple(self.model.problem.jobs[visit.activity.job].name for visit in visits)
        kind = StopKind.LOAD if first.activity.kind is Kind.PICKUP else StopKind.DELIVER
        if names[0].startswith("return:"):
            kind = StopKind.RETURN
            names = tuple(drop.id for drop in self.state.returning(self.courier.id))
        times = (self._unix(first.arrival), self._unix(first.start), self._unix(last.departure))
        committed = self.courier.committed
        at_committed = kind is StopKind.LOAD and not self.stops and committed is not None
        if at_committed and self.standing.arrives_at is not None:
            times = (self.standing.arrives_at, *times[1:])
        self._stop(kind, self._place(first), names, times, committed=at_committed)

    def _place(self, visit: Visit) -> Place:
        task = visit.activity.task(self.model.problem)
        return self.model.places[task.location]

    def _stop(
        self,
        kind: StopKind,
        place: Place,
        drops: tuple[str, ...],
        times: tuple[int, int, int],
        *,
        committed: bool = False,
    ) -> None:
        due_at = None
        if kind is StopKind.DELIVER:
            due_at = self.state.orders[self.state.drops[drops[0]].order].deadline
        arrival, start, departure = times
        cut_off = None
        if committed and self.courier.id in self.model.cut_off:
            cut_off = no_way(self.model, self.state, self.courier, self.courier.place, place)
        stop_id, times = self._id(kind, drops, committed), (arrival, start, departure)
        self.stops.append(Stop(stop_id, kind, place, drops, *times, due_at, committed, cut_off))

    def _id(self, kind: StopKind, drops: tuple[str, ...], committed: bool) -> str:
        if kind is StopKind.DELIVER:
            return deliver_stop_id(drops[0])
        if kind is StopKind.LOAD and drops and not committed and all(map(is_held, drops)):
            # Not counted: the courier sees no such stop.
            self.held_loads += 1
            return f"s_{self.courier.id.removeprefix('c_')}-h{self.held_loads - 1}"
        if kind is StopKind.LOAD:
            self.loads += 1
            return load_stop_id(self.courier, self.loads - 1)
        self.returns += 1
        return return_stop_id(self.courier, self.returns - 1)

    def _go_home(self, timetable: Timetable) -> None:
        """A courier who ends elsewhere rides back to the store and waits there."""
        vehicle = next(v for v in self.model.problem.vehicles if v.name == self.courier.id)
        if vehicle.end is None:
            return
        home = self.model.places[vehicle.end]
        here = self.stops[-1].place if self.stops else self.standing.place
        if here != home:
            back = self._unix(timetable.end)
            self._stop(StopKind.RETURN, home, (), (back, back, back))
