"""
A zone in this process for simulated worlds.

It answers as the real service does, by the same dispatcher, without a wire, a disk or a clock of
its own; its searches are bounded by iterations, so that a world repeats itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.actions import act
from dispatch.band_times import band_during
from dispatch.crew import add_courier
from dispatch.dispatcher import Dispatcher
from dispatch.ordering import cancel_order, place_order
from dispatch.orders import DropStatus, Store
from dispatch.plan import Plan
from dispatch.promises import URGENT, URGENT_S
from dispatch.requests import (
    Action,
    CourierRequest,
    DeskRequest,
    DropRequest,
    OrderRequest,
    Position,
)
from dispatch.state import State
from dispatch.street_bands import split_band
from scenarios.churn import replan
from scenarios.demand import KnownDesk
from scenarios.log import PlacedOrder
from scenarios.route import RouteStop
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.commit import Commit
    from dispatch.places import Building, Place
    from dispatch.policy import Policy
    from scenarios.demand import WantedOrder
    from scenarios.log import Replan
    from scenarios.phone import Tap

CAPACITY = 60
"""Units of load on one bike, as in the demo."""

SEARCH_EVERY_S = 60
"""Virtual seconds from one search for a better plan to the next."""

FLOOR_OF = "@"
"""Between floor and building in the id of a desk that no directory knows."""


class InProcess:
    """
    A zone as :class:`scenarios.phone.Service` wants it.

    Mutable like the dispatcher in it; couriers are at ``store``, ``now`` are Unix seconds. The
    search for a better plan, once a minute, is bounded by ``iterations``, or by ``seconds`` where
    they are given; with 0 there is none. ``seed`` is that of the searches. ``replans`` are what was
    done to the plan. With ``in_parts`` the next way is told in its parts, in the band in which it
    is gone, so that lifts have a luck of their own; without, it is one ride from door to door.
    """

    def __init__(
        self,
        city: City,
        store: Store,
        policy: Policy,
        now: int,
        iterations: int,
        *,
        seconds: float | None = None,
        seed: int = 0,
        in_parts: bool = False,
    ) -> None:
        self.store = store
        self.now, self.version = now, 0
        self.replans: list[Replan] = []
        self.ends: dict[tuple[str, str], tuple[Place, Place, str]] = {}
        self._iterations, self._seconds, self._seed = iterations, seconds, seed
        self.in_parts = in_parts
        self.dispatcher = Dispatcher(
            zone="world",
            city=city,
            policy=policy,
            state=State(stores={store.id: store}),
            plan=Plan(),
            commit=self._follow,
        )

    def hire(self, count: int, end: int) -> dict[str, str]:
        """Returns ids and names of couriers who are to work from now to ``end``."""
        names = [f"Courier {number}" for number in range(1, count + 1)]
        wanted = [CourierRequest(n, self.store.id, CAPACITY, self.now, end) for n in names]
        return {add_courier(self.dispatcher, w, self.now).id: w.name for w in wanted}

    def open_drops(self) -> int:
        """Returns how many drops have not reached their desk."""
        return len(self.dispatcher.state.open_drops())

    def advance(self, now: int) -> None:
        """Lets time pass until ``now``, tick by tick, with searches in between."""
        tick_s = self.dispatcher.policy.tick_s
        for tick in range((self.now // tick_s + 1) * tick_s, now + 1, tick_s):
            self.dispatcher.tick(tick)
            if tick % SEARCH_EVERY_S == 0 and (self._iterations or self._seconds):
                self._improve(tick)
        self.now = now
        self._heard()

    def _improve(self, now: int) -> None:
        snapshot = self.dispatcher.snapshot(now)
        if snapshot is None:
            return
        params = SolveParams(
            seconds=self._seconds,
            iterations=self._iterations if self._seconds is None else None,
            seed=1000 * self._seed + now % 1000,
            engine="sisr",
        )
        found = solve(snapshot.problem, params, snapshot.initial)
        self.dispatcher.adopt(snapshot, found.solution, now)

    def place(self, order: WantedOrder) -> PlacedOrder:
        """Places an order and returns what is promised."""
        placed = place_order(self.dispatcher, request_of(order), self.now)
        self._heard()
        usual_s = min(placed.promise_s, URGENT_S) if order.service == URGENT else placed.promise_s
        due_at = self.now + placed.promise_s
        return PlacedOrder(order, placed.id, self.now, due_at, placed.drops, usual_s)

    def cancel(self, order: str) -> bool:
        """Cancels an order, if none of its goods left yet, and returns whether it was."""
        drops = self.dispatcher.state.orders[order].drops
        if any(self.dispatcher.state.drops[d].status is not DropStatus.WAITING for d in drops):
            return False
        cancel_order(self.dispatcher, order, self.now)
        self._heard()
        return True

    def route(self, courier: str, now: int) -> tuple[RouteStop, ...]:
        """Returns the stops a courier has ahead, the next one with its way in parts if wanted."""
        route = self.dispatcher.plan.route_of(courier)
        if route is None or not route.stops:
            return ()
        here = self.dispatcher.state.couriers[courier].place
        stops: list[RouteStop] = []
        for stop in route.stops:
            if self.in_parts and not stops:
                band = band_during(stop.arrival, self.dispatcher.city.timezone)[0]
                self.ends[courier, stop.id] = (here, stop.place, band)
                way = way_in_parts(self.dispatcher.city, here, stop.place, band)
            else:
                pair = (here, stop.place)
                city, band = self.dispatcher.city, self.dispatcher.plan.band
                way = (int(city.travel_times(pair, band)[0, 1]), 0, 0)
            times = (stop.arrival, stop.start, stop.departure)
            stops.append(RouteStop(stop.id, stop.kind, stop.drops, *times, *way))
            here = stop.place
        return tuple(stops)

    def act(self, courier: str, tap: Tap) -> str:
        """Sends a tap and returns ``applied``, or what became of it and why."""
        action = Action(
            action_id=f"{courier}-{tap.seq}",
            seq=tap.seq,
            kind=tap.kind,
            stop=tap.stop,
            drop=tap.drop,
            drops=tap.drops,
            occurred_at=tap.at,
            lines=tap.lines,
            reason=tap.reason,
        )
        # Every tap is sent once here: none was answered before.
        (answer,) = act(self.dispatcher, courier, [action], None, self.now, lambda _: None)
        self._heard()
        return f"{answer.result}: {answer.reason}" if answer.reason else answer.result

    def report(self, courier: str, lat: float, lon: float, now: int) -> None:
        """Tells where a courier is."""
        self.dispatcher.note_positions(courier, [Position(lat, lon, now)], self.now)

    def expected(self, drop: str) -> int | None:
        """
        Returns when an open drop is meant to be delivered, for one held back when it sets off.

        None where nobody brings it.
        """
        plan = self.dispatcher.plan
        planned = plan.assignments().get(drop)
        if planned is not None:
            return planned[1].departure
        return next((left.held_until for left in plan.unassigned if left.drop == drop), None)

    def _heard(self) -> None:
        self.version = self.dispatcher.plan.version

    def _follow(self, commit: Commit) -> None:
        """Takes a commit and keeps of it what it did to the plan: a world has no other history."""
        before = self.dispatcher.plan
        cause = type(commit.events[0]).__name__ if commit.events else ""
        self.replans.append(replan(commit.at, cause, before, commit.plan or before))


def way_in_parts(city: City, a: Place, b: Place, band: str) -> tuple[int, int, int]:
    """Returns the seconds of a way, and of it those of leaving and of entering."""
    whole = int(city.travel_times((a, b), band)[0, 1])
    if a.building is not None and a.building == b.building:
        return whole, 0, whole
    leave, _ = city.insides.off_the_bike((a, b), split_band(band)[0])
    ride = int(city.ride_times((a, b), band)[0, 1])
    leaving = min(int(leave[0]), whole)
    return whole, leaving, max(0, whole - leaving - ride)


def desks_of(city: City, count: int) -> tuple[KnownDesk, ...]:
    """
    Returns so many desks: the offices of the map, then floors of buildings that have none.

    The floors are spread over all buildings, in the order of their ids.
    """
    offices = [KnownDesk(key, o.name, o.building) for key, o in sorted(city.offices.items())]
    taken = {desk.building for desk in offices}
    others = [building for key, building in sorted(city.buildings.items()) if key not in taken]
    more = max(0, count - len(offices))
    chosen = [others[i * len(others) // more] for i in range(min(more, len(others)))]
    floors = [b.floors[i % len(b.floors)] for i, b in enumerate(chosen)]
    offices += [
        KnownDesk(f"{floor}{FLOOR_OF}{b.id}", f"Floor {floor}", b.id)
        for b, floor in zip(chosen, floors, strict=True)
    ]
    return tuple(offices[:count])


def floors_of(building: Building) -> tuple[KnownDesk, ...]:
    """Returns a desk on each floor of a building."""
    return tuple(
        KnownDesk(f"{floor}{FLOOR_OF}{building.id}", f"Floor {floor}", building.id)
        for floor in building.floors
    )


def request_of(order: WantedOrder) -> OrderRequest:
    """Returns an order of the world as a customer asks for it."""
    drops = tuple(DropRequest(_desk_of(drop.desk), drop.items) for drop in order.drops)
    return OrderRequest(order.service, drops, external_id=f"w-{order.number}")


def _desk_of(desk: KnownDesk) -> DeskRequest:
    floor, at, building = desk.id.partition(FLOOR_OF)
    return DeskRequest(building=building, floor=int(floor)) if at else DeskRequest(id=desk.id)
