"""
What is left of urgent promises while a day goes on, as the plan has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from dispatch.plan import Plan
    from scenarios.in_process import InProcess
    from scenarios.log import ShiftLog

EVERY_S = 60
"""Seconds from one look at the plan to the next, at least."""


@dataclass(frozen=True, slots=True)
class Slack:
    """
    A moment's open urgent drops, and what the plan leaves of their promises, seconds.

    ``least_s`` and ``median_s`` are of those in a route; None where none is.
    """

    at: int
    open: int
    least_s: int | None
    median_s: int | None


def slack_of(plan: Plan, urgent: Collection[str], now: int) -> Slack:
    """Returns the slack of these open drops in a plan."""
    assigned = plan.assignments()
    stops = [assigned[drop][1] for drop in urgent if drop in assigned]
    left = [stop.slack_s for stop in stops if stop.slack_s is not None]
    if not left:
        return Slack(now, len(urgent), None, None)
    return Slack(now, len(urgent), min(left), round(median(left)))


class SlackWatch:
    """Looks at a zone's plan once a minute of its clock. Mutable: it remembers what it saw."""

    def __init__(self, zone: InProcess) -> None:
        self.seen: list[Slack] = []
        self._zone = zone

    def look(self, now: int, log: ShiftLog) -> None:
        """Looks, if a minute has passed."""
        if not self.seen or now >= self.seen[-1].at + EVERY_S:
            self.seen.append(slack_of(self._zone.dispatcher.plan, log.open_urgent_drops(), now))
