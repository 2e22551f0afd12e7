"""
What can happen to a zone, as frozen facts; ``at`` is the effective moment in Unix seconds.

Folding them with :func:`dispatch.state.apply` is the only way a state comes about.
"""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.live import Ridden, Traffic
from dispatch.orders import Courier, Drop, Line, Order, Quote, StopKind
from dispatch.places import DirectoryDesk, Place


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order with its drops was accepted."""

    at: int
    order: Order
    drops: tuple[Drop, ...]


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """An order none of whose drops is on board was cancelled."""

    at: int
    order: str


@dataclass(frozen=True, slots=True)
class OrderReady:
    """The store corrected when the goods of an order are ready."""

    at: int
    order: str
    ready_at: int


@dataclass(frozen=True, slots=True)
class QuoteGiven:
    """A customer asked and got an answer."""

    at: int
    quote: Quote


@dataclass(frozen=True, slots=True)
class HoldLapsed:
    """The place held for a quote is held no longer, and why; its word may still be good."""

    at: int
    quote: str
    reason: str


@dataclass(frozen=True, slots=True)
class GoodsArrived:
    """
    Goods that were not in stock are in the store: the clock starts.

    ``deadline`` is its end, None while the order is paused, and ``provisional`` says that it lies
    on a day that is not yet published.
    """

    at: int
    order: str
    deadline: int | None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """The customer got a first, or another, answer."""

    at: int
    order: str
    text: str


@dataclass(frozen=True, slots=True)
class OrderPaused:
    """The clock of an order stands still from now on, and it is not brought."""

    at: int
    order: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderResumed:
    """
    The clock of an order runs again, to this end (None: it has not started yet).

    ``provisional`` says that the end lies on a day that is not yet published.
    """

    at: int
    order: str
    deadline: int | None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class PromiseRecalculated:
    """
    An open promise is counted by another version of its calendar, which may move its end.

    ``provisional`` says that the new end lies on a day that is not yet published.
    """

    at: int
    order: str
    before: int | None
    deadline: int | None
    calendar: str
    reason: str
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class PromiseWarned:
    """
    Somebody should know: ``kind`` is half, most, answer, unanswered or off_duty.

    Half or most (80 %) of the time is used, the time for a first answer is running out or over, or
    nobody is on duty who could bring the order in time.
    """

    at: int
    order: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class PromiseBreached:
    """The deadline passed and not all of the order was known to be handed over."""

    at: int
    order: str
    deadline: int


@dataclass(frozen=True, slots=True)
class Rescue:
    """
    A move that gives a drop a better chance: to a courier, behind a drop (None: where it fits).

    ``p_on_time`` is the chance of its order then, ``late`` are the orders that would become late by
    it, ``harm_s`` by how many seconds others are handed over later in all.
    """

    courier: str
    after: str | None
    p_on_time: float
    harm_s: int
    late: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BreachForeseen:
    """
    A promise will probably not be kept: the chance, and what would help most.

    ``drop`` is the one in danger. ``rescue`` None: nothing that can be done with it helps, and
    ``reason`` says why.
    """

    at: int
    order: str
    drop: str
    p_on_time: float
    rescue: Rescue | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BreachAverted:
    """A promise that was foreseen to break will probably be kept."""

    at: int
    order: str
    p_on_time: float


@dataclass(frozen=True, slots=True)
class CourierAdded:
    """A courier began to belong to the zone."""

    at: int
    courier: Courier


@dataclass(frozen=True, slots=True)
class CourierChanged:
    """A courier's shift, capacity or pause is now this."""

    at: int
    courier: str
    shift_start: int
    shift_end: int
    capacity: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Departed:
    """
    A courier set off for a stop and is committed to it.

    ``ride_s`` is the part of the expected way that is ridden (0: none, or not known), learned
    ``ride_factor`` included, in the ``band`` it was expected in.
    """

    at: int
    courier: str
    stop: str
    kind: StopKind
    place: Place
    drop: str | None
    arrives_at: int
    ends_at: int
    ride_s: int = 0
    ride_factor: float = 1.0
    band: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """
    A courier is at a stop; a stop not departed for is committed to by it.

    ``service_s`` is how long the hand-over is expected to take (0: not known). ``ridden`` is the
    ride that ended by class of road, as it was expected; empty where nothing is learned from it.
    """

    at: int
    courier: str
    stop: str
    kind: StopKind
    place: Place
    drop: str | None
    ends_at: int
    service_s: int = 0
    ridden: tuple[Ridden, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A courier left a store's counter with these drops; the load stop is over."""

    at: int
    courier: str
    stop: str
    place: Place
    drops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    A drop was handed over; rejected units stay on board, unless they never were there.

    ``returning`` is the load that stays on board (None: all that was rejected, as logs of before
    had it).
    """

    at: int
    courier: str
    stop: str
    place: Place
    drop: str
    lines: tuple[Line, ...]
    returning: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A drop could not be handed over; its goods stay on board."""

    at: int
    courier: str
    stop: str
    place: Place
    drop: str
    reason: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A courier is back at a store and handed back everything that was returning."""

    at: int
    courier: str
    stop: str
    place: Place


@dataclass(frozen=True, slots=True)
class Silenced:
    """Nothing was heard of a courier for too long; it gets no new work."""

    at: int
    courier: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A silent courier was heard again."""

    at: int
    courier: str


@dataclass(frozen=True, slots=True)
class EvidenceKept:
    """
    A courier told something about goods that cannot take effect any more, or never could.

    It changes no drop and is kept as it was sent: ``tap`` is the kind of tap, ``result`` and
    ``reason`` what was answered, ``occurred_at`` the phone's clock (None: not told).
    """

    at: int
    courier: str
    action: str
    tap: str
    result: str
    reason: str
    stop: str | None
    drop: str | None
    lines: tuple[Line, ...] = ()
    occurred_at: int | None = None


@dataclass(frozen=True, slots=True)
class DropPinned:
    """A dispatcher tied a waiting drop to a courier (None: released it)."""

    at: int
    drop: str
    courier: str | None


@dataclass(frozen=True, slots=True)
class DesksReplaced:
    """A customer's directory is now these desks; those it had before and are not among them go."""

    at: int
    customer: str
    desks: tuple[DirectoryDesk, ...]


@dataclass(frozen=True, slots=True)
class DeskPut:
    """A desk of a directory is now this, or came to be."""

    at: int
    desk: DirectoryDesk


@dataclass(frozen=True, slots=True)
class TrafficChanged:
    """Speeds were reported and hold from now on."""

    at: int
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class TrafficEnded:
    """A report of speeds, by id, holds no longer."""

    at: int
    traffic: str


@dataclass(frozen=True, slots=True)
class WebhookDisabled:
    """Nothing is sent to a webhook any more, and why; somebody has to see to it."""

    at: int
    webhook: str
    reason: str


@dataclass(frozen=True, slots=True)
class ContactsErased:
    """What was known of persons was erased, by reference, and why; what happened stays."""

    at: int
    contacts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LogRechained:
    """
    The hashes of the log were made anew up to entry ``seq``, whose hash was ``head``, and why.

    An upgrade took contacts out of entries; who noted a head before compares it with this one.
    ``broken`` is the first entry that did not fit its hash already then (None: all did).
    """

    at: int
    seq: int
    head: str
    reason: str
    broken: int | None = None


Event = (
    OrderPlaced
    | OrderCancelled
    | OrderReady
    | QuoteGiven
    | HoldLapsed
    | GoodsArrived
    | OrderAnswered
    | OrderPaused
    | OrderResumed
    | PromiseRecalculated
    | PromiseWarned
    | PromiseBreached
    | BreachForeseen
    | BreachAverted
    | CourierAdded
    | CourierChanged
    | Departed
    | Arrived
    | Loaded
    | Delivered
    | Failed
    | Returned
    | Silenced
    | Heard
    | EvidenceKept
    | DropPinned
    | DesksReplaced
    | DeskPut
    | TrafficChanged
    | TrafficEnded
    | WebhookDisabled
    | ContactsErased
    | LogRechained
)
