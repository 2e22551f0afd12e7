"""
What a service promises to an order that is placed now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.calendars import next_working_day_end
from dispatch.promises import Promise, Start, WallClock

if TYPE_CHECKING:
    from dispatch.promises import Service

CLOSE = 17 * 3600


def promised(service: Service, now: int, timezone: str) -> tuple[Promise, int | None, int]:
    """
    Returns the promise of a service, its deadline, and the seconds promised.

    The deadline is None where the clock starts later.
    """
    clock = service.clock
    promise = Promise(clock, service.starts, service.answer_s, service.cut_off)
    if isinstance(clock, WallClock):
        end = now + clock.seconds
    else:
        end = next_working_day_end(now, timezone, CLOSE)
    return promise, end if service.starts is Start.PLACED else None, end - now
