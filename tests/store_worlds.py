"""Small worlds for the tests of the store: builders, and random histories of legal events."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from dispatch import events as ev
from dispatch.areas import Area
from dispatch.city import Place
from dispatch.commit import Commit
from dispatch.live import AreaSpeed, SegmentSpeed, Traffic
from dispatch.orders import (
    Courier,
    Desk,
    Drop,
    DropStatus,
    Item,
    Line,
    Order,
    Quote,
    StopKind,
    Store,
)
from dispatch.places import DirectoryDesk
from dispatch.plan import Change, CourierRoute, Plan, Reason, Stop, Unassigned
from dispatch.promises import URGENT
from dispatch.reported import expired
from dispatch.requests import ActionAnswer
from dispatch.state import State, apply

if TYPE_CHECKING:
    from collections.abc import Callable

ZONE = "centre"
STORES = {"st_1": Store("st_1", "Market", 60.17, 24.94)}
STREET = Place(60.17, 24.94)
INSIDE = Place(60.171, 24.95, building="b_1", floor=3, desk="Reception")


def a_drop(number: int, order: int, units: int = 2) -> Drop:
    """Returns a drop of so many units, each of load 1."""
    return Drop(f"d_{number}", f"o_{order}", Desk("b_1", 3), (Item("paper", units),))


def placed(
    number: int, *, at: int = 100, drops: int = 1, external_id: str | None = None
) -> ev.OrderPlaced:
    """Returns the event of an order whose drops are numbered from ten times its own number."""
    of_order = tuple(a_drop(10 * number + i, number) for i in range(drops))
    order = Order(
        id=f"o_{number}",
        service=URGENT,
        store="st_1",
        placed_at=at,
        deadline=at + 1320,
        promise_s=1320,
        ready_at=at + 240,
        drops=tuple(drop.id for drop in of_order),
        external_id=external_id,
    )
    return ev.OrderPlaced(at, order, of_order)


def joined(number: int, at: int = 0) -> ev.CourierAdded:
    """Returns the event of a courier who begins to work, standing at the store."""
    courier = Courier(f"c_{number}", "Aino", "st_1", 20, STREET, shift_start=0, shift_end=28800)
    return ev.CourierAdded(at, courier)


def a_plan(version: int, *, courier: str = "c_1", drops: tuple[str, ...] = ()) -> Plan:
    """Returns a plan in which one courier brings these drops, one a minute."""
    stops = tuple(
        Stop(f"s_{d}", StopKind.DELIVER, INSIDE, (d,), 60 * i, 60 * i, 60 * i + 30, due_at=1420)
        for i, d in enumerate(drops, 1)
    )
    return Plan(version, made_at=100, routes=(CourierRoute(courier, STREET, 0, stops),))


def seen(state: State) -> tuple[object, ...]:
    """Returns a state with the order of its mappings, which the equality of dicts leaves out."""
    mappings = (
        state.orders,
        state.drops,
        state.couriers,
        state.quotes,
        state.live,
        state.desks,
        state.traffic,
        state.observed,
    )
    return state, tuple(tuple(mapping) for mapping in mappings)


@st.composite
def histories(draw: st.DrawFn, max_commits: int = 25) -> list[Commit]:
    """Draws commits that may follow each other: their number shrinks, the rest is one seed's."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    world = _World(rng)
    return [world.commit() for _ in range(draw(st.integers(1, max_commits)))]


class _World:
    """A zone in which whatever may happen does: it keeps the state to know what may."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.now = 1_000_000
        self.state = State(stores=STORES)
        self.plan = Plan()
        self.num_taps = 0

    def commit(self) -> Commit:
        events = []
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 4))):
            # Now and then a pause in which quotes grow old enough to be forgotten.
            self.now += self.rng.choice((0, 5, 60, 60, 4000))
            event = self._event()
            self.state = apply(self.state, event)
            events.append(event)
        if self.rng.random() < 0.6:
            self.plan = self._replanned()
            return Commit(self.now, tuple(events), self.plan, self._answers())
        return Commit(self.now, tuple(events), None, self._answers())

    def _answers(self) -> tuple[ActionAnswer, ...]:
        if not self.state.couriers or self.rng.random() < 0.5:
            return ()
        self.num_taps += 1
        courier = self.rng.choice(sorted(self.state.couriers))
        return (ActionAnswer(courier, f"tap-{self.num_taps}", "applied"),)

    def _event(self) -> ev.Event:
        """Returns something that may happen now; a courier may always join."""
        rules = list(_RULES)
        self.rng.shuffle(rules)
        for rule in rules:
            event = rule(self)
            if event is not None:
                return event
        return joined(len(self.state.couriers) + 1, self.now)

    def _replanned(self) -> Plan:
        open_drops = [drop.id for drop in self.state.open_drops()]
        self.rng.shuffle(open_drops)
        planned = a_plan(self.plan.version + 1, drops=tuple(open_drops[:3]))
        why = Reason("c_1", "late", 40, "s", "40 s late", "leave 40 s earlier")
        return Plan(
            version=planned.version,
            made_at=self.now,
            routes=planned.routes,
            unassigned=tuple(Unassigned(d, (why,)) for d in open_drops[3:]),
            changes=tuple(Change(d, None, "c_1") for d in open_drops[:2]),
        )

    def any_drop(self, fits: Callable[[Drop], bool]) -> Drop | None:
        found = [drop for drop in self.state.drops.values() if fits(drop)]
        return self.rng.choice(found) if found else None

    def any_courier(self) -> str:
        return self.rng.choice(sorted(self.state.couriers))


def _join(world: _World) -> ev.Event | None:
    return joined(len(world.state.couriers) + 1, world.now)


def _quote(world: _World) -> ev.Event | None:
    number = world.state.quotes_given + 1
    now = world.now
    quote = Quote(f"q_{number}", URGENT, "st_1", now, now + 60, 1320, True, "print")
    return ev.QuoteGiven(now, quote)


def _place(world: _World) -> ev.Event | None:
    number = len(world.state.orders) + 1
    event = placed(number, at=world.now, drops=world.rng.randint(1, 3), external_id=f"x{number}")
    unused = [quote.id for quote in world.state.quotes.values() if quote.order is None]
    if unused and world.rng.random() < 0.5:
        quote = world.rng.choice(unused)
        return replace(event, order=replace(event.order, quote=quote))
    return event


def _cancel(world: _World) -> ev.Event | None:
    drop = world.any_drop(lambda drop: drop.status is DropStatus.WAITING)
    if drop is None:
        return None
    siblings = world.state.orders[drop.order].drops
    if any(world.state.drops[d].status is DropStatus.ON_BOARD for d in siblings):
        return None
    return ev.OrderCancelled(world.now, drop.order)


def _ready(world: _World) -> ev.Event | None:
    drop = world.any_drop(lambda drop: drop.status.is_open)
    return ev.OrderReady(world.now, drop.order, world.now + 30) if drop else None


def _replace_desks(world: _World) -> ev.Event | None:
    customer = world.rng.choice(("Acme", "Beta"))
    numbers = world.rng.sample(range(6), world.rng.randint(0, 3))
    floor = world.rng.randint(0, 2)
    desks = tuple(
        DirectoryDesk(f"k_{customer}{i}", "b_1", floor, customer=customer) for i in numbers
    )
    return ev.DesksReplaced(world.now, customer, desks)


def _put_desk(world: _World) -> ev.Event | None:
    desk = DirectoryDesk(f"k_Acme{world.rng.randint(0, 5)}", "b_1", 3, "Law", customer="Acme")
    return ev.DeskPut(world.now, desk)


def _pin(world: _World) -> ev.Event | None:
    drop = world.any_drop(lambda drop: drop.status is DropStatus.WAITING)
    courier = world.rng.choice(("c_1", None))
    return ev.DropPinned(world.now, drop.id, courier) if drop else None


def _report(world: _World) -> ev.Event | None:
    number, until = world.state.traffic_given + 1, world.now + world.rng.choice((60, 3600))
    closed = (SegmentSpeed(number, number + 1, 0.0),)
    slow = (AreaSpeed(Area((((60.1, 24.9), (60.2, 24.9), (60.2, 25.0)),)), 7.5),)
    return ev.TrafficChanged(world.now, Traffic(f"t_{number}", world.now, closed, slow, until))


def _end_report(world: _World) -> ev.Event | None:
    return next(iter(expired(world.state, world.now)), None)


def _change(world: _World) -> ev.Event | None:
    if not world.state.couriers:
        return None
    paused = world.rng.random() < 0.5
    return ev.CourierChanged(world.now, world.any_courier(), 0, 30_000, 8, paused)


def _silence(world: _World) -> ev.Event | None:
    return ev.Silenced(world.now, world.any_courier()) if world.state.couriers else None


def _hear(world: _World) -> ev.Event | None:
    return ev.Heard(world.now, world.any_courier()) if world.state.couriers else None


def _depart(world: _World) -> ev.Event | None:
    drop = world.any_drop(lambda drop: drop.status is DropStatus.ON_BOARD)
    if drop is None or drop.courier is None:
        return None
    now, soon = world.now, world.now + 300
    stop, band = f"s_{drop.id}", world.rng.choice(("day", "peak/rush"))
    return ev.Departed(
        now, drop.courier, stop, StopKind.DELIVER, INSIDE, drop.id, soon, soon + 60, 200, 1.1, band
    )


def _arrive(world: _World) -> ev.Event | None:
    if not world.state.couriers:
        return None
    courier = world.state.couriers[world.any_courier()]
    if courier.committed is None:
        stop = f"s_{courier.id}-l{courier.loads + 1}"
        return ev.Arrived(world.now, courier.id, stop, StopKind.LOAD, STREET, None, world.now + 15)
    going = courier.committed
    return ev.Arrived(
        world.now, courier.id, going.stop, going.kind, going.place, going.drop, world.now + 60, 60
    )


def _load(world: _World) -> ev.Event | None:
    """Of those nobody has taken; a cancelled one among them rides back, and is live again."""
    if not world.state.couriers:
        return None
    there = (DropStatus.WAITING, DropStatus.CANCELLED)
    drops = [d.id for d in world.state.drops.values() if d.status in there and d.courier is None]
    world.rng.shuffle(drops)
    courier = world.state.couriers[world.any_courier()]
    stop = f"s_{courier.id}-l{courier.loads + 1}"
    return ev.Loaded(world.now, courier.id, stop, STREET, tuple(drops[:3])) if drops else None


def _deliver(world: _World) -> ev.Event | None:
    drop = world.any_drop(lambda drop: drop.status is DropStatus.ON_BOARD)
    if drop is None or drop.courier is None:
        return None
    rejected = world.rng.randint(0, 2)
    reason = world.rng.choice(("dirty", "missing")) if rejected else ""
    lines = (Line("paper", 2 - rejected, rejected, reason),)
    left = world.rng.choice((None, drop.load_left(lines)))
    return ev.Delivered(world.now, drop.courier, f"s_{drop.id}", INSIDE, drop.id, lines, left)


def _fail(world: _World) -> ev.Event | None:
    drop = world.any_drop(lambda drop: drop.status is DropStatus.ON_BOARD)
    if drop is None or drop.courier is None:
        return None
    return ev.Failed(world.now, drop.courier, f"s_{drop.id}", INSIDE, drop.id, "closed")


def _come_back(world: _World) -> ev.Event | None:
    drop = world.any_drop(lambda drop: drop.returning > 0)
    if drop is None or drop.courier is None:
        return None
    return ev.Returned(world.now, drop.courier, f"s_{drop.courier}-r1", STREET)


_RULES: tuple[Callable[[_World], ev.Event | None], ...] = (
    _join,
    _quote,
    _place,
    _cancel,
    _ready,
    _pin,
    _replace_desks,
    _put_desk,
    _report,
    _end_report,
    _change,
    _silence,
    _hear,
    _depart,
    _arrive,
    _load,
    _deliver,
    _fail,
    _come_back,
)
