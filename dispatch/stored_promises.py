"""The promises in a database, read beside the service that uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Select, select

from dispatch import schema
from dispatch.errors import InvalidRequest
from dispatch.migrations import configuration
from dispatch.promise_report import Promised
from dispatch.sqlite import DatabaseError, connect_reader, path_of, reported

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def find_promises(url: str, zone: str, since: int, until: int) -> tuple[Promised, ...]:
    """
    Returns the drops of all orders of a zone placed from ``since`` and before ``until``.

    Both are Unix seconds; orders come in the order of placing, their drops together. The database
    may be in use; nothing is written or locked. Raises DatabaseError where there is no database of
    this program's version, and InvalidRequest for a zone it does not have though it has others.
    """
    path = path_of(url)
    if not path.is_file():
        raise DatabaseError(
            "There is no such database.",
            at=str(path),
            cure="Name the one that the service runs with: sqlite:///PATH.",
        )
    with reported(path), connect_reader(path) as connection, connection.begin():
        _check_version(connection, path)
        _check_zone(connection, zone)
        found = connection.execute(_promised(zone, since, until))
        return tuple(Promised(*row) for row in found)


def _promised(zone: str, since: int, until: int) -> Select[Any]:
    order, drop = schema.orders.c, schema.drops.c
    return (
        select(
            order.id,
            order.service,
            order.body["store"].as_string(),
            order.placed_at,
            order.cancelled_at,
            order.body["deadline"].as_integer(),
            drop.body["desk", "building"].as_string(),
            drop.courier,
            drop.body["closed_at"].as_integer(),
            order.body["channel"].as_string(),
        )
        .join_from(
            schema.orders,
            schema.drops,
            (drop.zone == order.zone) & (drop.order_id == order.id),
        )
        .where(order.zone == zone, order.placed_at >= since, order.placed_at < until)
        .order_by(order.ordinal, drop.ordinal)
    )


def _check_version(connection: Connection, path: Path) -> None:
    version = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(configuration(connection))
    if version == script.get_current_head():
        return
    what, cure = "This is not a database of this program.", "Name the one of the service."
    if version is not None:
        what = f"The database is of version {version}, this program's of another."
        cure = "Run the service of this program with it once: that brings it up to date."
    raise DatabaseError(what, at=str(path), cure=cure)


def _check_zone(connection: Connection, zone: str) -> None:
    zones = connection.scalars(select(schema.zones.c.id).order_by(schema.zones.c.id)).all()
    if zones and zone not in zones:
        raise InvalidRequest(
            f"There is no zone {zone!r} in the database.",
            at="zone",
            cure=f"Choose from {', '.join(zones)}.",
            value=zone,
        )
