"""
Revisions of things: the number of the last entry of the log that is about one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from dispatch.records import PLAN_PUBLISHED
from dispatch.schema import event_subjects, events

if TYPE_CHECKING:
    from sqlalchemy import Connection


def revision(connection: Connection, zone: str, subject: str, *, planned: bool = True) -> int:
    """
    Returns the number of the last entry about an id, 0 where there is none.

    A plan is about a drop, and its order, where the drop changed courier, and about a courier
    wherever a stop of its route did, be it by a minute. ``planned`` False leaves plans out.
    """
    link, log = event_subjects.c, events.c
    mine = select(link.seq).where(link.zone == zone, link.subject == subject)
    if not planned:
        # From the newest on: few plans follow each other without a tap in between.
        same = (log.zone == link.zone) & (log.seq == link.seq)
        mine = mine.join(events, same).where(log.kind != PLAN_PUBLISHED)
    return connection.scalar(mine.order_by(link.seq.desc()).limit(1)) or 0
