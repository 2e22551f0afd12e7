"""
Long lists in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import dropwhile
from typing import Annotated

from fastapi import Query

from dispatch.errors import InvalidRequest

Cursor = Annotated[
    str | None, Query(max_length=150, description="`next` of the part before; absent: the start")
]
Limit = Annotated[int, Query(ge=1, le=200, description="entries in one answer at most")]


def page_of(
    ids: Iterable[str],
    cursor: str | None,
    limit: int,
    is_wanted: Callable[[str], bool] = lambda _: True,
) -> tuple[list[str], str | None]:
    """
    Returns the wanted ids after the cursor, and the cursor of what follows, None at the end.

    A cursor is the last id of the part before. Raises InvalidRequest for one that is no such id.
    """
    rest = iter(ids)
    if cursor is not None:
        rest = dropwhile(lambda name: name != cursor, rest)
        if next(rest, None) is None:
            raise unknown_cursor(cursor)
    found: list[str] = []
    for name in rest:
        if is_wanted(name):
            if len(found) == limit:
                return found, found[-1]
            found.append(name)
    return found, None


def unknown_cursor(cursor: str) -> InvalidRequest:
    """Returns the error for a cursor that no list gave."""
    return InvalidRequest(
        f"{cursor!r} is no cursor of this list.",
        at="query.cursor",
        cure="Take `next` of the part before, or leave the cursor out.",
        code="unknown-cursor",
        value=cursor,
    )
