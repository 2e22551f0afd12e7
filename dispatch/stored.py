"""
What the durable store reads, each statement in the transaction of the connection it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, select

from dispatch import schema
from dispatch.codec import event_from_json, from_json
from dispatch.live import Traffic
from dispatch.observed import Observed
from dispatch.orders import Courier, Drop, Order, Quote, Store
from dispatch.places import DirectoryDesk
from dispatch.plan import Plan
from dispatch.records import PLAN_PUBLISHED
from dispatch.requests import Position
from dispatch.state import State, apply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """
    An entry of a zone's log: its number, when it took effect, what happened and to whom.

    ``kind`` is one of :data:`dispatch.codec.EVENTS` with the event in ``body``, or
    ``plan_published`` with the plan's version and changes.
    """

    seq: int
    at: int
    kind: str
    body: dict[str, Any]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """How far a zone is: its epoch, last event and its hash, plan, quotes and reports given."""

    epoch: int = 0
    head_seq: int = 0
    plan_version: int = 0
    quotes_given: int = 0
    traffic_given: int = 0
    head_hash: str = ""


def read_zone(connection: Connection, zone: str) -> Zone:
    """Returns how far a zone is; one that was never started is at zero."""
    found = connection.execute(_zone(zone)).one_or_none()
    return Zone(*found) if found else Zone()


def lock_zone(connection: Connection, zone: str) -> Zone:
    """Returns how far a zone is once no other transaction is under way that moves it on."""
    found = connection.execute(_zone(zone).with_for_update()).one_or_none()
    return Zone(*found) if found else Zone()


def _zone(zone: str) -> Select[Any]:
    table = schema.zones.c
    return select(
        table.epoch,
        table.head_seq,
        table.plan_version,
        table.quotes_given,
        table.traffic_given,
        table.head_hash,
    ).where(table.id == zone)


def read_state(connection: Connection, zone: str, stores: Mapping[str, Store]) -> State:
    """Returns the state of a zone, all mappings in the order in which things came to be."""
    orders = _read_entities(connection, zone, schema.orders, Order)
    drops = _read_entities(connection, zone, schema.drops, Drop)
    far = read_zone(connection, zone)
    table = schema.drops.c
    live = select(table.id).where(table.zone == zone, table.live.is_not(None)).order_by(table.live)
    return State(
        stores=stores,
        orders=orders,
        drops=drops,
        couriers=_read_entities(connection, zone, schema.couriers, Courier),
        quotes=_read_entities(connection, zone, schema.quotes, Quote),
        quotes_given=far.quotes_given,
        live={d: drops[d] for d in connection.scalars(live)},
        desks=_read_entities(connection, zone, schema.desks, DirectoryDesk),
        traffic=_read_entities(connection, zone, schema.traffic, Traffic),
        traffic_given=far.traffic_given,
        observed=_read_entities(connection, zone, schema.observed, Observed),
        external={o.external_id: o.id for o in orders.values() if o.external_id is not None},
    )


def _read_entities(
    connection: Connection, zone: str, table: Table, cls: type[Any]
) -> dict[str, Any]:
    statement = select(table.c.id, table.c.body).where(table.c.zone == zone)
    found = connection.execute(statement.order_by(table.c.ordinal))
    return {id_: from_json(cls, body) for id_, body in found}


def read_plan(connection: Connection, zone: str, version: int) -> Plan | None:
    """Returns a version of the plan, None if there is none."""
    table = schema.plans.c
    body = connection.scalar(select(table.body).where(table.zone == zone, table.version == version))
    return None if body is None else from_json(Plan, body)


def read_log(connection: Connection, statement: Select[Any]) -> tuple[LoggedEvent, ...]:
    """Returns the entries of a log that a selection finds, by number."""
    found = connection.execute(statement.order_by(schema.events.c.seq))
    return tuple(
        LoggedEvent(row.seq, row.at, row.kind, row.body, tuple(row.subjects)) for row in found
    )


def about(zone: str, subject: str) -> Select[Any]:
    """Returns the selection of all entries about an order, a drop, a courier or a quote."""
    log, link = schema.events.c, schema.event_subjects.c
    return select(schema.events).where(
        link.zone == zone, link.subject == subject, log.zone == link.zone, log.seq == link.seq
    )


def after(zone: str, seq: int, limit: int) -> Select[Any]:
    """Returns the selection of the first entries that follow a number."""
    log = schema.events.c
    return select(schema.events).where(log.zone == zone, log.seq > seq).limit(limit)


def read_events(connection: Connection, zone: str, seqs: Sequence[int]) -> dict[int, LoggedEvent]:
    """Returns the entries of a log with these numbers, by number."""
    log = schema.events.c
    wanted = select(schema.events).where(log.zone == zone, log.seq.in_(seqs))
    return {entry.seq: entry for entry in read_log(connection, wanted)}


def read_entries(connection: Connection, zone: str, seq: int, limit: int) -> list[dict[str, Any]]:
    """Returns whole rows of the log that follow a number."""
    rows = connection.execute(after(zone, seq, limit).order_by(schema.events.c.seq))
    return [dict(row) for row in rows.mappings()]


def read_positions(connection: Connection, zone: str) -> dict[str, Position]:
    """Returns where the couriers of a zone are, by id."""
    table = schema.positions.c
    found = connection.execute(
        select(table.courier, table.lat, table.lon, table.at).where(table.zone == zone)
    )
    return {courier: Position(lat, lon, at) for courier, lat, lon, at in found}


def fold(connection: Connection, zone: str, stores: Mapping[str, Store]) -> State:
    """Returns the state of a zone from its log alone."""
    log = schema.events.c
    entries = select(log.kind, log.body).where(log.zone == zone, log.kind != PLAN_PUBLISHED)
    state = State(stores=stores)
    for kind, body in connection.execute(entries.order_by(log.seq)):
        state = apply(state, event_from_json(kind, body))
    return state
