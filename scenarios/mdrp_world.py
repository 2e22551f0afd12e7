"""
A day of a meal-delivery instance: what happens is told to the dispatcher, couriers do its plan.

Time goes from one thing that happens to the next: an order is placed, a courier comes to work,
arrives, is done at a door. Everything takes as long as was planned. Couriers pick up at one
restaurant, bring all of it, and only then pick up again; a courier on its way to a restaurant goes
there, but what it will pick up stays open until it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, cast

from dispatch.events import Arrived, CourierAdded, Delivered, Departed, Loaded, OrderPlaced
from dispatch.orders import Courier, Desk, Drop, Item, Line, Order, StopKind, Store
from dispatch.state import State
from scenarios.mdrp_city import AFTER, NOWHERE, MealCity
from scenarios.mdrp_log import Deed, Dropoff, Move, Pickup
from scenarios.mdrp_policy import MealDispatcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.city import City
    from dispatch.commit import Commit
    from dispatch.events import Event
    from dispatch.plan import Stop
    from scenarios.mdrp import MealCourier, MealOrder, Meals
    from scenarios.mdrp_policy import MealPolicy

MIDNIGHT = 1_767_571_200
"""Monday 5 January 2026, 00:00 UTC, in Unix seconds: when instances begin."""

CAPACITY = 1000
"""Meals that fit on a vehicle: the instances know no limit."""

MEAL = Item("meal", 1)


@dataclass(frozen=True, slots=True)
class Day:
    """What was done in a day, in order of time, and the processor seconds of each decision."""

    deeds: tuple[Deed, ...]
    decisions_s: tuple[float, ...]


def play(meals: Meals, rule: MealPolicy) -> Day:
    """Returns the day of an instance played by a rule; the same on every run but for its speed."""
    return _World(meals, rule).run()


class _World:
    """One day; mutable because it passes. ``now`` is in Unix seconds, as in the dispatcher."""

    def __init__(self, meals: Meals, rule: MealPolicy) -> None:
        self.meals, self.rule, self.now = meals, rule, MIDNIGHT
        self.city = MealCity(meals)
        self.deeds: list[Deed] = []
        self.decisions_s: list[float] = []
        self.orders = sorted(meals.orders, key=lambda order: (order.placed_at, order.id))
        self.couriers = sorted(meals.couriers, key=lambda c: (self._known_at(c), c.id))
        state = State(stores=_stores(meals))
        self.dispatcher = MealDispatcher(meals, cast("City", self.city), state, rule, _forget)

    def run(self) -> Day:
        while moments := tuple(self._moments()):
            self.now = max(self.now, min(moments))
            began = process_time()
            self.dispatcher.handle(self.now, *self._happened())
            self.dispatcher.search(self.now)
            self.decisions_s.append(process_time() - began)
            for name in tuple(self.dispatcher.state.couriers):
                self._send(self._courier(name))
        return Day(tuple(self.deeds), tuple(self.decisions_s))

    def _moments(self) -> Iterator[int]:
        """Yields the moments at which something happens or has to be done."""
        if self.orders:
            yield MIDNIGHT + self.orders[0].placed_at
        if self.couriers:
            yield self._known_at(self.couriers[0])
        for courier in self.dispatcher.state.couriers.values():
            if (ends_at := _ends_at(courier)) is not None:
                yield ends_at
            elif (stop := self._next(courier)) is not None:
                yield self._due_at(courier, stop)

    def _known_at(self, courier: MealCourier) -> int:
        return MIDNIGHT + max(0, courier.on_at - self.rule.known_s)

    def _happened(self) -> Iterator[Event]:
        """Yields what happened by now."""
        while self.couriers and self._known_at(self.couriers[0]) <= self.now:
            yield CourierAdded(self.now, self._newcomer(self.couriers.pop(0)))
        while self.orders and MIDNIGHT + self.orders[0].placed_at <= self.now:
            yield _placed(self.orders.pop(0))
        for courier in self.dispatcher.state.couriers.values():
            ends_at = _ends_at(courier)
            if ends_at is not None and ends_at <= self.now:
                yield self._done(courier)

    def _done(self, courier: Courier) -> Event:
        """Returns that a courier arrived, or is done at a door."""
        leg = courier.committed
        assert leg is not None
        if leg.arrived_at is not None and leg.drop is not None:
            lines = (Line(MEAL.sku, MEAL.quantity),)
            return Delivered(self.now, courier.id, leg.stop, leg.place, leg.drop, lines)
        if leg.drop is not None:
            self.deeds.append(Dropoff(self.now - MIDNIGHT, courier.id, leg.drop))
        ends_at = leg.ends_at
        return Arrived(self.now, courier.id, leg.stop, leg.kind, leg.place, leg.drop, ends_at)

    def _next(self, courier: Courier) -> Stop | None:
        """Returns the stop to go to, or to load at, next; None where there is nothing to do."""
        route = self.dispatcher.plan.route_of(courier.id)
        stops = route.stops if route is not None else ()
        # Nothing is picked up while something is on board, even where the plan would.
        if aboard := {drop.id for drop in self.dispatcher.state.on_board(courier.id)}:
            doors = (stop for stop in stops if stop.kind is StopKind.DELIVER)
            return next((door for door in doors if aboard.intersection(door.drops)), None)
        return next((stop for stop in stops if stop.kind is not StopKind.RETURN), None)

    def _due_at(self, courier: Courier, stop: Stop) -> int:
        """Returns when a courier sets off for a stop, or loads at it where it is there."""
        if stop.kind is StopKind.DELIVER:
            return self.now
        if courier.committed is not None:
            return stop.start
        way_s = self.city.way_s(courier.place, stop.place)
        return max(courier.shift_start, stop.start - way_s - self.rule.early_s)

    def _send(self, courier: Courier) -> None:
        """Lets a courier that is busy with nothing do what is due by now."""
        stop, here = self._next(courier), courier.committed
        if _ends_at(courier) is not None:
            return
        if here is not None and (stop is None or stop.place != here.place or not stop.drops):
            # What was to be loaded here is another's now.
            self._tell(Loaded(self.now, courier.id, here.stop, here.place, ()))
        elif stop is None or self._due_at(courier, stop) > self.now:
            return
        elif here is None:
            self._depart(courier, stop)
        else:
            self.deeds.append(Pickup(self.now - MIDNIGHT, courier.id, stop.drops))
            self._tell(Loaded(self.now, courier.id, stop.id, stop.place, stop.drops))
            self._send(self._courier(courier.id))

    def _depart(self, courier: Courier, stop: Stop) -> None:
        drop = stop.drops[0] if stop.kind is StopKind.DELIVER else None
        at = self.now + self.city.way_s(courier.place, stop.place)
        ends_at = at + (self.meals.dropoff_s // 2 if drop is not None else 0)
        origin, goal = str(courier.place.building), str(stop.place.building)
        leaves_at = self.now + self.city.leaving_s(courier.place) - MIDNIGHT
        self.deeds.append(Move(leaves_at, courier.id, origin, goal))
        self._tell(
            Departed(self.now, courier.id, stop.id, stop.kind, stop.place, drop, at, ends_at)
        )

    def _tell(self, event: Event) -> None:
        """Makes known what changes no plan: it is done as planned."""
        self.dispatcher.record(self.now, event)

    def _courier(self, name: str) -> Courier:
        return self.dispatcher.state.couriers[name]

    def _newcomer(self, courier: MealCourier) -> Courier:
        """Returns a courier as the dispatcher knows it; see `mdrp_city.AFTER` for its shift."""
        return Courier(
            id=courier.id,
            name=courier.id,
            store=AFTER,
            capacity=CAPACITY,
            place=self.city.place(courier.id),
            shift_start=MIDNIGHT + courier.on_at,
            shift_end=MIDNIGHT + courier.off_at + self.city.spare_s,
        )


def _ends_at(courier: Courier) -> int | None:
    """Returns when what a courier is busy with ends, None where it waits for the plan."""
    leg = courier.committed
    if leg is None or (leg.arrived_at is not None and leg.kind is not StopKind.DELIVER):
        return None
    return leg.arrives_at if leg.arrived_at is None else leg.ends_at


def _stores(meals: Meals) -> dict[str, Store]:
    """Returns the restaurants, and the end of all routes as the store of the couriers."""
    places = {key: meals.points[key] for key in meals.restaurants}
    stores = {key: Store(key, key, lat=y, lon=x) for key, (x, y) in places.items()}
    return {**stores, AFTER: Store(AFTER, AFTER, *NOWHERE)}


def _placed(order: MealOrder) -> OrderPlaced:
    """Returns an order as the dispatcher knows it: nothing is promised, sooner is better."""
    at = MIDNIGHT + order.placed_at
    placed = Order(
        id=order.id,
        service="meal",
        store=order.restaurant,
        placed_at=at,
        deadline=None,
        promise_s=0,
        ready_at=MIDNIGHT + order.ready_at,
        drops=(order.id,),
    )
    return OrderPlaced(at, placed, (Drop(order.id, order.id, Desk(order.id, 0), (MEAL,)),))


def _forget(commit: Commit) -> None:
    """Takes a commit and keeps nothing of it."""
