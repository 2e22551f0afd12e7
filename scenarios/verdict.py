"""
How a dispatcher did on a day: what was promised and kept, and what it took.

Orders that their customers called off are left out of everything. Customers who left for a longer
time count as placed, and as not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.promises import STANDARD, URGENT, URGENT_S
from scenarios.log import Outcome
from scenarios.metrics import courier_shares, is_on_course, percentile

if TYPE_CHECKING:
    from scenarios.log import PlacedOrder, ShiftLog


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    A day in counts, which add up over days, and in figures that do not.

    ``placed`` are urgent orders, without those that were ``called_off``; ``left`` of them are of
    customers who left, ``promised`` are the others, ``promised_usual`` those of all placed that
    were offered the usual 22 minutes. ``kept`` were ended by the time promised, ``within_usual``
    within 22 minutes of being placed whatever was promised. ``late_s`` is by how much each promise
    that was not kept was broken, ascending; one still open at the end was until then.
    ``standard_on_course`` are standard orders ended, or meant to end, by their date.
    ``orders_ended`` are orders of either service of which every drop ended, ``busy_s`` the seconds
    that couriers worked until the end of demand, of ``paid_s``, the couriers' hours of all of it.
    Summed over the ``events`` of the zone, ``kept_drops`` were planned before and after;
    ``moved_drops`` changed courier, by an event or a search after it, and ``flipped`` next stops
    became others.
    """

    placed: int
    called_off: int
    left: int
    promised: int
    promised_usual: int
    kept: int
    within_usual: int
    late_s: tuple[int, ...]
    standard: int
    standard_on_course: int
    orders_ended: int
    busy_s: int
    paid_s: int
    events: int
    kept_drops: int
    moved_drops: int
    flipped: int
    decisions_ms: tuple[float, ...]
    faults: int

    @property
    def kept_share(self) -> float:
        """The share kept of what was promised; 1 where nothing was."""
        return self.kept / self.promised if self.promised else 1.0

    @property
    def within_usual_share(self) -> float:
        """The share of all placed that came within 22 minutes; 1 where nothing was placed."""
        return self.within_usual / self.placed if self.placed else 1.0

    @property
    def promised_usual_share(self) -> float:
        """The share of all placed that were offered 22 minutes; 1 where nothing was placed."""
        return self.promised_usual / self.placed if self.placed else 1.0

    @property
    def on_course_share(self) -> float:
        """The share of standard orders on course for their date; 1 where there are none."""
        return self.standard_on_course / self.standard if self.standard else 1.0

    @property
    def late_p95_s(self) -> float:
        """The lateness that 95 % of all promises do not exceed, seconds; kept ones are 0 late."""
        return percentile((0,) * (self.promised - len(self.late_s)) + self.late_s, 95)

    @property
    def utilisation(self) -> float:
        """The share of the couriers' time until the end of demand that was work."""
        return self.busy_s / self.paid_s if self.paid_s else 0.0

    @property
    def courier_min_per_order(self) -> float:
        """Minutes of work for each order that was ended; 0 for none."""
        return self.busy_s / 60 / self.orders_ended if self.orders_ended else 0.0

    @property
    def churn(self) -> float:
        """The share of drops planned before and after an event that changed courier."""
        return self.moved_drops / self.kept_drops if self.kept_drops else 0.0


def judge(log: ShiftLog) -> Verdict:
    """Returns how a day went; the log is one that was played to its end."""
    urgent = urgent_of(log)
    promised = [order for order in urgent if not log.has_left(order)]
    standard = [order for order in log.of(STANDARD) if not _is_called_off(log, order)]
    ends = {order.id: _end(log, order) for order in promised}
    late = sorted(by for o in promised if (by := ends[o.id] - o.due_at) > 0)
    busy, _ = courier_shares(log.legs, len(log.couriers), log.start, log.end)
    paid_s = len(log.couriers) * (log.end - log.start)
    events = [replan for replan in log.replans if replan.cause]
    return Verdict(
        placed=len(urgent),
        called_off=len(log.of(URGENT)) - len(urgent),
        left=len(urgent) - len(promised),
        promised=len(promised),
        promised_usual=sum(not order.requoted for order in urgent),
        kept=len(promised) - len(late),
        within_usual=sum(ends[o.id] - o.placed_at <= URGENT_S for o in promised),
        late_s=tuple(late),
        standard=len(standard),
        standard_on_course=sum(is_on_course(log, order) for order in standard),
        orders_ended=sum(log.closed_at(o) is not None for o in (*promised, *standard)),
        busy_s=round(busy * paid_s),
        paid_s=paid_s,
        events=len(events),
        kept_drops=sum(replan.kept for replan in events),
        moved_drops=sum(len(replan.moved) for replan in log.replans),
        flipped=sum(replan.flipped for replan in log.replans),
        decisions_ms=tuple(log.decisions_ms),
        faults=len(log.faults),
    )


def urgent_of(log: ShiftLog) -> list[PlacedOrder]:
    """Returns the urgent orders that count: all but those called off."""
    return [order for order in log.of(URGENT) if not _is_called_off(log, order)]


def _is_called_off(log: ShiftLog, order: PlacedOrder) -> bool:
    return any(end.outcome is Outcome.CANCELLED for end in log.ends(order))


def _end(log: ShiftLog, order: PlacedOrder) -> int:
    """Returns when an order ended; one that is open did not, in time, before the play was over."""
    closed_at = log.closed_at(order)
    return max(log.finished, order.due_at + 1) if closed_at is None else closed_at
