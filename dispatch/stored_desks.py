"""The customers' desks in a database, read beside the service that uses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select

from dispatch import schema
from dispatch.beside import beside, name_of
from dispatch.codec import from_json
from dispatch.errors import InvalidRequest
from dispatch.places import DirectoryDesk
from dispatch.sqlite import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class FoundDesks:
    """
    The desks asked for that are there, by id.

    ``near`` is for each that is not there the id most like it, if there is one; ``num_desks``
    counts all desks of the database.
    """

    desks: dict[str, DirectoryDesk]
    near: dict[str, str]
    num_desks: int


def find_desks(url: str, keys: Collection[str]) -> FoundDesks:
    """
    Returns what a database knows of desks, in any of its zones; nothing is written or locked.

    Raises DatabaseError where there is no database of this program, or one from before it kept
    desks, and InvalidRequest where two zones have different desks of one id.
    """
    with beside(url, of_this_version=False) as connection:
        if not inspect(connection).has_table(schema.desks.name):
            raise DatabaseError(
                "The database is older than this program and keeps no desks.",
                at=name_of(url),
                cure="Run the service with it once: that brings it up to date.",
            )
        return _find(connection, keys)


def _find(connection: Connection, keys: Collection[str]) -> FoundDesks:
    table = schema.desks.c
    rows = select(table.id, table.body).where(table.id.in_(keys)).order_by(table.zone)
    found: dict[str, DirectoryDesk] = {}
    for key, body in connection.execute(rows):
        # Each zone has references of its own, and who takes the goods is no matter here.
        desk = replace(from_json(DirectoryDesk, body), contact="")
        if found.setdefault(key, desk) != desk:
            raise InvalidRequest(
                f"{key} is another desk in another zone of the database.",
                at="desk",
                cure="Name building and floor instead, like b_12/4.",
                value=key,
            )
    num = connection.scalar(select(func.count()).select_from(schema.desks)) or 0
    near = {}
    if missing := [key for key in keys if key not in found]:
        known = connection.scalars(select(table.id).distinct().order_by(table.id)).all()
        near = {key: like[0] for key in missing if (like := get_close_matches(key, known, n=1))}
    return FoundDesks(found, near, num)
