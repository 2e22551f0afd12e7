"""
Moments of simulated shifts at their peak, kept as dispatch problems.

A shift at its peak: more is ordered than can be brought, orders are turned away while so many drops
are open, and couriers work as they do in every simulated shift. Whenever an urgent order of one
drop comes that fills the zone to the number wanted, its problem is kept, at most once in some
minutes. A part of the orders is standard; they enter the plan at once, behind what is urgent.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from benchmarks.freeze_files import Frozen
from benchmarks.helsinki import STORE, embedded_city
from benchmarks.snapshots_common import unbound, unbound_routes
from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.intake import with_promise
from dispatch.policy import Policy
from dispatch.promises import URGENT
from dispatch.state import apply
from dispatch.wishing import best_outlook
from scenarios.couriers import make_riders
from scenarios.demand import Demand, Fate, draw_orders
from scenarios.in_process import InProcess, desks_of, request_of
from scenarios.log import ShiftLog
from scenarios.shift import Shift
from solver.insertion import insert
from solver.salvage import salvage
from solver.solution import Solution
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.places import Place
    from scenarios.demand import WantedOrder
    from solver.problem import Problem
    from solver.solution import Route

START = int(datetime(2026, 11, 23, 13, 30, tzinfo=ZoneInfo("Europe/Helsinki")).timestamp())
"""A Monday between lunch and the rush hour: one band of travel times until the end of demand."""

DESKS = 400
LONGEST_S = 2 * 3600
APART_S = 300
"""Least virtual seconds between two moments kept of one shift: about a quarter of the drops
are others by then."""

WARM_S = 600
"""Virtual seconds before the first moment kept: by then couriers are under way everywhere."""

RAMP_PER_HOUR = 8
"""Orders an hour for each drop that may be open: the zone fills in some seven minutes."""

STANDARD_SHARE = 0.15

POLICY = Policy(standard_margin_s=7 * 24 * 3600, quote_search_s=0)
"""Standard drops wait for nothing, so that the plan has both kinds; no search by the clock."""


@dataclass(frozen=True, slots=True)
class Peak:
    """
    How large a zone is: open drops, couriers, shifts to play and moments kept of each.

    ``iterations`` bounds each search for a better plan, and for the reference routes; as in a
    service, a larger zone gets fewer in its time.
    """

    open_drops: int
    couriers: int
    iterations: int
    shifts: int = 5
    moments: int = 3


Moment = tuple[Frozen, tuple["Place", ...], str]
"""A problem, its locations and the band that it is planned in."""


class _Enough(Exception):
    """A shift has given all the moments wanted of it."""


class _Door:
    """Who lets orders into a shift and keeps moments of it. Mutable: it remembers them."""

    def __init__(self, service: InProcess, peak: Peak, shift: int) -> None:
        self.kept: list[Moment] = []
        self._service, self._peak = service, peak
        self._shift = shift
        self._not_before = START + WARM_S

    def takes(self, order: WantedOrder) -> bool:
        """Returns whether an order is placed; keeps the moment where it fits."""
        if len(self.kept) >= self._peak.moments:
            raise _Enough
        planned = self._planned() + len(order.drops)
        if planned > self._peak.open_drops:
            return False
        simple = len(order.drops) == 1 and order.service == URGENT
        if simple and planned == self._peak.open_drops and self._service.now >= self._not_before:
            self._keep(order)
            self._not_before = self._service.now + APART_S
        return True

    def _planned(self) -> int:
        """Returns the open drops without those that somebody rides to or hands over."""
        state = self._service.dispatcher.state
        under_way = {c.committed.drop for c in state.couriers.values() if c.committed}
        return len({drop.id for drop in state.open_drops()} - under_way)

    def _keep(self, order: WantedOrder) -> None:
        dispatcher, now = self._service.dispatcher, self._service.now
        best = best_outlook(dispatcher, request_of(order), now)
        placed = with_promise(best.placed, best.promise_s)
        model = dispatcher.model(apply(dispatcher.state, placed), now)
        routes = carry_over(sequences_of_plan(dispatcher.plan), model)
        name = f"{self._peak.open_drops}-{self._shift}-{len(self.kept) + 1}"
        frozen = frozen_of(
            name, model.problem, routes, placed.order.drops[0], self._peak.iterations
        )
        self.kept.append((frozen, model.places, model.band))


def frozen_of(
    name: str, problem: Problem, routes: Sequence[Route], drop: str, iterations: int
) -> Frozen:
    """
    Returns a problem with what is left of the plan's routes and with reference routes.

    ``drop`` names the new job. Those bound to nobody in particular are bound to nobody.
    """
    everybody = frozenset(range(len(problem.vehicles)))
    jobs = tuple(
        replace(job, vehicles=None if job.vehicles == everybody else job.vehicles)
        for job in problem.jobs
    )
    problem = replace(problem, jobs=jobs)
    new = next(j for j, job in enumerate(jobs) if job.name == drop)
    kept = salvage(problem, routes)
    left = frozenset(range(len(jobs))) - {a.job for route in kept for a in route}
    initial = insert(problem, Solution(kept, left), left - {new})
    soft = unbound(problem, new)
    loaded = unbound_routes(problem, initial.routes)
    found = solve(
        soft,
        SolveParams(iterations=iterations, engine="sisr"),
        Solution(loaded, initial.unassigned),
    )
    if found.solution.unassigned:
        raise RuntimeError(f"No reference routes serve all drops of {name}.")
    return Frozen(name, len(jobs), problem, initial, new, found.solution.routes, ())


def play(peak: Peak, shift: int) -> list[Moment]:
    """Returns the moments kept of one shift; raises RuntimeError where there are too few."""
    city = embedded_city()
    service = InProcess(city, STORE, POLICY, START, peak.iterations)
    couriers = service.hire(peak.couriers, START + 4 * LONGEST_S)
    seed = 1000 * peak.open_drops + shift
    rate = RAMP_PER_HOUR * peak.open_drops
    demand = Demand(rate * (1 - STANDARD_SHARE), rate * STANDARD_SHARE, LONGEST_S)
    orders = draw_orders(demand, desks_of(city, DESKS), START, seed)
    # What comes back from closed desks has no part in any comparison.
    usual = [replace(order, fate=Fate.USUAL) for order in orders]
    door = _Door(service, peak, shift)
    log = ShiftLog(START, START + LONGEST_S, couriers)
    with suppress(_Enough):
        Shift(service, usual, make_riders(couriers, seed), log, takes=door.takes).play()
    if len(door.kept) < peak.moments:
        raise RuntimeError(f"Shift {shift} of {peak} gave {len(door.kept)} moments.")
    return door.kept
