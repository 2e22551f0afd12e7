"""
Orders as a file: all of a time, line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.access import needs
from api.bodies import ItemBody, Page
from api.depends import Here, Who
from api.order_answers import DropOut, OrderOut, order_out
from api.promises import BOUND, read_range
from api.sight import view_of
from api.spreadsheets import CSV, LONGEST_SHEET, XLSX, Cell, csv_parts, xlsx_parts
from api.view import View
from dispatch.errors import InvalidRequest

router = APIRouter(prefix="/v1/orders", tags=["orders"])

JSON = "application/json"

NAMES = (
    *("order", "external_id", "service", "status", "channel", "customer", "store"),
    *("placed_at", "ready_at", "due_at", "promise", "drop", "drop_status", "courier", "eta"),
    *("desk_id", "building", "floor", "department", "desk", "contact_name", "contact_phone"),
    *("note", "sku", "item", "quantity", "load", "accepted", "rejected", "reason"),
    *("closed_at", "failure"),
)
"""The columns of a table of orders; those of an import mean the same there."""

Bound = Annotated[str | None, Query(max_length=40, description=BOUND)]


@router.get(
    "/export",
    summary="Give orders as a file",
    dependencies=[needs("exports")],
    response_class=StreamingResponse,
    responses={
        200: {
            "model": Page[OrderOut],
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                XLSX: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def export(
    zone: Here,
    who: Who,
    file_format: Annotated[Literal["csv", "xlsx", "json"], Query(alias="format")] = "csv",
    since: Annotated[Bound, Query(alias="from")] = None,
    until: Annotated[Bound, Query(alias="to")] = None,
) -> StreamingResponse:
    """
    Answers the orders placed from ``from`` and before ``to``, as they are now.

    A table has a row for each line of each drop. Texts that a spreadsheet would compute get a quote
    before them in CSV.
    """
    view = await zone.ask(lambda room: view_of(room, who))
    bounds = read_range(since, until, view.city.timezone, ("query.from", "query.to"))
    ids = _placed(view, bounds)
    headers = {"Content-Disposition": f'attachment; filename="orders.{file_format}"'}
    # A part at a time, each on a thread of its own: nobody waits for a long list.
    if file_format == "json":
        return StreamingResponse(_json_parts(ids, view), headers=headers, media_type=JSON)
    if file_format == "csv":
        parts, kind = csv_parts(NAMES, _rows(ids, view)), CSV
    else:
        _check_fits(ids, view)
        parts, kind = xlsx_parts("orders", NAMES, _rows(ids, view)), XLSX
    return StreamingResponse(parts, headers=headers, media_type=kind)


def _placed(view: View, bounds: tuple[int | None, int | None]) -> list[str]:
    first, last = bounds
    return [
        order.id
        for order in view.state.orders.values()
        if (first is None or order.placed_at >= first) and (last is None or order.placed_at < last)
    ]


def _check_fits(ids: Sequence[str], view: View) -> None:
    drops = (view.state.drops[drop] for name in ids for drop in view.state.orders[name].drops)
    lines = sum(len(drop.items) for drop in drops)
    if lines >= LONGEST_SHEET:
        raise InvalidRequest(
            f"These are {lines} lines; a sheet has {LONGEST_SHEET} rows.",
            at="query.format",
            cure="Ask for csv, or for a shorter range.",
            value="xlsx",
        )


def _json_parts(ids: Sequence[str], view: View) -> Iterator[bytes]:
    yield b'{"items":['
    for number, name in enumerate(ids):
        text = order_out(view.state.orders[name], view).model_dump_json(by_alias=True)
        yield (b"," if number else b"") + text.encode()
    yield b'],"next":null}'


def _rows(ids: Sequence[str], view: View) -> Iterator[Sequence[Cell]]:
    for name in ids:
        order = order_out(view.state.orders[name], view)
        for drop in order.drops:
            for item in drop.items:
                yield _row(order, drop, item)


def _row(order: OrderOut, drop: DropOut, item: ItemBody) -> Sequence[Cell]:
    desk, contact = drop.desk, drop.desk.contact
    line = next((line for line in drop.lines if line.sku == item.sku), None)
    promise = order.promise
    return (
        *(order.id, order.external_id, order.service, order.status, order.channel),
        *(order.customer, order.store, order.placed_at, order.ready_at, promise.due_at),
        *(promise.state, drop.id, drop.status, drop.courier, drop.eta),
        *(desk.id, desk.building, desk.floor, desk.department, desk.desk),
        *((contact.name, contact.phone) if contact else (None, None)),
        *(drop.note, item.sku, item.name, item.quantity, item.load),
        *((line.accepted, line.rejected, line.reason) if line else (None, None, None)),
        *(drop.closed_at, drop.failure),
    )
