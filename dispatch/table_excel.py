"""
Tables from a workbook of Excel (.xlsx, Office Open XML), read row by row with openpyxl.

A workbook is a zip of XML: a small file may unpack to any size. What it unpacks to is counted
before anything of it is parsed, so that memory stays within some hundred megabytes whatever is
sent. What a spreadsheet changed by itself (a date made of ``4-117``, a number made of a phone) is a
fault of its cell, never a guess.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.cell_range import CellRange

from dispatch.tables import (
    MOST_COLUMNS,
    MOST_EMPTY,
    OLD_EXCEL,
    SHOWN,
    Column,
    Fault,
    Kind,
    Row,
    Table,
    TableError,
    broken,
    clip,
    header,
    letter,
    plain,
    too_many_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl.workbook.workbook import Workbook

MOST_UNPACKED = 64 * 1024 * 1024
"""Bytes that a workbook unpacks to: some 50 000 rows of a dozen columns."""

MOST_MEMBERS = 500
"""Files in a workbook."""

MOST_TAGS = 5_000_000
"""Opening and closing tags in all of them; each element is a hundred bytes of memory."""

MOST_MERGED = 10_000
"""Rows that merged ranges touch; each is told."""

CHUNK = 1 << 20

UNREADABLE = (
    BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What openpyxl and the zip raise for files that are not as they should be."""

_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?)\""
)
_SAVE = "Open it in a spreadsheet and save it as .xlsx once more, or as CSV UTF-8."
_AS_TEXT = "Format the column as text, enter it anew, and save."


def read_excel(
    data: bytes, columns: Sequence[Column], most_rows: int, sheet: str | None = None
) -> Table:
    """
    Returns the table on a sheet of a workbook, by name; None is the first one.

    Raises TableError for what is no workbook, is locked, unpacks to too much, has no such sheet, a
    wrong row of names, or more than ``most_rows`` rows that are not empty.
    """
    if data.startswith(OLD_EXCEL):
        raise broken("The workbook is an old .xls, or locked by a password.", _SAVE)
    try:
        merged = _inspected(data)
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        try:
            return _read(book, merged, columns, most_rows, sheet)
        finally:
            book.close()
    except TableError:
        raise
    except UNREADABLE as error:
        what = f"The workbook cannot be read: {clip(error) or type(error).__name__}."
        raise broken(what, _SAVE) from error


def _inspected(data: bytes) -> dict[str, list[str]]:
    """Returns the merged ranges of each file in a workbook; raises TableError for a bomb."""
    merged: dict[str, list[str]] = {}
    tags = 0
    with ZipFile(io.BytesIO(data)) as packed:
        members = packed.infolist()
        # A member never unpacks to more than it says: zipfile reads no further.
        total = sum(member.file_size for member in members)
        if total > MOST_UNPACKED or len(members) > MOST_MEMBERS:
            what = f"The workbook unpacks to {total >> 20} MiB in {len(members)} files."
            raise broken(what, f"Send at most {MOST_UNPACKED >> 20} MiB, or CSV.", total)
        for member in members:
            if not member.filename.lower().endswith((".xml", ".rels")):
                continue
            with packed.open(member) as file:
                kept = b""
                while chunk := file.read(CHUNK):
                    tags += chunk.count(b"<")
                    text = kept + chunk
                    _check_plain(text, tags)
                    found = merged.setdefault(member.filename, [])
                    found += [ref.decode() for ref in _MERGED.findall(text)]
                    # So long a tag is cut in two by the end of a chunk at most.
                    kept = chunk[-200:].rpartition(b">")[2]
    return merged


def _check_plain(text: bytes, tags: int) -> None:
    if tags > MOST_TAGS:
        raise broken("The workbook has too many cells.", "Delete empty rows, or send CSV.", tags)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or text[:64].count(0) > 8:
        raise broken("The workbook holds XML that no spreadsheet writes.", _SAVE)


def _read(
    book: Workbook,
    merged: dict[str, list[str]],
    columns: Sequence[Column],
    most_rows: int,
    name: str | None,
) -> Table:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        raise broken("The workbook has no sheet with cells.", _SAVE)
    if name is not None and name not in sheets:
        shown = ", ".join(repr(title) for title in sheets)
        raise broken(f"There is no sheet {clip(name)!r}.", f"Choose from {shown[:SHOWN]}.", name)
    sheet: Any = sheets[name] if name is not None else book.worksheets[0]
    path = sheet._worksheet_path.lstrip("/")  # noqa: SLF001  openpyxl tells it nowhere else
    rows = sheet.iter_rows(max_col=MOST_COLUMNS, max_row=most_rows + MOST_EMPTY)
    names = header([_name(cell) for cell in next(rows, ())], columns)
    reader = _Rows(names, most_rows)
    reader.read(rows)
    letters = {column.name: letter(i) for i, column in names.items()}
    faults = [*reader.faults, *_merged_faults(merged.get(path, []), names, reader.found)]
    table = Table("xlsx", letters, tuple(reader.found), sheet=sheet.title)
    return replace(table, faults=tuple(sorted(faults, key=lambda fault: fault.row)))


def _name(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value)


class _Rows:
    """The rows read so far, with their faults; lives for one sheet."""

    def __init__(self, names: dict[int, Column], most_rows: int) -> None:
        self.found: list[Row] = []
        self.faults: list[Fault] = []
        self._names = names
        self._most = most_rows

    def read(self, rows: Iterator[Sequence[Any]]) -> None:
        """Takes all rows below the names; raises TableError where they are too many."""
        number = 1
        for number, cells in enumerate(rows, start=2):
            if any(cell.value not in (None, "") for cell in cells):
                self._take(number, cells)
                if len(self.found) > self._most:
                    raise too_many_rows(self._most)
        if number >= self._most + MOST_EMPTY:
            what = f"The sheet goes down to row {number} and further, most of it empty."
            raise broken(what, "Delete the rows below the last entry, or send CSV.", number)

    def _take(self, number: int, cells: Sequence[Any]) -> None:
        entries: dict[str, str] = {}
        before = len(self.faults)
        for position, cell in enumerate(cells):
            if cell.value in (None, ""):
                continue
            column = self._names.get(position)
            if column is None:
                what = f"{letter(position)}{number} is in a column without a name."
                cure = "Name the column in the first row, or clear the cell."
                self.faults.append(Fault(number, "", what, cure, clip(cell.value)))
                continue
            text, what, cure = entry(cell.data_type, cell.value, _format(cell), column)
            if what:
                self.faults.append(Fault(number, column.name, what, cure, clip(text)))
            elif text:
                entries[column.name] = text
        if entries or len(self.faults) > before:
            self.found.append(Row(number, entries))


def _format(cell: Any) -> str:
    """Returns how a number is shown; only asked for numbers."""
    return str(cell.number_format) if cell.data_type == "n" else ""


def entry(data_type: str, value: Any, shown_as: str, column: Column) -> tuple[str, str, str]:
    """
    Returns the text of a cell, what is wrong with it, and the cure; the latter two mostly empty.

    ``data_type`` and ``value`` are openpyxl's, ``shown_as`` is the format of a number.
    """
    if data_type == "f":
        formula = getattr(value, "text", value)
        return str(formula), "The cell holds a formula.", "Copy it and paste it as a value."
    if data_type == "e":
        return str(value), f"The cell holds the error {value}.", "Enter what it should be."
    if data_type == "b":
        return str(value).upper(), "The cell holds true or false.", _AS_TEXT
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value, column)
    if isinstance(value, int | float):
        return _number(value, shown_as, column)
    return plain(str(value)), "", ""


def _moment(value: Any, column: Column) -> tuple[str, str, str]:
    if column.kind is Kind.MOMENT and isinstance(value, datetime):
        return value.isoformat(timespec="seconds"), "", ""
    what = f"The spreadsheet holds a date or time here, {value}."
    if column.kind is not Kind.MOMENT and isinstance(value, datetime):
        what += f" Was it {value.month}-{value.day} or {value.month}-{value.year}?"
    cure = "Give a day with its time." if column.kind is Kind.MOMENT else _AS_TEXT
    return str(value), what, cure


def _number(value: float, shown_as: str, column: Column) -> tuple[str, str, str]:
    text = repr(value)
    if column.kind is Kind.PHONE:
        what = "The spreadsheet holds a number here: a + or a 0 at its beginning is lost."
        return text, what, _AS_TEXT
    if column.kind is Kind.MOMENT:
        return text, "The cell holds a number, no moment.", "Format the cell as date and time."
    if value != value // 1:
        if column.kind is Kind.WHOLE:
            return text, "The number is not whole.", "Give a whole number."
        return text, "The spreadsheet holds a fraction here.", _AS_TEXT
    if abs(value) >= 10**15:
        return text, "Of so long a number a spreadsheet keeps 15 digits only.", _AS_TEXT
    digits = str(int(value))
    # 00417 is shown with its zeros by a format of zeros, and meant with them.
    return (digits.zfill(len(shown_as)) if set(shown_as) == {"0"} else digits), "", ""


def _merged_faults(
    ranges: Sequence[str], names: dict[int, Column], rows: Sequence[Row]
) -> Iterator[Fault]:
    """Yields a fault for each merged range that touches the table's columns."""
    last = rows[-1].number if rows else 1
    touching = 0
    for text in ranges:
        area = CellRange(text)
        top, bottom = area.min_row, area.max_row
        touched = [column for i, column in names.items() if area.min_col <= i + 1 <= area.max_col]
        if not touched or top > last or area.size == {"rows": 1, "columns": 1}:
            continue
        # Only the first of merged cells has a value: for the others it would be a guess.
        what = f"The cells {text} are merged."
        cure = "Unmerge them and fill in every cell."
        touching += min(bottom, last) + 1 - top
        if touching > MOST_MERGED:
            raise broken(f"Merged cells touch more than {MOST_MERGED} rows.", "Unmerge all cells.")
        for number in range(max(2, top), min(bottom, last) + 1):
            yield Fault(number, touched[0].name, what, cure, text)
