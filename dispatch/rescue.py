"""
The best rescue of a promise in danger: moves of its drop that were really tested.

A move is what a dispatcher's hand can do, with the same consequences: whoever takes the rescue gets
what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.events import DropPinned, Rescue
from dispatch.hand import after_move
from dispatch.holds import is_held, with_holds
from dispatch.orders import StopKind
from dispatch.plan import CourierRoute
from dispatch.plan_reading import read_routes
from dispatch.proposals import Proposal, handover_ends, without
from dispatch.prospects import brought, prospects
from dispatch.quoting import delays
from dispatch.requests import Move
from dispatch.state import apply
from solver.insertion import earliest_insertions
from solver.solution import Kind

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.orders import Drop, Order
    from dispatch.plan import Plan
    from solver.insertion import Insertion
    from solver.problem import Problem

MOST_TESTED = 4
"""Moves tested for one drop: those that would bring it earliest, one to each courier."""

LEAST_GAIN = 0.1
"""By how much the order's chance, and the number of promises kept in all, must rise on average;
less is not worth a dispatcher's call, and near to what chances are wrong by."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What would be planned without any move: routes, and each drop's end and courier."""

    proposal: Proposal
    routes: tuple[CourierRoute, ...]
    ends: dict[str, tuple[int, str]]

    def is_on_time(self, name: str) -> bool:
        """Returns whether what is planned of an order comes by its deadline."""
        order = self.proposal.state.orders[name]
        planned = [self.ends[drop][0] for drop in order.drops if drop in self.ends]
        return order.deadline is not None and max(planned, default=0) <= order.deadline


def best_rescue(
    dispatcher: Dispatcher, order: Order, drop: Drop, now: int
) -> tuple[Rescue | None, str]:
    """
    Returns the move of a waiting drop after which most promises are kept, and else why none helps.

    What counts is the sum of the chances of all promised orders concerned, so that no order is
    saved at the cost of another; equal sums are decided by the seconds that others wait longer.
    """
    proposal = dispatcher.present(now)
    before = _Before(proposal, _routes(proposal), handover_ends(proposal))
    moves = _moves(dispatcher, drop, now)[:MOST_TESTED]
    tested = [_tested(dispatcher, order, drop, move, before, now) for move in moves]
    helpful = [(gain, rescue) for gain, rescue in tested if gain >= LEAST_GAIN]
    if helpful:
        _, rescue = max(helpful, key=lambda found: (round(found[0], 2), -found[1].harm_s))
        return rescue, ""
    if not moves:
        return None, f"No other courier or place can take {drop.id}."
    return None, f"{len(moves)} other places were tried for {drop.id}; none keeps more promises."


def _moves(dispatcher: Dispatcher, drop: Drop, now: int) -> list[Move]:
    """Returns moves to other places, harmless and early ones first, one to each courier."""
    state = apply(dispatcher.state, DropPinned(now, drop.id, None))
    model = dispatcher.model(state, now)
    index = {job.name: j for j, job in enumerate(model.problem.jobs)}
    if drop.id not in index:
        return []
    j = index[drop.id]
    carried = carry_over(sequences_of_plan(dispatcher.plan), model)
    found = earliest_insertions(model.problem, without(model.problem, carried, [j]), j)
    ranked = sorted(found, key=lambda insertion: (insertion.harm > 0, insertion.arrival_start))
    moves = (_move(dispatcher.plan, model.problem, insertion) for insertion in ranked)
    return [move for move in moves if not _is_there(dispatcher.plan, drop.id, move)]


def _move(plan: Plan, problem: Problem, insertion: Insertion) -> Move:
    """Returns the move that brings a drop to the place of an insertion, or near it."""
    courier = problem.vehicles[insertion.vehicle].name
    handed = [
        problem.jobs[activity.job].name
        for activity in insertion.route
        if activity.kind is Kind.DELIVERY and not is_held(problem.jobs[activity.job].name)
    ]
    at = handed.index(problem.jobs[insertion.job].name)
    return Move(courier, handed[at - 1] if at else _under_way(plan, courier))


def _under_way(plan: Plan, courier: str) -> str | None:
    """Returns the drop that a courier is committed to hand over, None for none."""
    route = plan.route_of(courier)
    first = route.stops[0] if route is not None and route.stops else None
    is_handing = first is not None and first.committed and first.kind is StopKind.DELIVER
    return first.drops[0] if first is not None and is_handing else None


def _is_there(plan: Plan, drop: str, move: Move) -> bool:
    """Returns whether a drop is where a move would bring it."""
    route = plan.route_of(move.courier or "")
    handed = (
        [d for stop in route.stops if stop.kind is StopKind.DELIVER for d in stop.drops]
        if route
        else []
    )
    if drop not in handed:
        return False
    at = handed.index(drop)
    return move.after == (handed[at - 1] if at else None)


def _tested(
    dispatcher: Dispatcher, order: Order, drop: Drop, move: Move, before: _Before, now: int
) -> tuple[float, Rescue]:
    """Returns how many more promises are kept on average by a move, and the move as a rescue."""
    after = after_move(dispatcher, drop.id, move, now)
    routes = _routes(after)
    changed = {d for d in _touched(before.routes, routes) | {drop.id} if not is_held(d)}
    names = {after.state.drops[d].order for d in changed}
    touched = [after.state.orders[name] for name in sorted(names)]
    orders = [o for o in touched if o.urgent and o.deadline is not None and o.deadline >= now]
    # Places held are nobody's promise yet, but the routes are driven with them.
    states = (with_holds(state, now) for state in (before.proposal.state, after.state))
    was, will_be = (
        prospects(dispatcher, driven, state, orders, now)
        for driven, state in zip((before.routes, routes), states, strict=True)
    )
    gained = sum(will_be[o.id].chance - was[o.id].chance for o in orders)
    own = will_be[order.id].chance
    harmed = [delay for delay in delays(before.ends, after) if delay.order != order.id]
    late = (d.order for d in harmed if not d.still_on_time and before.is_on_time(d.order))
    harm_s = sum(delay.by_s for delay in harmed)
    rescue = Rescue(move.courier or "", move.after, round(own, 2), harm_s, tuple(late))
    return min(gained, own - was[order.id].chance), rescue


def _routes(proposal: Proposal) -> tuple[CourierRoute, ...]:
    return read_routes(proposal.model, proposal.solution, proposal.state)


def _touched(was: tuple[CourierRoute, ...], will_be: tuple[CourierRoute, ...]) -> set[str]:
    """Returns the drops of all routes that are no longer as they were."""
    before = {route.courier: route for route in was}
    changed = [route for route in will_be if route.stops != before[route.courier].stops]
    return {d for route in changed for d in brought(route) | brought(before[route.courier])}
