"""
Whether a plan is news: what a courier or a dispatcher would see of it is another than before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.holds import is_held

if TYPE_CHECKING:
    from dispatch.plan import Plan, Stop, Unassigned


def differs(old: Plan, new: Plan, tolerance_s: int) -> bool:
    """
    Returns whether a plan has to be published.

    Times that moved by no more than ``tolerance_s`` are no news; another band is, for in it other
    routes may be better.
    """
    before = [(route.courier, stop) for route in old.whole_routes() for stop in route.stops]
    after = [(route.courier, stop) for route in new.whole_routes() for stop in route.stops]
    return (
        old.band != new.band
        or {_why(left) for left in old.unassigned} != {_why(left) for left in new.unassigned}
        or [_shape(*pair) for pair in before] != [_shape(*pair) for pair in after]
        or any(
            max(abs(a.arrival - b.arrival), abs(a.departure - b.departure)) > tolerance_s
            for (_, a), (_, b) in zip(before, after, strict=True)
        )
    )


def summary(plan: Plan) -> str:
    """Returns the figures of a plan in a line."""
    slacks = [stop.slack_s for route in plan.routes for stop in route.stops]
    stops = sum(len(route.stops) for route in plan.routes)
    late = sum(slack < 0 for slack in slacks if slack is not None)
    return (
        f"plan {plan.version}: {stops} stops, {len(plan.unassigned)} unassigned, "
        f"{late} late, {len(plan.changes)} changes"
    )


def _why(left: Unassigned) -> tuple[object, ...]:
    """What keeps a drop out, by kind: by how much changes with every second, closures do not."""
    return left.drop, *(
        reason if reason.kind == "unreachable" else (reason.courier, reason.kind)
        for reason in left.reasons
    )


def _shape(courier: str, stop: Stop) -> tuple[object, ...]:
    # What is held for an order to come is due later with every second.
    due_at = None if any(map(is_held, stop.drops)) else stop.due_at
    return courier, stop.id, stop.drops, stop.committed, due_at, stop.cut_off
