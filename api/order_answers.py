"""
How orders and their drops look from outside.
"""

from __future__ import annotations

from api.bodies import ItemBody, Moment, Out
from api.view import View
from dispatch.contacts import Contact
from dispatch.orders import Desk, Drop, Item, Order
from dispatch.plan import Reason
from dispatch.status import answer_view, drop_status, order_status, promise_of


class ContactOut(Out):
    """Who takes the goods at the desk, where one is told."""

    name: str | None
    phone: str | None


class DeskOut(Out):
    """Where a drop goes; ``id`` is null for a desk named ad hoc."""

    id: str | None
    building: str
    floor: int
    department: str | None
    desk: str | None
    contact: ContactOut | None


class ReasonOut(Out):
    """Why a courier, or nobody, can serve a drop, and what would mend it."""

    courier: str | None
    kind: str
    short_by: int
    unit: str
    text: str
    relaxation: str


class LineOut(Out):
    """What became of a line at the desk."""

    sku: str
    accepted: int
    rejected: int
    reason: str | None


class DropOut(Out):
    """
    A drop. ``eta`` is the end of its hand-over, which ``eta_p90`` keeps nine times in ten.

    ``held_until`` is the projected start of a drop that the policy keeps back. ``reasons`` say why
    it is in nobody's route, or that who rides to it can no longer reach it.
    """

    id: str
    status: str
    courier: str | None
    eta: Moment | None
    eta_p90: Moment | None
    desk: DeskOut
    items: list[ItemBody]
    note: str | None
    load: int
    pinned: str | None
    held: bool
    held_until: Moment | None
    reasons: list[ReasonOut]
    closed_at: Moment | None
    lines: list[LineOut]
    failure: str | None


class PromiseOut(Out):
    """
    What was promised and how it stands.

    ``due_at`` is null while the clock has not started, or stands still. ``p_on_time`` is the chance
    of keeping it as planned now, to two digits; null where it is decided, or a drop is in nobody's
    route. ``provisional`` says that it is counted by a calendar that is not yet published.
    """

    kind: str
    due_at: Moment | None
    state: str
    slack_s: int | None
    p_on_time: float | None
    provisional: bool


class AnswerClockOut(Out):
    """By when a first answer was promised, and how that stands."""

    due_at: Moment
    state: str
    answered_at: Moment | None


class PauseOut(Out):
    """Why an order is not brought for now, and since when."""

    reason: str
    since: Moment


class OrderOut(Out):
    """
    An order with its promise and its drops, as of one plan version.

    ``answer`` is null where no first answer was promised, ``paused`` where its clock runs.
    """

    id: str
    external_id: str | None
    service: str
    status: str
    store: str
    customer: str | None
    channel: str
    placed_at: Moment
    ready_at: Moment
    goods_arrived_at: Moment | None
    cancelled_at: Moment | None
    paused: PauseOut | None
    answer: AnswerClockOut | None
    quote_id: str | None
    requoted: bool
    promise: PromiseOut
    drops: list[DropOut]
    plan_version: int


def contact_out(contact: Contact) -> ContactOut | None:
    """Returns a contact as JSON, null where nothing may be told of it."""
    if contact.is_empty:
        return None
    return ContactOut(name=contact.name or None, phone=contact.phone or None)


def desk_out(desk: Desk, view: View) -> DeskOut:
    """Returns a desk as JSON; texts that are empty are null."""
    return DeskOut(
        id=desk.id,
        building=desk.building,
        floor=desk.floor,
        department=desk.department or None,
        desk=desk.desk or None,
        contact=contact_out(view.contact(desk.contact)),
    )


def reason_out(reason: Reason) -> ReasonOut:
    """Returns a reason as JSON."""
    return ReasonOut.model_validate(reason, from_attributes=True)


def drop_out(drop: Drop, view: View) -> DropOut:
    """Returns a drop as JSON."""
    courier, stop = view.assignments.get(drop.id, (drop.courier, None))
    left_out = view.unassigned.get(drop.id)
    held = left_out is not None and left_out.held_until is not None
    reasons = left_out.reasons if left_out else ()
    if stop is not None and stop.cut_off is not None:
        reasons = (stop.cut_off,)
    return DropOut(
        id=drop.id,
        status=drop_status(drop, view.assignments),
        courier=courier,
        eta=view.moment(stop.departure) if stop else None,
        eta_p90=view.moment_or_none(view.eta_p90(drop.id)),
        desk=desk_out(drop.desk, view),
        items=[item_out(item) for item in drop.items],
        note=view.contact(drop.note).text or None,
        load=drop.load,
        pinned=drop.pinned,
        held=held,
        held_until=view.moment_or_none(left_out.held_until if left_out else None),
        reasons=[reason_out(reason) for reason in reasons],
        closed_at=view.moment_or_none(drop.closed_at),
        lines=[
            LineOut(
                sku=line.sku,
                accepted=line.accepted,
                rejected=line.rejected,
                reason=line.reason or None,
            )
            for line in drop.lines
        ],
        failure=drop.failure or None,
    )


def order_out(order: Order, view: View) -> OrderOut:
    """Returns an order as JSON."""
    return OrderOut.model_validate(order_fields(order, view))


def order_fields(order: Order, view: View) -> dict[str, object]:
    """Returns the fields of an order's JSON."""
    drops = view.drops_of(order)
    promise = promise_of(order, drops, view.plan, view.now)
    return {
        "id": order.id,
        "external_id": order.external_id,
        "service": order.service,
        "status": order_status(order, drops, view.plan),
        "store": order.store,
        "customer": order.customer or None,
        "channel": order.channel,
        "placed_at": view.moment(order.placed_at),
        "ready_at": view.moment(order.ready_at),
        "goods_arrived_at": view.moment_or_none(order.goods_arrived_at),
        "cancelled_at": view.moment_or_none(order.cancelled_at),
        "paused": _pause_out(order, view),
        "answer": _answer_out(order, view),
        "quote_id": order.quote,
        "requoted": order.requoted,
        "promise": PromiseOut(
            kind=promise.kind,
            due_at=view.moment_or_none(promise.due_at),
            state=promise.state,
            slack_s=promise.slack_s,
            p_on_time=view.p_on_time(order),
            provisional=order.promise.provisional,
        ),
        "drops": [drop_out(drop, view) for drop in drops],
        "plan_version": view.plan.version,
    }


def _pause_out(order: Order, view: View) -> PauseOut | None:
    running = next((pause for pause in order.pauses if pause.until is None), None)
    if running is None:
        return None
    return PauseOut(reason=running.reason, since=view.moment(running.since))


def _answer_out(order: Order, view: View) -> AnswerClockOut | None:
    answer = answer_view(order, view.drops_of(order), view.now)
    if answer is None or answer.due_at is None:
        return None
    return AnswerClockOut(
        due_at=view.moment(answer.due_at),
        state=answer.state,
        answered_at=view.moment_or_none(order.answered_at),
    )


def item_out(item: Item) -> ItemBody:
    """Returns a line of a drop as JSON."""
    return ItemBody(sku=item.sku, quantity=item.quantity, load=item.load, name=item.name)
