"""
Tables that go out, as CSV or as workbooks of Excel: what people wrote stays text.

A spreadsheet computes what begins with ``=``, ``+``, ``-`` or ``@``, and an order's note may come
from anybody. In CSV such a text gets a quote before it, which imports take off again; in a
workbook its cell is marked as text. Numbers stay numbers.

References
----------
OWASP. *CSV Injection*. https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any

from dispatch.errors import InvalidRequest

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

COMPUTED = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet computes."""

ROWS_AT_ONCE = 500
"""Rows of CSV in one part of a stream."""

CHUNK = 1 << 18
"""Bytes of a workbook in one part of a stream."""

LONGEST_SHEET = 1_048_576
"""Rows of a sheet."""

Cell = str | int | float | None


def guarded(cell: Cell) -> Cell:
    """Returns an entry of CSV that no spreadsheet computes."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(COMPUTED) else cell


def csv_parts(names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yields a table as CSV in UTF-8 with its mark, which Excel needs to see that it is UTF-8."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    lines.writerow(names)
    for number, row in enumerate(rows, start=1):
        lines.writerow([guarded(cell) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def xlsx_parts(title: str, names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """
    Yields a table as a workbook with one sheet, made in a file that goes away by itself.

    Raises InvalidRequest for more rows than a sheet has.
    """
    # It takes a while to load, and the service starts without.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append([_text_cell(sheet, name) for name in names])
    for number, row in enumerate(rows, start=2):
        if number > LONGEST_SHEET:
            what = f"A sheet has {LONGEST_SHEET} rows at most."
            raise InvalidRequest(what, at="query.format", cure="Ask for csv, or a shorter range.")
        sheet.append([_text_cell(sheet, c) if isinstance(c, str) else c for c in row])
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        yield from _chunks(file)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _text_cell(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    return cell
