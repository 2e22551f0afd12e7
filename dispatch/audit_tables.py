"""
Whether the tables of a zone's state are what its log gives (I6).
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, select

from dispatch import schema
from dispatch.chain_breaks import Fault
from dispatch.codec import from_json
from dispatch.live import Traffic
from dispatch.observed import Observed
from dispatch.orders import Courier, Drop, Order, Quote
from dispatch.places import DirectoryDesk
from dispatch.records import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dispatch.folding import Folding
    from dispatch.stored import Zone

CHANGED = "The tables were changed without an entry, or an entry never reached them."


def table_faults(
    connection: Connection, zone: str, found: Zone, folding: Folding
) -> Iterator[Fault]:
    """Yields for each table of the state the first thing in which it differs from the log."""
    state = folding.at_hand
    wanted: tuple[tuple[Table, type[Any], Iterable[Any]], ...] = (
        (schema.orders, Order, folding.orders()),
        (schema.drops, Drop, folding.drops()),
        (schema.couriers, Courier, state.couriers.values()),
        (schema.quotes, Quote, state.quotes.values()),
        (schema.desks, DirectoryDesk, state.desks.values()),
        (schema.traffic, Traffic, state.traffic.values()),
        (schema.observed, Observed, state.observed.values()),
    )
    for table, cls, values in wanted:
        what = _difference(connection, zone, table, cls, values)
        if what is not None:
            yield Fault("table", None, f"{table.name}: {what}", CHANGED)
    live = select(schema.drops.c.id).where(
        schema.drops.c.zone == zone, schema.drops.c.live.is_not(None)
    )
    if list(connection.scalars(live.order_by(schema.drops.c.live))) != list(state.live):
        yield Fault("table", None, "drops: other drops are live than by the log.", CHANGED)
    for name in ("quotes_given", "traffic_given"):
        counted, told = getattr(state, name), getattr(found, name)
        if counted != told:
            yield Fault("table", None, f"zone: {name} is {told}, by the log {counted}.", CHANGED)


def _difference(
    connection: Connection, zone: str, table: Table, cls: type[Any], values: Iterable[Any]
) -> str | None:
    """Returns the first thing in which a table is not as wanted, None where it is."""
    of_zone = select(table).where(table.c.zone == zone).order_by(table.c.ordinal)
    rows = connection.execute(of_zone.execution_options(yield_per=1000))
    for row, value in zip_longest(rows.mappings(), values):
        if row is None:
            return f"{value.id} is missing."
        if value is None or row["id"] != value.id:
            there = "nothing" if value is None else value.id
            return f"there is {row['id']} where the log has {there}."
        try:
            same = from_json(cls, row["body"]) == value
        except ValueError:
            same = False
        if not same:
            return f"{value.id} is not as the log has it."
        repeated = {k: v for k, v in columns(value).items() if k != "body"}
        wrong = next((name for name, told in repeated.items() if row[name] != told), None)
        if wrong is not None:
            return f"{wrong} of {value.id} is {row[wrong]!r}, by its body {repeated[wrong]!r}."
    return None
