"""
A day of a meal-delivery instance, played by the dispatcher with click-to-door as the objective.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, cast

from dispatch.dispatcher import Dispatcher
from dispatch.events import Arrived, CourierAdded, Delivered, Departed, Loaded, OrderPlaced
from dispatch.orders import Courier, Desk, Drop, Item, Line, Order, StopKind, Store
from dispatch.plan import Plan
from dispatch.policy import Policy
from dispatch.state import State
from scenarios.mdrp_city import AFTER, MealCity
from scenarios.mdrp_log import Dropoff, Move, Pickup
from solver.problem import Measure
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.city import City
    from dispatch.commit import Commit
    from dispatch.events import Event
    from dispatch.model import Model
    from dispatch.plan import Stop
    from scenarios.mdrp import MealCourier, MealOrder, Meals
    from scenarios.mdrp_log import Deed

MIDNIGHT = 1_767_571_200
"""Monday 5 January 2026, 00:00 UTC; an instance begins at its midnight."""

MEAL = Item("meal", 1)

CAPACITY = 1000
"""Meals that fit on a vehicle: the instances know no limit."""


@dataclass(frozen=True, slots=True)
class MealPolicy:
    """
    How a day is played.

    ``riding`` is the weight of a second of riding against ``waiting`` of a second of click-to-door.
    ``iterations`` bounds each search, with this ``seed``. ``early_s`` is how long before it has to
    a courier sets off.
    """

    waiting: int = 10
    riding: int = 1
    iterations: int = 300
    seed: int = 1
    early_s: int = 0
    known_s: int = 3600
    engine: str = "sisr"
    ends: int = 0


class MealDispatcher(Dispatcher):
    """The dispatcher, with the sum of hand-over times and a little riding as its objective."""

    rule: MealPolicy = MealPolicy()

    def model(self, state: State, now: int) -> Model:
        """Returns the problem of a state at this moment, priced as the instances are."""
        model = super().model(state, now)
        problem, rule = model.problem, self.rule
        costs = problem.durations.copy()
        if problem.vehicles:
            costs[:, cast("int", problem.vehicles[0].end)] = 0
        tiers = (
            ((Measure.UNASSIGNED, 1),),
            ((Measure.COMPLETION, rule.waiting), (Measure.EXPENSE, rule.riding)),
        )
        return replace(model, problem=replace(problem, tiers=tiers, costs=costs))


@dataclass(frozen=True, slots=True)
class Day:
    """What was done in a day, in order of time, and the seconds that each decision took."""

    deeds: tuple[Deed, ...]
    decisions_s: tuple[float, ...]


def play(meals: Meals, rule: MealPolicy) -> Day:
    """Returns the day of an instance played by a rule; the same on every run but for its speed."""
    return _World(meals, rule).run()


class _World:
    """One day; mutable because it passes. ``now`` is in seconds from midnight."""

    def __init__(self, meals: Meals, rule: MealPolicy) -> None:
        self.rule, self.now = rule, 0
        self.city = MealCity(meals)
        self.deeds: list[Deed] = []
        self.decisions_s: list[float] = []
        self.orders = sorted(meals.orders, key=lambda order: (order.placed_at, order.id))
        self.couriers = sorted(meals.couriers, key=lambda c: (self._known_at(c), c.id))
        self.dispatcher = MealDispatcher(
            zone=meals.name,
            city=cast("City", self.city),
            policy=Policy(handover_s=meals.dropoff_s // 2, loading_s=0, remainder_s=0),
            state=State(stores=_stores(meals)),
            plan=Plan(),
            commit=_forget,
        )
        self.dispatcher.rule = rule

    def run(self) -> Day:
        while moments := tuple(self._moments()):
            self.now = max(self.now, min(moments))
            self._think()
            for name in tuple(self.dispatcher.state.couriers):
                self._send(self.dispatcher.state.couriers[name])
        return Day(tuple(self.deeds), tuple(self.decisions_s))

    def _moments(self) -> Iterator[int]:
        """Yields the moments at which something happens or is due."""
        if self.orders:
            yield self.orders[0].placed_at
        if self.couriers:
            yield self._known_at(self.couriers[0])
        for courier in self.dispatcher.state.couriers.values():
            at = self._ends_at(courier) if courier.committed else None
            if at is None and (stop := self._next(courier)) is not None:
                at = self._due_at(courier, stop)
            if at is not None:
                yield at - MIDNIGHT

    def _think(self) -> None:
        """Tells the dispatcher what happened by now and lets it search."""
        now = MIDNIGHT + self.now
        began = perf_counter()
        self.dispatcher.handle(now, *self._happened())
        snapshot = self.dispatcher.snapshot(now)
        if snapshot is not None and self.rule.iterations:
            seed = self.rule.seed * 100_000 + self.now
            params = SolveParams(iterations=self.rule.iterations, seed=seed, engine=self.rule.engine)
            found = solve(snapshot.problem, params, snapshot.initial)
            self.dispatcher.adopt(snapshot, found.solution, now)
        self.decisions_s.append(perf_counter() - began)

    def _happened(self) -> Iterator[Event]:
        """Yields what happened by now: who is known, what was placed, arrivals, hand-overs."""
        now = MIDNIGHT + self.now
        while self.couriers and self._known_at(self.couriers[0]) <= self.now:
            yield CourierAdded(now, self._courier(self.couriers.pop(0)))
        while self.orders and self.orders[0].placed_at <= self.now:
            yield _placed(self.orders.pop(0))
        for courier in self.dispatcher.state.couriers.values():
            committed, at = courier.committed, self._ends_at(courier)
            if committed is None or at is None or at > now:
                continue
            if committed.arrived_at is None:
                if committed.drop is not None:
                    self.deeds.append(Dropoff(self.now, courier.id, committed.drop))
                yield Arrived(
                    now, courier.id, committed.stop, committed.kind, committed.place,
                    committed.drop, committed.ends_at,
                )  # fmt: skip
            elif committed.drop is not None:
                lines = (Line(MEAL.sku, MEAL.quantity),)
                yield Delivered(
                    now, courier.id, committed.stop, committed.place, committed.drop, lines
                )

    def _ends_at(self, courier: Courier) -> int | None:
        """Returns when what a courier is at ends by itself, None where it waits for the plan."""
        committed = courier.committed
        if committed is None:
            return None
        if committed.arrived_at is None:
            return committed.arrives_at
        return committed.ends_at if committed.kind is StopKind.DELIVER else None

    def _next(self, courier: Courier) -> Stop | None:
        """Returns the stop to go to, or to load at, next; None where there is nothing to do."""
        route = self.dispatcher.plan.route_of(courier.id)
        stops = route.stops if route is not None else ()
        # Nothing is picked up while something is on board, even where the plan would.
        if aboard := {drop.id for drop in self.dispatcher.state.on_board(courier.id)}:
            return next((stop for stop in stops if aboard.intersection(stop.drops)), None)
        return next((stop for stop in stops if stop.kind is not StopKind.RETURN), None)

    def _due_at(self, courier: Courier, stop: Stop) -> int:
        """Returns when a courier sets off for a stop, or loads at it where it is there."""
        if stop.kind is StopKind.DELIVER:
            return MIDNIGHT + self.now
        if courier.committed is not None:
            return stop.start
        ride = int(self.city.travel_times((courier.place, stop.place), "")[0, 1])
        return max(courier.shift_start, stop.start - ride - self.rule.early_s)

    def _send(self, courier: Courier) -> None:
        """Lets a courier that waits for the plan do what is due by now."""
        now = MIDNIGHT + self.now
        if self._ends_at(courier) is not None:
            return
        stop = self._next(courier)
        if courier.committed is not None:
            here = courier.committed
            if stop is None or stop.place != here.place or not stop.drops:
                # What was to be loaded here is another's now.
                self.dispatcher.record(now, Loaded(now, courier.id, here.stop, here.place, ()))
            elif stop.start <= now:
                self._load(courier, stop)
            return
        if stop is not None and self._due_at(courier, stop) <= now:
            self._depart(courier.id, stop)

    def _load(self, courier: Courier, stop: Stop) -> None:
        now = MIDNIGHT + self.now
        self.deeds.append(Pickup(self.now, courier.id, stop.drops))
        self.dispatcher.record(now, Loaded(now, courier.id, stop.id, stop.place, stop.drops))
        follows = self._next(self.dispatcher.state.couriers[courier.id])
        assert follows is not None
        self._depart(courier.id, follows)

    def _depart(self, name: str, stop: Stop) -> None:
        now, courier = MIDNIGHT + self.now, self.dispatcher.state.couriers[name]
        ride = int(self.city.travel_times((courier.place, stop.place), "")[0, 1])
        service = stop.departure - stop.start if stop.kind is StopKind.DELIVER else 0
        drop = stop.drops[0] if stop.kind is StopKind.DELIVER else None
        self.deeds.append(
            Move(self.now, name, str(courier.place.building), str(stop.place.building))
        )
        arrives_at = now + ride
        self.dispatcher.record(
            now,
            Departed(
                now, name, stop.id, stop.kind, stop.place, drop, arrives_at, arrives_at + service
            ),
        )

    def _known_at(self, courier: MealCourier) -> int:
        return max(0, courier.on_at - self.rule.known_s)

    def _courier(self, courier: MealCourier) -> Courier:
        return Courier(
            id=courier.id,
            name=courier.id,
            store=AFTER,
            capacity=CAPACITY,
            place=self.city.place(courier.id),
            shift_start=MIDNIGHT + courier.on_at,
            shift_end=MIDNIGHT + courier.off_at + self.city.spare_s,
        )


def _stores(meals: Meals) -> dict[str, Store]:
    counters = {r: meals.points[r] for r in meals.restaurants}
    stores = {key: Store(key, key, lat=y, lon=x) for key, (x, y) in counters.items()}
    return {**stores, AFTER: Store(AFTER, AFTER, lat=-1.0, lon=-1.0)}


def _placed(order: MealOrder) -> OrderPlaced:
    at = MIDNIGHT + order.placed_at
    placed = Order(
        id=order.id,
        service="urgent",
        store=order.restaurant,
        placed_at=at,
        deadline=None,
        promise_s=0,
        ready_at=MIDNIGHT + order.ready_at,
        drops=(order.id,),
    )
    drop = Drop(order.id, order.id, Desk(order.id, 0), (MEAL,))
    return OrderPlaced(at, placed, (drop,))


def _forget(commit: Commit) -> None:
    """Takes a commit and keeps nothing of it."""
