"""
Orders from a table: what would become of them, and placing them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.contacts import Sheaf
from api.import_answers import (
    ImportedOrderOut,
    ImportOut,
    Mode,
    faults_out,
    file_out,
    refused,
)
from api.order_table import Line
from api.orders import OrderIn
from api.view import View
from api.zone import Room
from dispatch.batch import Asked, Outcome, check_batch, place_batch
from dispatch.contacts import Contact
from dispatch.intake import fingerprint
from dispatch.tables import Fault, Table


def import_orders(
    room: Room, table: Table, lines: Sequence[Line], key: str, mode: Mode
) -> ImportOut:
    """
    Returns what became of the orders of a table, or would become of them in a preview.

    Raises Problem with all that is wrong where everything or nothing was wanted; the caller undoes
    what was placed until then.
    """
    whole = mode == "all_or_nothing"
    sound = [line.order for line in lines if line.order is not None]
    if mode == "preview" or (whole and len(sound) < len(lines)):
        asked = _asked(sound, Sheaf.found(room, _told(sound)))
        found = iter(check_batch(room.dispatcher, asked, room.now))
    else:
        found = iter(_placed(room, sound, whole=whole))
    outcomes = [Outcome(None) if line.order is None else next(found) for line in lines]
    faults = [fault for pair in zip(lines, outcomes, strict=True) for fault in _faults(*pair)]
    if whole and faults:
        raise refused(table, faults)
    view = View.of(room.dispatcher, room.now)
    orders = [_out(*pair, mode, view) for pair in zip(lines, outcomes, strict=True)]
    results = [order.result for order in orders]
    told = faults_out(table, faults)
    return ImportOut(
        kind="orders",
        mode=mode,
        file=file_out(table, key),
        taken=results.count("valid") + results.count("placed"),
        again=results.count("again"),
        refused=results.count("refused"),
        orders=orders,
        desks=None,
        errors=told,
        errors_left_out=len(faults) - len(told),
    )


def _placed(room: Room, orders: Sequence[OrderIn], *, whole: bool) -> tuple[Outcome, ...]:
    """Places orders, and keeps who they are for, but nobody of an order that is refused."""
    sheaf = Sheaf.kept(room, _told(orders))
    asked = _asked(orders, sheaf)
    found = place_batch(room.dispatcher, asked, room.now, whole=whole)
    pairs = zip(asked, found, strict=True)
    drops = [drop for each, outcome in pairs if outcome.order for drop in each.request.drops]
    sheaf.forget_but(room, {ref for drop in drops for ref in (drop.desk.contact, drop.note)})
    return found


def _told(orders: Iterable[OrderIn]) -> list[Contact]:
    """Returns the contacts and notes of orders."""
    told: list[Contact] = []

    def note(contact: Contact) -> str:
        told.append(contact)
        return ""

    for order in orders:
        order.to_domain(note)
    return told


def _asked(orders: Iterable[OrderIn], sheaf: Sheaf) -> list[Asked]:
    requests = [order.to_domain(sheaf.ref) for order in orders]
    return [Asked(request, fingerprint(request)) for request in requests]


def _faults(line: Line, outcome: Outcome) -> tuple[Fault, ...]:
    return line.faults if outcome.error is None else (line.fault_of(outcome.error),)


def _out(line: Line, outcome: Outcome, mode: Mode, view: View) -> ImportedOrderOut:
    order, is_there = outcome.order, outcome.again or mode != "preview"
    result = "refused"
    if order is not None:
        result = "again" if outcome.again else "valid" if mode == "preview" else "placed"
    due_at = None
    if order is not None and (is_there or not outcome.alone):
        due_at = view.moment_or_none(order.deadline)
    # 10 000 of them, each from values that were checked long ago.
    return ImportedOrderOut.model_construct(
        external_id=line.external_id,
        rows=list(line.rows),
        result=result,
        order=order.id if order is not None and is_there else None,
        due_at=due_at,
        requoted=order is not None and order.requoted,
    )
