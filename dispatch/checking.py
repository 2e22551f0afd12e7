"""
Whether a database is fit for use: undamaged, whole, and all in it agrees.

Beside what `dispatch.audit` finds, the last plan is compared with the state: a drop is planned once
(I3), goods on board and stops under way are with their couriers (I7), and nothing open is forgotten
(I9). Whether the plan breaks no limit (I8) needs the city and is not seen here.
"""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from dispatch import schema
from dispatch.audit import Audit, audit
from dispatch.backup import integrity
from dispatch.beside import beside, name_of, server_of, version_of, zones_of
from dispatch.errors import DispatchError
from dispatch.migrations import known_versions
from dispatch.orders import DropStatus, StopKind
from dispatch.sqlite import FIRST_MENDED, path_of
from dispatch.stored import read_plan, read_state, read_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from dispatch.plan import Plan
    from dispatch.state import State

LEAST_FREE = 1 << 30
"""Bytes below which the room left is told as a fault: some weeks of a busy zone."""


@dataclass(frozen=True, slots=True)
class Checked:
    """
    What a database is like; it is fit where ``faults`` is empty.

    ``faults`` say what is wrong, ``warnings`` what to see to. ``free`` are the bytes left on its
    disk (None: another machine's).
    """

    name: str
    version: str | None
    engine: str
    size: int | None
    free: int | None
    audits: tuple[Audit, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def check_database(url: str, tell: Callable[[int, int], None] = lambda done, of: None) -> Checked:
    """Returns what a database is like; raises DatabaseError where there is none to look at."""
    if server_of(url) is not None:
        return _checked(url, None, None, (), (), tell)
    path = path_of(url)
    free = shutil.disk_usage(path.parent).free
    warnings = []
    version = sqlite3.sqlite_version_info
    if version < FIRST_MENDED.get(version[:2], (3, 51, 3)):
        warnings.append(
            f"SQLite {sqlite3.sqlite_version} can lose pages when two connections write at the "
            "same instant (mended in 3.51.3). The service writes by one only: let no other program "
            "write to the file."
        )
    if free < LEAST_FREE:
        warnings.append(f"Only {free >> 20} MiB are left on the disk.")
    if not path.is_file():
        # Says so as everything that reads does.
        with beside(url):
            pass
    damage = tuple(integrity(path))
    if damage:
        engine = f"SQLite {sqlite3.sqlite_version}"
        size = path.stat().st_size
        return Checked(str(path), None, engine, size, free, (), damage, tuple(warnings))
    return _checked(url, path.stat().st_size, free, damage, tuple(warnings), tell)


def _checked(
    url: str,
    size: int | None,
    free: int | None,
    damage: tuple[str, ...],
    warnings: tuple[str, ...],
    tell: Callable[[int, int], None],
) -> Checked:
    with beside(url, of_this_version=False) as connection:
        version, newest = version_of(connection), known_versions()[-1]
        engine = _engine(connection)
        if version != newest:
            text = f"It is of version {version}, brought to {newest} by the next start."
            return Checked(name_of(url), version, engine, size, free, (), damage, (*warnings, text))
        zones = zones_of(connection)
        audits = tuple(audit(connection, zone, tell=tell) for zone in zones)
        faults = [f"{a.zone}: {fault.what} {fault.means}" for a in audits for fault in a.faults]
        for zone in zones:
            try:
                faults += (f"{zone}: {text}" for text in _zone_faults(connection, zone))
            except (KeyError, ValueError, DispatchError) as error:
                faults.append(f"{zone}: the state cannot be read: {error!r}")
    return Checked(name_of(url), version, engine, size, free, audits, (*damage, *faults), warnings)


def _engine(connection: Connection) -> str:
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.dialect.name]
    return f"{name} {version}"


def _zone_faults(connection: Connection, zone: str) -> Iterator[str]:
    found = read_zone(connection, zone)
    plan = read_plan(connection, zone, found.plan_version)
    state = read_state(connection, zone, {})
    if plan is not None:
        yield from plan_faults(state, plan)
    taps = schema.courier_actions.c
    late = connection.scalar(
        select(func.count())
        .select_from(schema.courier_actions)
        .where(taps.zone == zone, taps.seq > found.head_seq)
    )
    if late:
        yield f"{late} answers to taps name entries that the log does not have (I4)."


def plan_faults(state: State, plan: Plan) -> Iterator[str]:
    """Yields what in a plan contradicts the state in which it holds, with the invariant's name."""
    stops = [(route.courier, stop) for route in plan.routes for stop in route.stops]
    for kind in (StopKind.LOAD, StopKind.DELIVER):
        drops = [d for _, stop in stops if stop.kind is kind for d in stop.drops]
        for drop in dict.fromkeys(d for d in drops if drops.count(d) > 1):
            yield f"{drop} is planned twice (I3)."
    assigned, told = plan.assignments(), {left.drop for left in plan.unassigned}
    for open_drop in state.open_drops():
        name, aboard = open_drop.id, open_drop.status is DropStatus.ON_BOARD
        if name not in assigned and name not in told:
            yield f"{name} is open and neither planned nor left out (I9)."
        elif aboard and name in assigned and assigned[name][0] != open_drop.courier:
            yield f"{name} is with {open_drop.courier}, planned for another courier (I7)."
    for courier in state.couriers.values():
        shown = [stop.id for of, stop in stops if of == courier.id and stop.committed]
        wanted = [courier.committed.stop] if courier.committed else []
        if shown != wanted:
            yield f"{courier.id} is on the way to {wanted}, by the plan to {shown} (I7)."
