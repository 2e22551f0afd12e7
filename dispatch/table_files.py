"""From a file that somebody sent to its table, whatever it was called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.table_text import read_text
from dispatch.tables import MOST_BYTES, NEW_EXCEL, OLD_EXCEL, Table, broken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.tables import Column

WORKBOOKS = (NEW_EXCEL, OLD_EXCEL)
"""How workbooks begin: what a file is called says little."""


def read_table(
    data: bytes,
    columns: Sequence[Column],
    most_rows: int,
    *,
    sheet: str | None = None,
    charset: str | None = None,
) -> Table:
    """
    Returns the table of a file: a workbook of Excel, or a text.

    ``sheet`` names one of a workbook (None: the first), ``charset`` the encoding of a text (None:
    found out). Raises TableError for a file that cannot be read.
    """
    if len(data) > MOST_BYTES:
        what = f"The file has {len(data)} bytes."
        raise broken(what, f"Send at most {MOST_BYTES}; split what is longer.", len(data))
    if data.startswith(WORKBOOKS):
        # It takes a while to load, and a text needs none.
        from dispatch.table_excel import read_excel

        return read_excel(data, columns, most_rows, sheet)
    if sheet is not None:
        raise broken("A text has no sheets.", "Leave the sheet out, or send a workbook.", sheet)
    return read_text(data, columns, most_rows, charset)
