"""
Photos of a hand-over: of goods that were rejected, or of where and how they were handed over.

Kept apart from the log, like signatures, so that they can be erased. Each function works in the
transaction of the connection it is given. Instants are Unix seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from dispatch.schema import photos
from dispatch.statements import erase_for_good, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

MOST_BYTES = 400_000
"""Bytes of a photo at most; phones scale theirs down to less."""

MOST_OF_DROP = 8
"""Photos of one drop at most."""


@dataclass(frozen=True, slots=True)
class Photo:
    """
    What is known of a photo but how it looks; ``photo_id`` is of the phone's own choice.

    ``sku`` is the line it is of, empty for the hand-over as a whole; ``size`` are its bytes.
    """

    drop_id: str
    photo_id: str
    courier: str
    sku: str
    size: int
    at: int


_NAMES = tuple(column for column in photos.c if column.name not in ("zone", "body"))


def write(connection: Connection, zone: str, photo: Photo, body: bytes) -> None:
    """Stores a photo that is not there yet."""
    connection.execute(insert(photos), {**asdict(photo), "zone": zone, "body": body})


def read(connection: Connection, zone: str, drops: Collection[str]) -> tuple[Photo, ...]:
    """Returns what is known of the photos of drops, the oldest first."""
    found: list[Photo] = []
    for part in in_parts(sorted(drops)):
        rows = connection.execute(select(*_NAMES).where(_of(zone, part))).mappings()
        found += [Photo(**row) for row in rows]
    return tuple(sorted(found, key=lambda photo: (photo.at, photo.drop_id, photo.photo_id)))


def body_of(connection: Connection, zone: str, drop_id: str, photo_id: str) -> bytes | None:
    """Returns a photo in JPEG; None if there is none."""
    mine = _of(zone, [drop_id]) & (photos.c.photo_id == photo_id)
    found = connection.execute(select(photos.c.body).where(mine)).first()
    return None if found is None else bytes(found.body)


def erase(connection: Connection, zone: str, drops: Collection[str]) -> int:
    """Deletes the photos of drops; returns how many they were."""
    erase_for_good(connection)
    parts = in_parts(sorted(drops))
    return sum(connection.execute(delete(photos).where(_of(zone, p))).rowcount for p in parts)


def forget(connection: Connection, zone: str, before: int) -> None:
    """Deletes photos that came before a moment."""
    erase_for_good(connection)
    connection.execute(delete(photos).where(photos.c.zone == zone, photos.c.at < before))


def _of(zone: str, drops: list[str]) -> ColumnElement[bool]:
    return (photos.c.zone == zone) & photos.c.drop_id.in_(drops)
