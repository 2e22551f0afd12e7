"""
What is looked at to know whether a service can do its work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from sqlalchemy import text, update

from api.calendars import unpublished
from api.figures import webhook_age
from api.zone import Room, Zone
from dispatch import schema, stored, webhooks
from dispatch.calendars import day_of
from dispatch.errors import DispatchError
from dispatch.migrations import known_versions

CHECKS = ("writer", "migrations", "workers", "calendar", "travel_times")
"""What is looked at: whether something can be stored, in the tables of this program; whether better
plans are looked for; whether the calendar covers the next 60 days; whether ticks keep the travel
times those of now."""

DEGRADING = frozenset({"writer", "workers", "travel_times"})
"""Checks whose warning says that planning is worse than usual."""

PATIENCE_S = 2.0
"""Seconds that are waited for the zone's thread."""

STUCK_S = 30.0
"""Seconds without any work done after which the zone's thread is not busy but stuck."""

LATE_TICKS = 3
"""Ticks that may be missed before travel times count as old."""

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One of `CHECKS`, how it ended, and what was found where that is not ``ok``."""

    name: str
    state: State = "ok"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """All that was looked at."""

    checks: tuple[Check, ...]
    warnings: tuple[str, ...]
    database: Literal["ok", "busy", "failing"]
    search: str
    oldest_delivery_s: int | None


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the zone's thread found."""

    checks: tuple[Check, ...]
    warnings: tuple[str, ...]
    oldest_delivery_s: int | None


def state_of(checks: Sequence[Check]) -> Literal["ok", "degraded", "failing"]:
    """Returns what checks come to together."""
    if any(check.state == "fail" for check in checks):
        return "failing"
    worse = any(check.state == "warn" and check.name in DEGRADING for check in checks)
    return "degraded" if worse else "ok"


async def examine(zone: Zone) -> Found:
    """Returns what all checks find; it waits `PATIENCE_S` at most."""
    database: Literal["ok", "busy", "failing"] = "ok"
    try:
        work = zone.ask(partial(_inside, epoch=zone.epoch), wake=False)
        inside = await asyncio.wait_for(work, PATIENCE_S)
    except TimeoutError:
        writer = _waits(zone)
        database = "failing" if writer.state == "fail" else "busy"
        inside = _Inside((writer,), (), None)
    except DispatchError as error:
        database = "failing"
        inside = _Inside((Check("writer", "fail", f"{error.what} {error.cure}"),), (), None)
    search = zone.improver.search.state if zone.improver else "off"
    known = {check.name: check for check in (*inside.checks, _workers(search), _times(zone))}
    return Found(
        checks=tuple(known.get(name, _unknown(name)) for name in CHECKS),
        warnings=inside.warnings,
        database=database,
        search=search,
        oldest_delivery_s=inside.oldest_delivery_s,
    )


def _unknown(name: str) -> Check:
    return Check(name, "warn", "Not known: the zone's thread did not answer.")


def _waits(zone: Zone) -> Check:
    """Much to do is no reason to send orders elsewhere; a thread that does nothing any more is."""
    if zone.waiting.stuck_s > STUCK_S:
        seconds = round(zone.waiting.stuck_s)
        return Check("writer", "fail", f"Nothing was done for {seconds} s: restart the service.")
    return Check("writer", "warn", f"Busy: what comes now waits {zone.waiting.backlog_s:.1f} s.")


def _workers(search: str) -> Check:
    if search in ("ready", "off"):
        return Check("workers")
    return Check("workers", "warn", f"No better plans are looked for: the search is {search}.")


def _times(zone: Zone) -> Check:
    late_s, tick_s = zone.ticking.late_s, zone.settings.policy_values().tick_s
    if late_s <= LATE_TICKS * tick_s:
        return Check("travel_times")
    return Check("travel_times", "warn", f"Travel times are old: a tick is {late_s:.0f} s late.")


def _inside(room: Room, epoch: int) -> _Inside:
    # First, since nothing else is worth a commit that fails.
    writer = _probe(room, epoch)
    with room.database.read() as connection:
        hooks = webhooks.read_all(connection, room.zone)
        version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    disabled = (
        f"Nothing is sent to webhook {hook.id}: {hook.disabled_for} Mend it, then enable it."
        for hook in hooks
        if hook.disabled_at is not None
    )
    calendar = tuple(unpublished(room.dispatcher.calendars, room.now))
    return _Inside(
        checks=(writer, _migrations(str(version)), _calendar(room, calendar)),
        warnings=(*calendar, *disabled),
        oldest_delivery_s=webhook_age(room),
    )


def _probe(room: Room, epoch: int) -> Check:
    """Writes the zone's row as it is: durable with the answer, or the answer is an error."""
    zones = schema.zones
    with room.write() as connection:
        found = stored.lock_zone(connection, room.zone)
        same = update(zones).where(zones.c.id == room.zone).values(epoch=zones.c.epoch)
        connection.execute(same)
    if found.epoch != epoch:
        what = f"A newer process owns the zone: its epoch is {found.epoch}, ours {epoch}."
        return Check("writer", "fail", what)
    return Check("writer")


def _migrations(version: str) -> Check:
    if version == known_versions()[-1]:
        return Check("migrations")
    what = f"The database has version {version}, this program writes {known_versions()[-1]}."
    return Check("migrations", "fail", f"{what} Restart the service, or end the other one.")


def _calendar(room: Room, soon: Sequence[str]) -> Check:
    over = " ".join(_over(room))
    if over:
        return Check("calendar", "fail", over)
    return Check("calendar", "warn", " ".join(soon)) if soon else Check("calendar")


def _over(room: Room) -> Iterator[str]:
    for calendar in room.dispatcher.calendars.values():
        if calendar.last < day_of(calendar, room.now):
            yield f"The calendar {calendar.name} ended on {calendar.last}: restart the service."
