"""
Tables from text: CSV in UTF-8, UTF-16 or GB 18030, with commas, semicolons or tabs.

An encoding is only taken where the bytes are it: those of a Western code page are nearly all valid
GB 18030 too, and would come out as wrong Chinese instead of an error.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING

from dispatch.tables import (
    Column,
    Fault,
    Row,
    Table,
    broken,
    clip,
    header,
    letter,
    plain,
    too_many_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENCODINGS = ("utf-8", "utf-16", "gb18030")
"""What a table may be written in."""

NAMES = {
    "utf8": "utf-8",
    "utf_8": "utf-8",
    "us_ascii": "utf-8",
    "ascii": "utf-8",
    "utf_16": "utf-16",
    "utf_16le": "utf-16",
    "utf_16be": "utf-16",
    "utf16": "utf-16",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
}
"""What encodings are called."""

_CURE = "Save it as “CSV UTF-8 (comma delimited)”, or send the workbook itself (.xlsx)."

_CHINESE = re.compile(rb"[\xa1-\xfe][\xa1-\xfe]")
_WESTERN = re.compile(rb"[\x81-\xfe][\x40-\x7e]")


def read_text(
    data: bytes, columns: Sequence[Column], most_rows: int, charset: str | None = None
) -> Table:
    """
    Returns the table of a text; ``charset`` is the encoding if somebody said it.

    Raises TableError for bytes in no encoding there is, for a text that is no table, for a row of
    names that is wrong, and for more than ``most_rows`` rows that are not empty.
    """
    text, encoding = decoded(data, charset)
    lines = text.split("\n", 1)
    delimiter = max(",;\t", key=lines[0].count)
    rows = _records(text, delimiter)
    names = header(next(rows, []), columns)
    found: list[Row] = []
    faults: list[Fault] = []
    for number, entries in enumerate(rows, start=2):
        cells = {
            c.name: t for i, c in names.items() if i < len(entries) and (t := plain(entries[i]))
        }
        beyond = [entry for i, entry in enumerate(entries) if i not in names and entry.strip()]
        if beyond:
            cure = 'Put an entry that holds the separator in quotes: "Hall 2, left".'
            what = f"The row has {len(entries)} entries for {len(names)} columns."
            faults.append(Fault(number, "", what, cure, clip(beyond[0])))
        if cells or beyond:
            found.append(Row(number, cells))
        if len(found) > most_rows:
            raise too_many_rows(most_rows)
    letters = {column.name: letter(i) for i, column in names.items()}
    return Table("csv", letters, tuple(found), tuple(faults), encoding, delimiter)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yields the rows of a text as lists of entries; raises TableError where it is no table."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            what = f"The file is not a table: line {rows.line_num}: {error}."
            raise broken(what, "Close every quote; an entry has at most 131072 signs.") from error
        yield row


def decoded(data: bytes, charset: str | None = None) -> tuple[str, str]:
    """
    Returns a text and its encoding, one of `ENCODINGS`.

    Raises TableError for bytes that are none of these, or not the ``charset`` that was said.
    """
    if charset is not None:
        return _as_said(data, charset)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_wide(data):
        return _decode(data, "utf-16"), "utf-16"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    if len(_WESTERN.findall(data)) <= len(_CHINESE.findall(data)):
        try:
            return data.decode("gb18030"), "gb18030"
        except UnicodeDecodeError:
            pass
    first = next(i for i, byte in enumerate(data) if byte > 127)
    raise broken(
        "The file is neither UTF-8, UTF-16 nor GB 18030; it seems to be in another code page.",
        _CURE,
        clip(data[max(0, first - 20) : first + 20]),
    )


def _as_said(data: bytes, charset: str) -> tuple[str, str]:
    name = charset.strip().strip('"').lower()
    encoding = NAMES.get(name.replace("-", "_"))
    if encoding is None:
        cure = f"Send it in {', '.join(ENCODINGS)}, or leave the charset out."
        raise broken(f"The charset {clip(charset)!r} is not read.", cure, clip(charset))
    return _decode(data, encoding), encoding


def _decode(data: bytes, encoding: str) -> str:
    codec = {"utf-8": "utf-8-sig", "utf-16": _wide_codec(data)}.get(encoding, encoding)
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        what = f"The file is not {encoding}: byte {error.start + 1} cannot be."
        shown = data[max(0, error.start - 10) : error.start + 10]
        raise broken(what, _CURE, clip(shown)) from error


def _is_wide(data: bytes) -> bool:
    """Returns whether a text without a mark is UTF-16: of its first names every other byte is 0."""
    start = data[:64]
    return len(start) >= 4 and max(start[::2].count(0), start[1::2].count(0)) * 4 >= len(start)


def _wide_codec(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-16-be" if data[:64:2].count(0) > data[1:64:2].count(0) else "utf-16-le"
