"""
What the durable store writes, each statement in the transaction of the connection it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Executable, Table, bindparam, delete, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from dispatch import schema
from dispatch.codec import to_json
from dispatch.records import ENTITIES, FORGOTTEN, Row, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dispatch.plan import Plan
    from dispatch.requests import Position
    from dispatch.stored import Zone

    InsertOr = Callable[[Table], postgresql.Insert | sqlite.Insert]


@dataclass(frozen=True, slots=True)
class _Puts:
    """The statements that insert a row or replace it; each dialect has its own."""

    entities: Mapping[str, Executable]
    position: Executable
    raise_epoch: Executable


def _put(
    insert_or: InsertOr, table: Table, *keys: str, keep: Sequence[str] = (), newest: str = ""
) -> Executable:
    """
    Returns the statement that inserts a row or replaces it, but for its keys and ``keep``.

    With ``newest`` only a row in which that column is no less replaces another.
    """
    statement = insert_or(table)
    replaced = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in (*keys, *keep)
    }
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_=replaced,
        where=statement.excluded[newest] >= table.c[newest] if newest else None,
    )


def _puts(insert_or: InsertOr) -> _Puts:
    raised = {"epoch": schema.zones.c.epoch + 1}
    return _Puts(
        {
            name: _put(insert_or, schema.metadata.tables[name], "zone", "id", keep=KEPT)
            for name in ENTITIES
        },
        _put(insert_or, schema.positions, "zone", "courier", newest="at"),
        insert_or(schema.zones)
        .on_conflict_do_update(index_elements=["id"], set_=raised)
        .returning(schema.zones.c.epoch),
    )


KEPT = ("ordinal", "live")
"""Columns of a row that stay as they are when it is replaced."""

UNLINKED = frozenset({"desks_replaced"})
"""
Kinds of events that are not found by their subjects.

One may be about fifty thousand desks, of which nobody asks for the history; and SQLite reads the
whole event for each link to see that it is there, which took half a minute for twenty thousand.
"""

_PUTS = {"sqlite": _puts(sqlite.insert), "postgresql": _puts(postgresql.insert)}
_ADVANCE = (
    update(schema.zones)
    .where(
        schema.zones.c.id == bindparam("of"),
        schema.zones.c.epoch == bindparam("epoch_before"),
        schema.zones.c.head_seq == bindparam("head_before"),
    )
    .values(
        head_seq=bindparam("head"),
        plan_version=bindparam("version"),
        quotes_given=bindparam("quotes"),
        traffic_given=bindparam("reports"),
        head_hash=bindparam("chained"),
    )
)
_SET_LIVE = (
    update(schema.drops)
    .where(schema.drops.c.zone == bindparam("in_zone"), schema.drops.c.id == bindparam("drop"))
    .values(live=bindparam("place"))
)
_FORGET = {
    name: delete(table).where(table.c.zone == bindparam("in_zone"), table.c.id == bindparam("gone"))
    for name in FORGOTTEN
    for table in (schema.metadata.tables[name],)
}


def raise_epoch(connection: Connection, zone: str) -> int:
    """Returns the new epoch of a zone, which is created if need be."""
    counts = ("head_seq", "plan_version", "quotes_given", "traffic_given")
    row = {"id": zone, "epoch": 1, **dict.fromkeys(counts, 0)}
    return int(connection.execute(_PUTS[connection.dialect.name].raise_epoch, row).scalar_one())


def advance(connection: Connection, zone: str, before: Zone, after: Zone) -> bool:
    """Moves a zone on, unless it is no longer as it was ``before``; returns whether it did."""
    moved = connection.execute(
        _ADVANCE,
        {
            "of": zone,
            "epoch_before": before.epoch,
            "head_before": before.head_seq,
            "head": after.head_seq,
            "version": after.plan_version,
            "quotes": after.quotes_given,
            "reports": after.traffic_given,
            "chained": after.head_hash,
        },
    )
    return moved.rowcount == 1


def write(connection: Connection, zone: str, rows: Rows) -> None:
    """Appends to the log and brings the state tables to what they are after it."""
    _insert(connection, schema.events, [{"zone": zone, **row} for row in rows.log])
    links = [
        {"zone": zone, "subject": subject, "seq": row["seq"]}
        for row in rows.log
        if row["kind"] not in UNLINKED
        for subject in row["subjects"]
    ]
    _insert(connection, schema.event_subjects, links)
    for name in FORGOTTEN:
        if rows.forgotten[name]:
            gone = [{"in_zone": zone, "gone": id_} for id_ in sorted(rows.forgotten[name])]
            connection.execute(_FORGET[name], gone)
    puts = _PUTS[connection.dialect.name]
    for name in ENTITIES:
        if rows.entities[name]:
            changed = [{"zone": zone, **row} for row in rows.entities[name].values()]
            connection.execute(puts.entities[name], changed)
    if rows.live:
        places = [{"in_zone": zone, "drop": d, "place": at} for d, at in rows.live.items()]
        connection.execute(_SET_LIVE, places)


def write_plan(connection: Connection, zone: str, plan: Plan, seq: int, epoch: int) -> None:
    """Stores a version of the plan for ever."""
    row = {
        "zone": zone,
        "version": plan.version,
        "seq": seq,
        "epoch": epoch,
        "made_at": plan.made_at,
        "body": to_json(plan),
    }
    _insert(connection, schema.plans, [row])


def write_position(connection: Connection, zone: str, courier: str, position: Position) -> None:
    """Stores where a courier is, unless something later is known."""
    row = {"zone": zone, "courier": courier, **to_json(position)}
    connection.execute(_PUTS[connection.dialect.name].position, row)


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)
