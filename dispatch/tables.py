"""
Tables that people send, from a file of text or from a workbook: named columns, rows of text.

The first row names the columns, in English or in Chinese. A row keeps the number under which a
spreadsheet shows it, so that what is wrong can be told with its cell: C17.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NEW_EXCEL, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How workbooks of Excel begin: a zip; and those of before 2007, or locked by a password."""

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of a file."""

MOST_COLUMNS = 64
"""Columns of a table; more is no list of orders or desks."""

MOST_EMPTY = 100_000
"""Empty rows that are passed over; more is a sheet that was formatted down to its end."""

SHOWN = 100
"""Characters of a faulty entry that are told."""


class Kind(StrEnum):
    """
    What a column holds.

    A text that only looks like a number (``phone``) loses by being one; a ``moment`` may be a date
    of a workbook.
    """

    TEXT = "text"
    WHOLE = "whole"
    PHONE = "phone"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have, its name in Chinese, and ``about`` it for people."""

    name: str
    chinese: str
    kind: Kind = Kind.TEXT
    about: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, or with its entry in a column (empty: the whole row)."""

    row: int
    column: str
    what: str
    cure: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Row:
    """The entries of a row by column, without the empty ones; ``number`` is the spreadsheet's."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """
    What was read of a file.

    ``format`` is csv or xlsx; ``encoding`` and ``delimiter`` are those of a text, ``sheet`` the
    name in a workbook, else empty. ``letters`` are the columns' letters by name. A row with a fault
    is among the ``rows``, without the faulty entries.
    """

    format: str
    letters: Mapping[str, str]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""

    def cell(self, fault: Fault) -> str | None:
        """Returns where a fault is as spreadsheets say it, C17; None for a whole row."""
        letter = self.letters.get(fault.column)
        return None if letter is None else f"{letter}{fault.row}"

    def place(self, fault: Fault) -> str:
        """Returns where a fault is for people: ``Orders!C17 (floor)``, ``row 17``."""
        cell = self.cell(fault)
        where = f"row {fault.row}" if cell is None else f"{cell} ({fault.column})"
        return f"{self.sheet}!{where}" if self.sheet and cell else where


class TableError(InvalidRequest):
    """A file that is no table that could be read at all."""

    default_code = "bad-table"


def broken(what: str, cure: str, value: object = None) -> TableError:
    """Returns the error about a whole file."""
    return TableError(what, at="file", cure=cure, value=value)


def too_many_rows(most: int) -> TableError:
    """Returns the error about a table that is too long."""
    return broken(f"The table has more than {most} rows.", "Split it into several files.")


def header(entries: Sequence[str], columns: Sequence[Column]) -> dict[int, Column]:
    """
    Returns the columns of a row of names, by position; an empty name at its end is no column.

    Raises TableError where a name is unknown, missing or stands twice, with the cell.
    """
    known = {name: column for column in columns for name in (column.name, column.chinese)}
    found: dict[int, Column] = {}
    for position, entry in enumerate(entries):
        name = entry.strip()
        if not name and not any(e.strip() for e in entries[position:]):
            break
        column = known.get(name) or known.get(name.lower().replace(" ", "_"))
        cell = f"{letter(position)}1"
        if column is None:
            listed = ", ".join(column.name for column in columns)
            raise TableError(
                f"There is no column {name[:SHOWN]!r}." if name else "The column has no name.",
                at=cell,
                cure=f"The first row names the columns: {listed}.",
                value=name[:SHOWN],
            )
        if column in found.values():
            what = f"The column {column.name!r} stands twice."
            raise TableError(what, at=cell, cure="Leave one out.", value=name)
        found[position] = column
    if not found:
        raise broken("The file is empty.", "Give a row of names, and a row for each entry.")
    if len(found) > MOST_COLUMNS:
        raise broken("The table has too many columns.", f"Give at most {MOST_COLUMNS}.")
    return found


def require(names: Iterable[str], needed: Sequence[str]) -> None:
    """Raises TableError where none of these columns is there."""
    if not set(names) & set(needed):
        raise TableError(
            f"The column {needed[0]!r} is missing.",
            at="row 1",
            cure=f"Name a column {' or '.join(needed)} in the first row.",
            value=None,
        )


def letter(position: int) -> str:
    """Returns the letters of a column by its position from 0: A, Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def plain(text: str) -> str:
    """
    Returns an entry without blanks around it, and without the quote that guards a formula.

    Exports write ``'+358 40`` so that no spreadsheet computes it; it means ``+358 40``.
    """
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def clip(value: Any) -> str:
    """Returns an entry as it can be told."""
    text = str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
