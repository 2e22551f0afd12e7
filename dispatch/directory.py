"""
A customer's own directory of departments and desks, as a table: all of it is taken, or nothing.

The first row names the columns: ``building`` and ``floor``, and if wanted ``department``,
``desk``, ``customer``, ``id``, ``contact_name`` and ``contact_phone``. A building is named by
its id, name or address. The same row always gets the same id.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dispatch.contacts import Contact
from dispatch.directory_rows import RowReader, row_fault
from dispatch.errors import CityError
from dispatch.places import DirectoryDesk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dispatch.city import City

COLUMNS = (
    "id",
    "building",
    "floor",
    "department",
    "desk",
    "customer",
    "contact_name",
    "contact_phone",
)

CHINESE = {"编号": "id", "楼宇": "building", "楼层": "floor", "部门": "department"}
CHINESE |= {"工位": "desk", "客户": "customer", "联系人": "contact_name", "电话": "contact_phone"}
"""What the columns may be called in Chinese."""

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
    Returns the desks of a CSV file: UTF-8 or GB 18030, with commas, semicolons or tabs.

    ``customer`` is whose directory it is where the rows do not say. With ``known``, the desks
    there are of all customers, it is that customer's alone. A fault is placed like
    ``row 3, column floor``; the row with the names is row 1, as spreadsheets show it.
    """
    text = _decode(data)
    if text is None:
        return _broken("The file is neither UTF-8 nor GB 18030.", "Save it as CSV in UTF-8.")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return _broken(f"The file is not a table: {error}.", "Save it as CSV once more.")
    if not rows or len(rows) > MOST_ROWS + 1:
        cure = f"Give a row of names and up to {MOST_ROWS} rows of desks."
        return _broken(f"The file has {len(rows)} rows.", cure)
    names = [CHINESE.get(name.strip(), name.strip().lower()) for name in rows[0]]
    faults = _check_names(names)
    if faults:
        return Directory((), faults)
    table = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            if len(row) > len(names):
                cure = 'Put an entry that holds the separator in quotes: "Hall 2, left".'
                what = f"The row has {len(row)} entries for {len(names)} columns."
                faults += (row_fault(number, "", what, cure, None),)
            table.append((number, dict(zip(names, row, strict=False))))
    found = read_rows(table, city, customer, known)
    return found if not faults else Directory((), faults + found.faults)


def read_rows(
    rows: Iterable[tuple[int, Mapping[str, str]]],
    city: City,
    customer: str = "",
    known: Mapping[str, DirectoryDesk] | None = None,
) -> Directory:
    """
    Returns the desks of rows, each with the number that faults shall name it by.

    After `MOST_FAULTS` faults the rest is not looked at.
    """
    reader = RowReader(city, customer, known)
    for number, row in rows:
        if len(reader.faults) >= MOST_FAULTS:
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


def _check_names(names: Sequence[str]) -> tuple[CityError, ...]:
    """Returns what is wrong with the row of names."""
    faults: list[CityError] = []
    for name in names:
        if name not in COLUMNS:
            cure = f"The columns are {', '.join(COLUMNS)}; building is required."
            faults.append(row_fault(1, name, f"There is no column {name!r}.", cure, name))
    if "building" not in names:
        cure = "Name the column with the building's id, name or address."
        faults.append(row_fault(1, "building", "The column is missing.", cure, list(names)))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        faults.append(row_fault(1, twice, "The column stands twice.", "Leave one out.", twice))
    return tuple(faults)


def _decode(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _broken(what: str, cure: str) -> Directory:
    return Directory((), (CityError(what, at="file", cure=cure, code="bad-directory"),))
