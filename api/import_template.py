"""
Empty tables to fill in: every column there is, under its name in English or in Chinese.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from api.spreadsheets import csv_parts
from dispatch.tables import Column, Kind, letter

ROWS = 1000
"""Rows whose cells are formatted as text in advance."""


def template(
    columns: Sequence[Column], title: str, file_format: str, language: str = "en"
) -> bytes:
    """Returns a file, csv or xlsx, with a row of names in a language, ``en`` or ``zh``."""
    names = [column.chinese if language == "zh" else column.name for column in columns]
    if file_format == "csv":
        return b"".join(csv_parts(names, ()))
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    sheet.append(names)
    sheet.freeze_panes = "A2"
    for position, column in enumerate(columns):
        sheet.column_dimensions[letter(position)].width = 16
        sheet.cell(1, position + 1).font = Font(bold=True)
        if column.kind in (Kind.TEXT, Kind.PHONE):
            # So that 4-117 stays a desk and +358 a telephone.
            for row in range(2, ROWS + 2):
                sheet.cell(row, position + 1).number_format = "@"
    about = book.create_sheet("columns")
    about.append(("column", "列", "meaning"))
    for column in columns:
        about.append((column.name, column.chinese, column.about))
    about.column_dimensions["C"].width = 70
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
