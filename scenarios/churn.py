"""
What a new plan changes for couriers: drops that go to another, next stops that are others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.orders import StopKind
from scenarios.log import Replan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.plan import Plan, Stop


def replan(at: int, cause: str, before: Plan, after: Plan) -> Replan:
    """Returns what became of a plan; the same plan twice moves and flips nothing."""
    was = {drop: courier for drop, (courier, _) in before.assignments().items()}
    if before is after:
        return Replan(at, cause, len(was), (), 0)
    now = {drop: courier for drop, (courier, _) in after.assignments().items()}
    kept = [drop for drop in was if drop in now]
    moved = tuple(drop for drop in kept if was[drop] != now[drop])
    ahead = {route.courier: route.stops for route in after.routes}
    to_come = {drop for stops in ahead.values() for stop in _open(stops) for drop in stop.drops}
    flipped = sum(_is_flipped(r.stops, ahead.get(r.courier, ()), to_come) for r in before.routes)
    return Replan(at, cause, len(kept), moved, flipped)


def _open(stops: Sequence[Stop]) -> list[Stop]:
    """Returns the stops that nobody is on the way to yet."""
    return [stop for stop in stops if not stop.committed]


def _is_flipped(before: Sequence[Stop], after: Sequence[Stop], to_come: set[str]) -> bool:
    """
    Tells whether a courier's next stop is another one although the one before is still to come.

    Of a load it is open until the end what is taken: it is the same stop with other drops. Nothing
    is lost with a way back.
    """
    was = next(iter(_open(before)), None)
    if was is None or was.kind is StopKind.RETURN or to_come.isdisjoint(was.drops):
        return False
    begun = [stop for stop in after if stop.committed]
    return not any(_is_same(was, stop) for stop in (*begun, *_open(after)[:1]))


def _is_same(a: Stop, b: Stop) -> bool:
    return a.kind is b.kind and (a.kind is StopKind.LOAD or a.drops == b.drops)
