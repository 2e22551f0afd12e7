"""
Who did what when: the log of a zone, whole or about one thing, as rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from dispatch import schema
from dispatch.records import PLAN_PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHOWN = ("stop", "kind", "reason", "text", "kmh", "capacity", "paused", "p_on_time", "note")
"""Fields of an event that say something about it, where they are plain values."""


def told(
    connection: Connection,
    zone: str,
    subject: str | None,
    bounds: tuple[int | None, int | None],
) -> Iterator[dict[str, Any]]:
    """
    Yields the entries recorded within bounds (None: none), oldest first.

    ``subject`` is the id of an order, a drop, a courier or a quote (None: all). Bounds are Unix
    seconds of when it was recorded, which is when it was decided, the first one included.
    """
    log, link = schema.events.c, schema.event_subjects.c
    wanted = select(schema.events).where(log.zone == zone)
    if subject is not None:
        about = select(link.seq).where(link.zone == zone, link.subject == subject)
        wanted = wanted.where(log.seq.in_(about))
    since, until = bounds
    if since is not None:
        wanted = wanted.where(log.recorded_at >= since)
    if until is not None:
        wanted = wanted.where(log.recorded_at < until)
    rows = connection.execute(wanted.order_by(log.seq).execution_options(yield_per=1000))
    for row in rows.mappings():
        yield dict(row)


def facts(entry: Mapping[str, Any]) -> str:
    """Returns what an entry says besides whom it is about, in a line."""
    body = entry["body"]
    if entry["kind"] == PLAN_PUBLISHED:
        moves = [
            f"{c['drop']} {c['before'] or '-'} to {c['after'] or '-'}" for c in body["changes"]
        ]
        more = f", {len(moves) - 4} more" if len(moves) > 4 else ""
        return f"plan {body['version']}" + (f": {', '.join(moves[:4])}{more}" if moves else "")
    return ", ".join(
        f"{name} {body[name]}"
        for name in SHOWN
        if isinstance(body.get(name), str | int | float) and body[name] not in ("", False)
    )
