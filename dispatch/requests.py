"""
What is asked of a zone, as values: parsed by the edge, not yet checked against the world.

Instants are Unix seconds, durations seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.orders import Item, Line


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """A desk by its directory ``id``, or ad hoc by building and floor; ``contact`` as in `Desk`."""

    id: str | None = None
    building: str | None = None
    floor: int | None = None
    department: str = ""
    desk: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class DropRequest:
    """The goods for one desk; ``note`` as in `dispatch.orders.Drop`."""

    desk: DeskRequest
    items: tuple[Item, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """
    What a customer would like to know a time for; ``store`` None: the best one.

    ``reserve`` asks that the place be held while the quote is good, for ``principal``.
    """

    service: str
    drops: tuple[DropRequest, ...]
    store: str | None = None
    ready_at: int | None = None
    reserve: bool = False
    principal: str = ""


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """
    What a customer orders.

    ``on_infeasible`` says what to do when the usual time cannot be promised: ``requote`` accepts
    with the honest time, ``accept_late`` keeps the usual deadline and shows the lateness,
    ``reject`` refuses. ``ready_at`` None: placed plus the store's preparation time.
    """

    service: str
    drops: tuple[DropRequest, ...]
    store: str | None = None
    ready_at: int | None = None
    customer: str = ""
    channel: str = "api"
    external_id: str | None = None
    quote_id: str | None = None
    on_infeasible: str = "requote"


@dataclass(frozen=True, slots=True)
class CourierRequest:
    """Who begins to work for a store; ``name`` as in `dispatch.orders.Courier`."""

    name: str
    store: str
    capacity: int
    shift_start: int
    shift_end: int
    profile: str | None = None
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CourierChange:
    """What changes about a courier; None leaves a thing as it is."""

    shift_start: int | None = None
    shift_end: int | None = None
    capacity: int | None = None
    paused: bool | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a phone says it is."""

    lat: float
    lon: float
    at: int


@dataclass(frozen=True, slots=True)
class Action:
    """
    One tap of a courier.

    ``seq`` is the phone's own number of it, one more than that of the tap before. ``kind`` is one
    of departed, arrived, loaded, delivered, failed, paused, resumed. ``drops`` are those really
    loaded (None: all that the load stop shows). ``occurred_at`` is the phone's clock (None: not
    told). ``proof`` is by what hand-over is shown, or what a PIN was found to be, in the words of
    `dispatch.proofs`; empty for nothing.
    """

    action_id: str
    seq: int
    kind: str
    stop: str | None = None
    drop: str | None = None
    drops: tuple[str, ...] | None = None
    occurred_at: int | None = None
    lines: tuple[Line, ...] = ()
    reason: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A tap just as it came, the phone's clock then (None: not told), and when it came."""

    action: Action
    received_at: int
    device_now: int | None = None


@dataclass(frozen=True, slots=True)
class ActionAnswer:
    """
    What became of a tap: applied, duplicate, superseded or rejected, with a reason.

    ``first`` is what a duplicate was answered first. ``evidence`` is the tap, None where it was
    answered by a program that did not keep it.
    """

    courier: str
    action_id: str
    result: str
    reason: str = ""
    evidence: Evidence | None = None
    first: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """
    A dispatcher's wish for one drop.

    ``courier`` None releases the drop to the planner; ``after`` is the drop in whose wake it shall
    come (None: where it costs least). ``dry_run`` only shows the consequences.
    """

    courier: str | None
    after: str | None = None
    pinned: bool = True
    dry_run: bool = False
