"""
From a table of orders to requests for them, or to all that is wrong with its rows.

A row is a line of an order: rows with the same external id are one order, and rows of it with the
same desk one drop. What an order or a drop has once may stand in its first row only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from api.bodies import read_instant
from api.orders import OrderIn
from dispatch.building_names import BuildingNames
from dispatch.city import City
from dispatch.errors import CityError, DispatchError
from dispatch.tables import Column, Fault, Kind, Row, Table

FILE = "file"
"""The channel of what comes in a file."""

COLUMNS = (
    Column("external_id", "订单号", about="your number of the order; rows with the same are one"),
    Column(
        "service", "服务", about="urgent, standard, special or another of the settings; required"
    ),
    Column("customer", "客户", about="who orders"),
    Column("store", "门店", about="id of the store; the nearest if absent"),
    Column(
        "ready_at", "备货时间", Kind.MOMENT, "when the goods are ready; local without an offset"
    ),
    Column("desk_id", "工位编号", about="id of a desk of the directory, or building and floor"),
    Column("building", "楼宇", about="id, name or address of the building"),
    Column("floor", "楼层", Kind.WHOLE, "0 is the ground floor"),
    Column("department", "部门", about="department on its floor"),
    Column("desk", "工位", about="desk in its department"),
    Column("contact_name", "联系人", about="who takes the goods"),
    Column("contact_phone", "电话", Kind.PHONE, "their telephone, as text"),
    Column("note", "备注", about="what the courier shall know at the desk"),
    Column("sku", "货号", about="what is ordered; required"),
    Column("item", "品名", about="its name"),
    Column("quantity", "数量", Kind.WHOLE, "units; required"),
    Column("load", "负载", Kind.WHOLE, "load of one unit; 1 if absent"),
)

MOST_ROWS = 20_000
"""Rows of one file of orders."""

OF_ORDER = ("service", "customer", "store", "ready_at")
OF_DESK = (
    *("desk_id", "building", "floor", "department", "desk"),
    *("contact_name", "contact_phone", "note"),
)

WHOLE = re.compile(r"([+-]?\d{1,9})(?:\.0+)?")
"""A whole number, also as spreadsheets write it: 4.0."""

CELLS = {
    "desk.id": "desk_id",
    "desk": "floor",
    "desk.contact.name": "contact_name",
    "desk.contact.phone": "contact_phone",
    "items": "sku",
    "items.name": "item",
}
"""The columns of what is called otherwise in a request."""


@dataclass(slots=True)
class _Drop:
    """The rows of one drop; it grows while a table is read."""

    rows: list[Row] = field(default_factory=list)
    desk: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Order:
    """The rows of one order; it grows while a table is read."""

    external_id: str
    rows: list[Row] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    drops: list[_Drop] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    """
    An order of a table: its rows by number, and either what is asked or what is wrong.

    ``cells`` are rows and columns by where in a request something is.
    """

    external_id: str
    rows: tuple[int, ...]
    order: OrderIn | None
    faults: tuple[Fault, ...] = ()
    _drops: tuple[tuple[int, ...], ...] = ()

    def fault_of(self, error: DispatchError) -> Fault:
        """Returns what is wrong with the order as that of a cell; raised when it was checked."""
        row, column = cell_of(error.at, self.rows, self._drops)
        return Fault(row, column, error.what, error.cure, error.value)


def read_orders(table: Table, city: City, key: str) -> tuple[Line, ...]:
    """
    Returns the orders of a table as they first appear in it.

    ``key`` names rows without an external id: ``file:KEY:17``. A file that is sent again has the
    same, so that nothing is placed twice.
    """
    wrong: dict[int, list[Fault]] = {}
    for fault in table.faults:
        wrong.setdefault(fault.row, []).append(fault)
    names, timezone = BuildingNames(city.buildings), ZoneInfo(city.timezone)
    lines = []
    for order in _orders(table.rows, key):
        faults = [fault for row in order.rows for fault in wrong.get(row.number, ())]
        # What a spreadsheet spoilt is missing: to say so too would only confuse.
        lines.append(_line(order, faults) if faults else _read(order, names, timezone))
    return tuple(lines)


def _orders(rows: Iterable[Row], key: str) -> Iterable[_Order]:
    """Returns the orders of rows; one without an external id is one of its own."""
    found: dict[str, _Order] = {}
    for row in rows:
        name = row.cells.get("external_id") or f"file:{key}:{row.number}"
        order = found.setdefault(name, _Order(name))
        order.rows.append(row)
    return found.values()


def _line(order: _Order, faults: Iterable[Fault], body: OrderIn | None = None) -> Line:
    rows = tuple(row.number for row in order.rows)
    drops = tuple(tuple(row.number for row in drop.rows) for drop in order.drops)
    return Line(order.external_id, rows, body, tuple(faults), drops)


def _read(order: _Order, names: BuildingNames, timezone: ZoneInfo) -> Line:
    faults = [*_gathered(order)]
    body = _body(order, names, timezone, faults)
    if faults:
        return _line(order, faults)
    try:
        return _line(order, (), OrderIn.model_validate(body))
    except ValidationError as error:
        bare = _line(order, ())
        return _line(order, [_invalid(each, bare) for each in error.errors()])


def _gathered(order: _Order) -> Iterator[Fault]:
    """Puts the rows of an order into its drops; yields where two of them contradict each other."""
    drops: dict[tuple[str, ...], _Drop] = {}
    for row in order.rows:
        yield from _merged(order.fields, row, OF_ORDER, "order")
        desk = tuple(row.cells.get(name, "") for name in OF_DESK[:5])
        # Lines without a desk of their own go where the line before them goes.
        drop = drops.setdefault(desk, _Drop()) if any(desk) or not order.drops else order.drops[-1]
        if not drop.rows:
            order.drops.append(drop)
        drop.rows.append(row)
        yield from _merged(drop.desk, row, OF_DESK, "drop")


def _merged(fields: dict[str, str], row: Row, names: Iterable[str], what: str) -> Iterator[Fault]:
    for name in names:
        value = row.cells.get(name, "")
        if value and fields.setdefault(name, value) != value:
            text = f"Another row of the same {what} says {fields[name]!r}."
            cure = "Give the same in each of its rows, or in the first one only."
            yield Fault(row.number, name, text, cure, value)


def _body(
    order: _Order, names: BuildingNames, timezone: ZoneInfo, faults: list[Fault]
) -> dict[str, Any]:
    """Returns an order as it would be sent as JSON; notes what cannot be said so."""
    first = order.rows[0].number
    body: dict[str, Any] = {"external_id": order.external_id, "channel": FILE}
    body |= {name: order.fields[name] for name in ("customer", "store") if name in order.fields}
    if "service" in order.fields:
        body["service"] = order.fields["service"].lower()
    else:
        cure = "Say urgent, standard, special or another service of the settings."
        faults.append(Fault(first, "service", "The service is missing.", cure))
    if "ready_at" in order.fields:
        body["ready_at"] = _moment(order, timezone, faults)
    body["drops"] = [_drop(drop, names, faults) for drop in order.drops]
    return body


def _moment(order: _Order, timezone: ZoneInfo, faults: list[Fault]) -> str:
    """Returns an instant with its offset; one without is of the city's clocks."""
    text = order.fields["ready_at"]
    try:
        moment = datetime.fromisoformat(text)
        told = (moment if moment.tzinfo else moment.replace(tzinfo=timezone)).isoformat()
        read_instant(told)
    except ValueError:
        row = next(row for row in order.rows if "ready_at" in row.cells)
        cure = "Give a day with its time, like 2026-11-23 14:30 or 2026-11-23T14:30:00+02:00."
        faults.append(Fault(row.number, "ready_at", f"{text!r} is no moment.", cure, text))
        return text
    return told


def _drop(drop: _Drop, names: BuildingNames, faults: list[Fault]) -> dict[str, Any]:
    cells, first = drop.desk, drop.rows[0].number
    desk: dict[str, Any] = {name: cells[name] for name in ("department", "desk") if name in cells}
    if "desk_id" in cells:
        desk["id"] = cells["desk_id"]
    if "building" in cells:
        try:
            desk["building"] = names.find(cells["building"])
        except CityError as error:
            faults.append(Fault(first, "building", error.what, error.cure, error.value))
    if "floor" in cells:
        desk["floor"] = _whole(first, "floor", cells["floor"], faults)
    contact = {"name": cells.get("contact_name", ""), "phone": cells.get("contact_phone", "")}
    body = {"desk": {**desk, "contact": contact}, "note": cells.get("note", "")}
    return {**body, "items": [_item(row, faults) for row in drop.rows]}


def _item(row: Row, faults: list[Fault]) -> dict[str, Any]:
    item: dict[str, Any] = {"name": row.cells.get("item", "")}
    for name, cure in (("sku", "Say what is ordered."), ("quantity", "Say how many units.")):
        if name not in row.cells:
            faults.append(Fault(row.number, name, f"The {name} is missing.", cure))
    if "sku" in row.cells:
        item["sku"] = row.cells["sku"]
    for name in ("quantity", "load"):
        if name in row.cells:
            item[name] = _whole(row.number, name, row.cells[name], faults)
    return item


def _whole(row: int, column: str, text: str, faults: list[Fault]) -> int | None:
    match = WHOLE.fullmatch(text)
    if match is None:
        what = f"{text[:50]!r} is no whole number."
        faults.append(Fault(row, column, what, "Give a whole number.", text))
        return None
    return int(match[1])


def _invalid(error: Mapping[str, Any], line: Line) -> Fault:
    """Returns what the order's own form has against it as that of a cell."""
    at = ""
    for name in error["loc"]:
        at += f"[{name}]" if isinstance(name, int) else f".{name}" if at else str(name)
    row, column = cell_of(at, line.rows, line._drops)  # noqa: SLF001
    what = str(error["msg"]).rstrip(".") + "."
    return Fault(row, column, what, "Mend the entry.", error.get("input"))


PATH = re.compile(r"drops\[(\d+)\]\.?(.*)")
ITEM = re.compile(r"items\[(\d+)\]\.?(.*)")


def cell_of(at: str, rows: tuple[int, ...], drops: tuple[tuple[int, ...], ...]) -> tuple[int, str]:
    """Returns row and column of a place in a request, like ``drops[1].items[0].quantity``."""
    drop = PATH.fullmatch(at)
    if drop is None or int(drop[1]) >= len(drops):
        return rows[0], at if any(column.name == at for column in COLUMNS) else ""
    lines, rest = drops[int(drop[1])], drop[2]
    item = ITEM.fullmatch(rest)
    if item is not None and int(item[1]) < len(lines):
        return lines[int(item[1])], CELLS.get(f"items.{item[2]}", item[2])
    name = CELLS.get(rest, rest.rpartition(".")[2])
    return lines[0], name if any(column.name == name for column in COLUMNS) else ""
