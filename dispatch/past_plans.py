"""
Which plans a zone published, in order: when, what happened just before, and who got another drop.

Read from the log alone: plans themselves are large, and are read one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dispatch import schema
from dispatch.codec import from_json
from dispatch.plan import Change
from dispatch.records import PLAN_PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that happened between two plans: kind of event, and whom it is about."""

    kind: str
    at: int
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PastPlan:
    """A plan that was published; without ``causes`` the search found it, or time passed."""

    version: int
    made_at: int
    changes: tuple[Change, ...]
    causes: tuple[Cause, ...]


def past_plans(
    connection: Connection,
    zone: str,
    since: int | None,
    until: int | None,
    *,
    after: int,
    limit: int,
    silent: frozenset[str] = frozenset(),
) -> tuple[PastPlan, ...]:
    """
    Returns the first plans made from ``since`` and before ``until`` that follow a version.

    Bounds are Unix seconds, None for none. Events of ``silent`` kinds are nobody's cause.
    """
    plans, log = schema.plans.c, schema.events.c
    wanted = (
        select(plans.version, plans.made_at, plans.seq, log.body)
        .where(plans.zone == zone, log.zone == zone, log.seq == plans.seq, plans.version > after)
        .order_by(plans.version)
        .limit(limit)
    )
    if since is not None:
        wanted = wanted.where(plans.made_at >= since)
    if until is not None:
        wanted = wanted.where(plans.made_at < until)
    rows = connection.execute(wanted).all()
    if not rows:
        return ()
    causes = _causes(connection, zone, _seq_before(connection, zone, rows[0].version), rows, silent)
    return tuple(
        PastPlan(
            row.version,
            row.made_at,
            tuple(from_json(Change, change) for change in row.body["changes"]),
            tuple(causes[row.seq]),
        )
        for row in rows
    )


def _seq_before(connection: Connection, zone: str, version: int) -> int:
    """Returns the number of the entry that published the plan before a version, 0 for none."""
    plans = schema.plans.c
    earlier = select(plans.seq).where(plans.zone == zone, plans.version < version)
    return connection.scalar(earlier.order_by(plans.version.desc()).limit(1)) or 0


def _causes(
    connection: Connection, zone: str, first: int, rows: Sequence[Any], silent: frozenset[str]
) -> dict[int, list[Cause]]:
    """Returns what happened before each plan and after the one before it, by the plan's number."""
    log = schema.events.c
    wanted = select(log.seq, log.kind, log.at, log.subjects).where(
        log.zone == zone, log.seq > first, log.seq < rows[-1].seq
    )
    found: dict[int, list[Cause]] = {row.seq: [] for row in rows}
    ends = iter(sorted(found))
    end = next(ends)
    for entry in connection.execute(wanted.order_by(log.seq)):
        while entry.seq > end:
            end = next(ends)
        if entry.kind != PLAN_PUBLISHED and entry.kind not in silent:
            found[end].append(Cause(entry.kind, entry.at, tuple(entry.subjects)))
    return found
