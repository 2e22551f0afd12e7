"""
The values of the business: stores, couriers, orders and their drops.

Instants are Unix seconds, durations seconds, loads whole units, places WGS-84.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dispatch.places import Place
from dispatch.promises import WITHIN_22_MINUTES, Pause, Promise, Start

if TYPE_CHECKING:
    from collections.abc import Iterable


class DropStatus(StrEnum):
    """How far a drop is; whether a waiting drop is planned is a matter of the plan."""

    WAITING = "waiting"
    ON_BOARD = "on_board"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether the goods still have to reach the desk."""
        return self in (DropStatus.WAITING, DropStatus.ON_BOARD)


class StopKind(StrEnum):
    """What a courier does at a stop."""

    LOAD = "load"
    DELIVER = "deliver"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Store:
    """
    Where goods are picked up; ``preparation_s`` is the usual time from order to ready.

    ``hours`` are when somebody is there on every day, in seconds of it (empty: always).
    """

    id: str
    name: str
    lat: float
    lon: float
    preparation_s: int = 240
    hours: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """
    Where a drop is handed over; ``id`` is None for a desk named ad hoc.

    ``contact`` refers to who takes the goods there (empty: anybody), see `dispatch.contacts`.
    """

    building: str
    floor: int
    department: str = ""
    desk: str = ""
    id: str | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a drop; ``load`` is the load of one unit."""

    sku: str
    quantity: int
    load: int = 1
    name: str = ""


MISSING = "missing"
"""The reason of units that were not among the goods: nobody can bring them back."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of an item at the desk; ``reason`` says why units were rejected."""

    sku: str
    accepted: int
    rejected: int = 0
    reason: str = ""

    @property
    def left(self) -> int:
        """The units that ride back: those rejected, but for those that never were there."""
        return 0 if self.reason == MISSING else self.rejected


@dataclass(frozen=True, slots=True)
class Drop:
    """
    The goods of one order for one desk.

    ``courier`` has, or last had, the goods on board (None: never loaded). ``pinned`` is the courier
    a dispatcher tied the drop to. ``returning`` is the load that rides back to the store: rejected
    (not what was missing), undeliverable or cancelled on board. ``closed_at`` is the moment of the
    last tap at the desk. ``note`` refers to what was noted for the courier, see
    `dispatch.contacts`.
    """

    id: str
    order: str
    desk: Desk
    items: tuple[Item, ...]
    note: str = ""
    status: DropStatus = DropStatus.WAITING
    courier: str | None = None
    pinned: str | None = None
    returning: int = 0
    closed_at: int | None = None
    lines: tuple[Line, ...] = ()
    failure: str = ""

    @property
    def load(self) -> int:
        """The load of all its units."""
        return sum(item.quantity * item.load for item in self.items)

    def load_left(self, lines: Iterable[Line]) -> int:
        """Returns the load that stays on board after its goods were handed over like this."""
        unit = {item.sku: item.load for item in self.items}
        return sum(line.left * unit[line.sku] for line in lines)

    @property
    def items_back(self) -> tuple[Item, ...]:
        """Its goods as they ride back to a store: all of them unless some were handed over."""
        if not self.lines:
            return self.items
        left = {line.sku: line.left for line in self.lines}
        return tuple(
            replace(item, quantity=left[item.sku]) for item in self.items if left[item.sku]
        )


@dataclass(frozen=True, slots=True)
class Order:
    """
    What a customer asked for and what was promised.

    ``urgent`` is whether its service plans it so. ``promise`` is what was promised, ``promise_s``
    the time promised when it was placed, in seconds of its clock's start to the end. ``deadline``
    is the moment by which the last drop shall be handed over (None: the clock has not started, or
    stands still); only events that name another move it. ``ready_at`` is when the goods are
    expected at the store's counter. ``fingerprint`` tells a repeated request from a new one.

    ``warned`` are the kinds of warnings given, ``breached_at`` is when the deadline passed with
    drops open, ``foreseen_at`` when that was foreseen and not called off again.
    """

    id: str
    service: str
    store: str
    placed_at: int
    deadline: int | None
    promise_s: int
    ready_at: int
    drops: tuple[str, ...]
    customer: str = ""
    channel: str = "api"
    external_id: str | None = None
    quote: str | None = None
    fingerprint: str = ""
    requoted: bool = False
    cancelled_at: int | None = None
    urgent: bool = True
    promise: Promise = WITHIN_22_MINUTES
    goods_arrived_at: int | None = None
    answered_at: int | None = None
    pauses: tuple[Pause, ...] = ()
    warned: tuple[str, ...] = ()
    breached_at: int | None = None
    foreseen_at: int | None = None

    @property
    def awaits_goods(self) -> bool:
        """Whether the clock waits for goods that are not in the store yet."""
        return self.promise.starts is Start.GOODS_ARRIVED and self.goods_arrived_at is None

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands still for now."""
        return any(pause.until is None for pause in self.pauses)


@dataclass(frozen=True, slots=True)
class Commitment:
    """
    The stop a courier drives to or serves; ``ends_at`` is when it was expected to be over.

    ``ride_s``, ``ride_factor``, ``band`` and ``service_s`` are what was expected, as in the
    events `Departed` and `Arrived`.
    """

    stop: str
    kind: StopKind
    place: Place
    drop: str | None
    departed_at: int
    arrived_at: int | None
    arrives_at: int
    ends_at: int
    ride_s: int = 0
    ride_factor: float = 1.0
    band: str = ""
    service_s: int = 0

    @property
    def serves_from(self) -> int:
        """When its service began, or is expected to: not before what must be waited for."""
        return max(self.arrived_at or 0, self.ends_at - self.service_s)


@dataclass(frozen=True, slots=True)
class Courier:
    """
    Who carries: where they stand, what they are committed to, when they work.

    ``place`` is the end of the last finished stop, the store at first. ``loads`` and ``returns``
    count finished stops of that kind. ``heard_at`` is the last tap. ``name`` refers to what they
    are called, see `dispatch.contacts`.
    """

    id: str
    name: str
    store: str
    capacity: int
    place: Place
    shift_start: int
    shift_end: int
    profile: str = "ebike"
    skills: tuple[str, ...] = ()
    paused: bool = False
    silent: bool = False
    heard_at: int = 0
    committed: Commitment | None = None
    loads: int = 0
    returns: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """
    What was said to a customer who asked: the time promised and until when the word holds.

    ``fingerprint`` ties it to the service and drops asked about; ``order`` is set once it is used.
    ``held`` are the drops whose place is held until it expires (empty: nothing is held), ready at
    ``ready_at``, as if they were ordered in its last second.
    ``principal`` is who asked. ``lapsed`` says why nothing is held any more; empty while it is.
    """

    id: str
    service: str
    store: str
    made_at: int
    expires_at: int
    promise_s: int
    feasible: bool
    fingerprint: str
    order: str | None = None
    held: tuple[Drop, ...] = ()
    ready_at: int = 0
    principal: str = ""
    lapsed: str = ""

    def holds(self, now: int) -> bool:
        """Returns whether a place is held for it at this moment."""
        return bool(self.held) and not self.lapsed and self.order is None and now <= self.expires_at
