"""
A customer's own directory of departments and desks, as a table: all of it is taken, or nothing.

The first row names the columns: ``building`` and ``floor``, and if wanted ``department``,
``desk``, ``customer``, ``id``, ``contact_name`` and ``contact_phone``. A building is named by
its id, name or address. The same row always gets the same id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dispatch.contacts import Contact
from dispatch.directory_rows import RowReader, row_fault
from dispatch.errors import CityError
from dispatch.places import DirectoryDesk
from dispatch.table_text import read_text
from dispatch.tables import Column, Kind, TableError, require

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dispatch.city import City

COLUMNS = (
    Column("id", "编号", about="k_ and what you like; the same row gets the same one if absent"),
    Column("building", "楼宇", about="id, name or address of the building; required"),
    Column("floor", "楼层", Kind.WHOLE, "0 is the ground floor; the lobby's if absent"),
    Column("department", "部门", about="department on its floor"),
    Column("desk", "工位", about="desk in its department"),
    Column("customer", "客户", about="whose desk it is, where the import does not say"),
    Column("contact_name", "联系人", about="who takes the goods"),
    Column("contact_phone", "电话", Kind.PHONE, "their telephone, as text"),
)

MOST_ROWS = 50_000
"""Rows of one directory; more is not one customer."""

MOST_FAULTS = 100
"""Faults of one directory that are told; whoever has more mends these first."""


@dataclass(frozen=True, slots=True)
class Directory:
    """
    The desks of a table in its order, or, if there are any ``faults``, none.

    ``contacts`` are those of the desks that have one, by id, not kept yet.
    """

    desks: tuple[DirectoryDesk, ...]
    faults: tuple[CityError, ...]
    contacts: Mapping[str, Contact] = field(default_factory=dict)


def read_csv(
    data: bytes,
    city: City,
    customer: str = "",
    known: Mapping[str, DirectoryDesk] | None = None,
) -> Directory:
    """
    Returns the desks of a CSV file: UTF-8, UTF-16 or GB 18030, with commas, semicolons or tabs.

    ``customer`` is whose directory it is where the rows do not say. With ``known``, the desks
    there are of all customers, it is that customer's alone. A fault is placed like
    ``row 3, column floor``; the row with the names is row 1, as spreadsheets show it.
    """
    try:
        table = read_text(data, COLUMNS, MOST_ROWS)
        require(table.letters, ["building"])
    except TableError as error:
        at = "file" if error.at == "file" else f"row 1, cell {error.at}"
        fault = CityError(
            error.what, at=at, cure=error.cure, code="bad-directory", value=error.value
        )
        return Directory((), (fault,))
    faults = tuple(row_fault(f.row, f.column, f.what, f.cure, f.value) for f in table.faults)
    rows = [(row.number, row.cells) for row in table.rows if row.cells]
    found = read_rows(rows, city, customer, known)
    return found if not faults else Directory((), faults + found.faults)


def read_rows(
    rows: Iterable[tuple[int, Mapping[str, str]]],
    city: City,
    customer: str = "",
    known: Mapping[str, DirectoryDesk] | None = None,
    most_faults: int = MOST_FAULTS,
) -> Directory:
    """
    Returns the desks of rows, each with the number that faults shall name it by.

    After so many faults the rest is not looked at.
    """
    reader = RowReader(city, customer, known)
    for number, row in rows:
        if len(reader.faults) >= most_faults:
            break
        reader.read(number, {name: str(text).strip() for name, text in row.items()})
    if reader.faults:
        return Directory((), tuple(reader.faults))
    return Directory(tuple(reader.desks.values()), (), reader.contacts)


def with_directory(
    desks: Mapping[str, DirectoryDesk], customer: str, new: Iterable[DirectoryDesk]
) -> dict[str, DirectoryDesk]:
    """Returns all customers' desks after one customer replaced its own; what stays keeps place."""
    own = {desk.id: desk for desk in new}
    kept = {k: desk for k, desk in desks.items() if desk.customer != customer or k in own}
    return kept | own
