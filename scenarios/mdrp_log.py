"""
What couriers did in a played day, as facts, and what the rules of the instances say of it.

Nothing here knows how the day was played: rides, services and moments are worked out again from
the instance alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scenarios.mdrp import MealCourier, MealOrder, Meals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Move:
    """A courier leaves a place for another; moments in seconds from midnight."""

    at: int
    courier: str
    origin: str
    destination: str


@dataclass(frozen=True, slots=True)
class Pickup:
    """A courier takes meals at their restaurant."""

    at: int
    courier: str
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dropoff:
    """A courier hands a meal over."""

    at: int
    courier: str
    order: str


Deed = Move | Pickup | Dropoff


@dataclass(frozen=True, slots=True)
class Served:
    """When a meal was picked up and handed over, in seconds from midnight."""

    order: MealOrder
    picked_at: int
    at_door: int

    @property
    def click_to_door_s(self) -> int:
        """The seconds from placing the order to its hand-over."""
        return self.at_door - self.order.placed_at

    @property
    def ready_to_door_s(self) -> int:
        """The seconds from when the meal is ready to its hand-over."""
        return self.at_door - self.order.ready_at

    @property
    def ready_to_pickup_s(self) -> int:
        """The seconds for which the meal waits for its courier."""
        return self.picked_at - self.order.ready_at


def served(meals: Meals, deeds: Sequence[Deed]) -> tuple[Served, ...]:
    """Returns the meals that reached their doors, in the order of the instance."""
    picked = {order: deed.at for deed in deeds if isinstance(deed, Pickup) for order in deed.orders}
    doors = {deed.order: deed.at for deed in deeds if isinstance(deed, Dropoff)}
    return tuple(
        Served(order, picked[order.id], doors[order.id])
        for order in meals.orders
        if order.id in doors and order.id in picked
    )


def broken_rules(meals: Meals, deeds: Sequence[Deed]) -> tuple[str, ...]:
    """
    Returns what in a day is against the rules, in words; empty where nothing is.

    A courier is where it logged on, or where it last went, and rides whole minutes. Half the
    service after it came to a restaurant, and until it logs off, it picks up what is ready there
    and nobody has, with nothing on board; it leaves half the service later, and brings all of it.
    The halves are the same at doors. The evaluator of grubhub/mdrplib asks for the places, the
    rides, the ready times and the ends of shifts; that what is on board is of one restaurant and
    one pickup, and when services pass, is the model of Reyes et al. 2018 as others replicate it.
    """
    timelines: dict[str, list[Deed]] = {}
    for deed in deeds:
        timelines.setdefault(deed.courier, []).append(deed)
    couriers = {courier.id: courier for courier in meals.couriers}
    faults = [f"nobody is {name}" for name in timelines if name not in couriers]
    for name, timeline in timelines.items():
        if name in couriers:
            faults += _Timeline(meals, couriers[name]).faults(timeline)
    picked = Counter(order for d in deeds if isinstance(d, Pickup) for order in d.orders)
    faults += [f"{order} is picked up {n} times" for order, n in picked.items() if n > 1]
    return tuple(faults)


@dataclass(slots=True)
class _Timeline:
    """
    One courier while its deeds are gone through: mutable because it moves.

    ``stays`` is from when on it may hand over or pick up where it is, ``free`` from when on it may
    leave.
    """

    meals: Meals
    courier: MealCourier
    place: str = ""
    stays: int = 0
    free: int = 0
    aboard: set[str] = field(default_factory=set)

    def faults(self, timeline: Sequence[Deed]) -> Iterator[str]:
        """Yields what is wrong, one line for each fault, with the second of the deed."""
        self.place, self.stays = self.courier.id, self.courier.on_at
        self.free = self.courier.on_at
        for deed in timeline:
            yield from (f"{self.courier.id} at {deed.at} s {fault}" for fault in self._check(deed))
        if self.aboard:
            yield f"{self.courier.id} still has {', '.join(sorted(self.aboard))}"

    def _check(self, deed: Deed) -> Iterator[str]:
        if isinstance(deed, Move):
            return self._move(deed)
        return self._pickup(deed) if isinstance(deed, Pickup) else self._dropoff(deed)

    def _move(self, deed: Move) -> Iterator[str]:
        if deed.origin != self.place:
            yield f"leaves {deed.origin} but is at {self.place}"
        if deed.at < self.free:
            yield f"leaves {deed.origin} before {self.free} s"
        half = self._half(deed.destination)
        self.place = deed.destination
        self.stays = self.free = deed.at + self.meals.ride_s(deed.origin, deed.destination) + half

    def _pickup(self, deed: Pickup) -> Iterator[str]:
        if deed.at < self.stays:
            yield f"picks up before {self.stays} s"
        if deed.at > self.courier.off_at:
            yield f"picks up after logging off at {self.courier.off_at} s"
        if self.aboard:
            yield f"picks up with {', '.join(sorted(self.aboard))} on board"
        for order in (order for order in self.meals.orders if order.id in deed.orders):
            if order.restaurant != self.place:
                yield f"picks {order.id} up at {self.place}, not at {order.restaurant}"
            if deed.at < order.ready_at:
                yield f"picks {order.id} up before it is ready at {order.ready_at} s"
        self.aboard |= set(deed.orders)
        self.free = deed.at + self._half(self.place)

    def _dropoff(self, deed: Dropoff) -> Iterator[str]:
        if deed.order not in self.aboard:
            yield f"hands {deed.order} over without having it"
        if deed.order != self.place:
            yield f"hands {deed.order} over at {self.place}"
        if deed.at < self.stays:
            yield f"hands {deed.order} over before {self.stays} s"
        self.aboard.discard(deed.order)
        self.free = deed.at + self._half(self.place)

    def _half(self, place: str) -> int:
        """Returns half of the service at a place; none where couriers log on."""
        if place in self.meals.restaurants:
            return self.meals.pickup_s // 2
        return self.meals.dropoff_s // 2 if place != self.courier.id else 0
