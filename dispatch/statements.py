"""
What statements about many rows, and those that erase, have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

T = TypeVar("T")

PART = 500
"""Rows that one statement is about at most; SQLite takes no endless list."""


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Yields values in lists of `PART` at most."""
    whole = list(values)
    for start in range(0, len(whole), PART):
        yield whole[start : start + PART]


def erase_for_good(connection: Connection) -> None:
    """Lets what is deleted from here on be overwritten in the file, not only passed over."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
