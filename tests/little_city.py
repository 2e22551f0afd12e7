"""
A city along one street, with times one can work out by hand, and zones in it.

The store is at block 0, building ``b_n`` at block n. A block takes a minute to ride, the lobby of
another building 45 s, a floor 30 s, another desk on the same floor 30 s; the street nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dispatch.actions import act
from dispatch.commit import Commit
from dispatch.crew import add_courier
from dispatch.dispatcher import Dispatcher
from dispatch.errors import CityError
from dispatch.hours import Week, every_day
from dispatch.numbering import Numbers
from dispatch.ordering import place_order
from dispatch.orders import Drop, Item, Store
from dispatch.places import Building, Office, Place
from dispatch.plan import Plan, Stop
from dispatch.policy import Policy
from dispatch.requests import (
    Action,
    ActionAnswer,
    CourierRequest,
    DeskRequest,
    DropRequest,
    OrderRequest,
    Position,
)
from dispatch.state import State, apply
from dispatch.street_bands import split_band

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.city import City
    from dispatch.orders import Courier, Order

BLOCK_S = 60
CHECK_IN_S = 45
FLOOR_S = 30
LEVELS = 10

NOW = 1_795_420_800
"""Monday 23 November 2026, 10:00 in Helsinki: no band changes within half an hour."""

HOUR = 3600
STORE = Store("st_1", "Corner", 60.0, 25.0, preparation_s=240)
AT_STORE = Place(60.0, 25.0)


def building(block: int) -> Building:
    """Returns the building at a block, with ten levels, open from 7 to 20."""
    lon = 25 + block / 1000
    return Building(f"b_{block}", f"House {block}", "", 60.0, lon, LEVELS, False, 1, False, (), ())


class LittleCity:
    """What dispatch uses of a city; ``asked`` remembers the bands that were asked for."""

    def __init__(self, timezone: str = "Europe/Helsinki") -> None:
        self.name = "Little"
        self.timezone = timezone
        self.country = "FI"
        self.travel_epoch = 1
        self.profile = "ebike"
        self.buildings = {f"b_{n}": building(n) for n in range(1, 31)}
        self.offices = {
            f"k_{n}": Office(f"k_{n}", f"Office {n}", f"b_{n}", 2, False, 60.0, 25 + n / 1000)
            for n in range(1, 31)
        }
        self.asked: list[str] = []

    def place(self, building: str, floor: int, desk: str = "") -> Place:
        if building not in self.buildings:
            raise CityError(f"There is no building {building}.", at="building", cure="Look.")
        if not 0 <= floor < LEVELS:
            raise CityError(f"There is no floor {floor}.", at="floor", cure="Count.")
        return Place(60.0, self.buildings[building].lon, building, floor, desk)

    def street_place(self, lat: float, lon: float) -> Place:
        if lat != 60.0:
            raise CityError(f"{lat} is off the street.", at="place", cure="Come back.")
        return Place(lat, lon)

    def handover(self, place: Place, weekday: int, second: int, own: Week | None = None) -> Place:
        return place

    def reception(self, place: Place, weekday: int, second: int) -> Place | None:
        instead = Place(60.0, place.lon, place.building, 0, "reception")
        return None if instead == place else instead

    def hours(self, place: Place, own: Week | None = None) -> Week:
        inside = self.buildings[str(place.building)]
        return every_day(inside.opens, inside.closes)

    def travel_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        split_band(band)
        self.asked.append(band)
        times = [seconds(a, b) for a in places for b in places]
        return np.array(times, dtype=np.int32).reshape(len(places), len(places))


def seconds(a: Place, b: Place) -> int:
    """Returns how long it takes from a place to another."""
    if a.building is not None and a.building == b.building:
        apart = FLOOR_S * abs(a.floor - b.floor)
        return apart or (0 if a.desk == b.desk else FLOOR_S)
    ride = round(abs(a.lon - b.lon) * 1000 * BLOCK_S)
    check_in = 0 if b.building is None else CHECK_IN_S
    return ride + check_in + FLOOR_S * (a.floor + b.floor)


@dataclass
class Journal:
    """A store in memory: remembers what was committed, and fails when told to."""

    commits: list[Commit] = field(default_factory=list)
    broken: bool = False

    def __call__(self, commit: Commit) -> None:
        if self.broken:
            raise OSError("The disk is full.")
        self.commits.append(commit)

    def answer(self, action_id: str) -> ActionAnswer | None:
        """Returns what was answered to a tap."""
        answers = (a for commit in self.commits for a in commit.answers)
        return next((a for a in answers if a.action_id == action_id), None)

    def numbers(self, courier: str) -> Numbers:
        """Returns the numbers heard of a courier."""
        numbers = Numbers()
        for answer in (a for commit in self.commits for a in commit.answers):
            if answer.courier == courier and answer.evidence is not None:
                action = answer.evidence.action
                numbers = numbers.after(action.seq, action.action_id)
        return numbers

    def fold(self, state: State) -> State:
        """Returns a state after all that was committed."""
        return reduce(apply, (event for commit in self.commits for event in commit.events), state)


class LittleZone:
    """A zone in the little city; mutable because ``now`` is moved by hand."""

    def __init__(
        self,
        couriers: int = 1,
        *,
        capacity: int = 20,
        policy: Policy | None = None,
        stores: Sequence[Store] = (STORE,),
        shift_s: int = 8 * HOUR,
        now: int = NOW,
    ) -> None:
        self.now = now
        self.city = LittleCity()
        self.journal = Journal()
        self.empty = State(stores={store.id: store for store in stores})
        self.taps = count(1)
        self.dispatcher = Dispatcher(
            zone="little",
            city=cast("City", self.city),
            policy=policy
            or Policy(quote_buffer=0.2, quote_room_s=0, quote_search_s=0, fill_idle=0),
            state=self.empty,
            plan=Plan(),
            commit=self.journal,
        )
        for _ in range(couriers):
            self.courier(capacity=capacity, shift_s=shift_s)

    @property
    def state(self) -> State:
        return self.dispatcher.state

    @property
    def plan(self) -> Plan:
        return self.dispatcher.plan

    def courier(
        self,
        *,
        capacity: int = 20,
        shift_s: int = 8 * HOUR,
        starts_in: int = 0,
        store: str = "st_1",
    ) -> Courier:
        """Adds a courier who works from now on."""
        start = self.now + starts_in
        request = CourierRequest("Aino", store, capacity, start, start + shift_s)
        return add_courier(self.dispatcher, request, self.now)

    def order(self, *drops: DropRequest, service: str = "urgent", **rest: Any) -> Order:
        """Places an order; its goods are ready at once unless told otherwise."""
        return self.place(wish(*drops, service=service, **rest))

    def place(self, request: OrderRequest) -> Order:
        """Places an order just as it is wished."""
        return place_order(self.dispatcher, request, self.now)

    def urgent(self, block: int = 1, *, floor: int = 0, load: int = 1, **rest: Any) -> str:
        """Places an urgent order of one drop and returns the drop's id."""
        return self.order(a_drop(block, floor=floor, load=load), **rest).drops[0]

    def standard(self, block: int = 1, *, floor: int = 0, load: int = 1, **rest: Any) -> str:
        """Places a standard order of one drop and returns the drop's id."""
        goods = a_drop(block, floor=floor, load=load)
        return self.order(goods, service="standard", **rest).drops[0]

    def tap(self, courier: str, kind: str, stop: str | None = None, **rest: Any) -> ActionAnswer:
        """Lets a courier tap once and returns the answer."""
        number = next(self.taps)
        action = an_action(f"tap-{number}", number, kind, stop, **rest)
        (answer,) = self.act(courier, action)
        return answer

    def act(
        self, courier: str, *actions: Action, device_now: int | None = None
    ) -> tuple[ActionAnswer, ...]:
        """Sends a batch of taps."""
        answered = self.journal.answer
        return act(self.dispatcher, courier, actions, device_now, self.now, answered)

    def send(
        self, courier: str, *actions: Action, device_now: int | None = None
    ) -> tuple[ActionAnswer, ...]:
        """Sends a batch of taps of a phone that numbers them."""
        numbers = self.journal.numbers(courier)
        answered = self.journal.answer
        return act(self.dispatcher, courier, actions, device_now, self.now, answered, numbers)

    def do(self, courier: str, kind: str, stop: str | None = None, **rest: Any) -> None:
        """Lets a courier tap something that has to take effect."""
        answer = self.tap(courier, kind, stop, **rest)
        assert answer.result == "applied", answer

    def load(self, courier: str, *drops: str) -> None:
        """Lets a courier ride to the counter and load these drops, or what the stop shows."""
        stop = self.stops(courier)[0]
        self.do(courier, "departed", stop.id)
        self.do(courier, "arrived", stop.id)
        self.do(courier, "loaded", stop.id, drops=drops or None)

    def wait(self, seconds: int) -> None:
        """Lets time pass, with a tick at the end."""
        self.now += seconds
        self.dispatcher.tick(self.now)

    def stops(self, courier: str) -> tuple[Stop, ...]:
        """Returns the planned stops of a courier."""
        route = self.plan.route_of(courier)
        return route.stops if route else ()

    def stop_ids(self, courier: str) -> list[str]:
        """Returns the ids of the planned stops of a courier."""
        return [stop.id for stop in self.stops(courier)]

    def carrier(self, drop: str) -> str | None:
        """Returns who has a drop in the plan, None for nobody."""
        found = self.plan.assignments().get(drop)
        return found[0] if found else None

    def eta(self, drop: str) -> int:
        """Returns when the hand-over of a drop ends, in seconds from now."""
        return self.plan.assignments()[drop][1].departure - self.now

    def drop(self, drop: str) -> Drop:
        """Returns a drop as it is now."""
        return self.state.drops[drop]

    def reasons(self, drop: str) -> list[str]:
        """Returns the kinds of reasons why a drop is in nobody's route."""
        left_out = next(left for left in self.plan.unassigned if left.drop == drop)
        return [reason.kind for reason in left_out.reasons]

    def sees(self, courier: str, block: float) -> None:
        """Hears of a courier's phone at a block, now."""
        where = Position(60.0, 25 + block / 1000, self.now)
        self.dispatcher.note_positions(courier, [where], self.now)


def a_drop(
    block: int = 1, *, floor: int = 0, load: int = 1, quantity: int = 1, desk: str = ""
) -> DropRequest:
    """Returns so many units for a building."""
    where = DeskRequest(building=f"b_{block}", floor=floor, desk=desk)
    return DropRequest(where, (Item("paper", quantity, load),))


def wish(*drops: DropRequest, service: str = "urgent", **rest: Any) -> OrderRequest:
    """Returns what is ordered, by default goods that are ready already."""
    fields = {"ready_at": 0, **rest}
    return OrderRequest(service, drops or (a_drop(),), **fields)


def an_action(action_id: str, seq: int, kind: str, stop: str | None = None, **rest: Any) -> Action:
    """Returns one tap."""
    return Action(action_id, seq, kind, stop, **rest)
