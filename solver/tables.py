"""
A problem as plain lists and whole-number prices: what the insertion reads in its inner loops.

Element access of a numpy array costs several times that of a list; a problem is translated once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from solver.problem import PROMISED, Measure

if TYPE_CHECKING:
    from solver.problem import Job, Problem, Vehicle
    from solver.solution import Cost

NEVER = 2**60
"""A due that no start exceeds, in seconds."""

_TIER_BITS = 64
"""Room for one tier in a price; weighted sums stay below half of it on either side of zero."""


@dataclass(frozen=True, slots=True)
class Prices:
    """
    The price of one unit of each measure.

    A price is one integer that holds all tiers, the first in the highest bits: adding and comparing
    prices adds and compares cost tuples from left to right. Differences may be negative.
    """

    unassigned: int
    late: int
    lateness: int
    unassigned_minor: int
    late_minor: int
    busy: int
    completion: int
    moved: int
    diverted: int


@dataclass(frozen=True, slots=True)
class Drop:
    """The delivery of a job: seconds, units and the prices that depend on its rank."""

    location: int
    early: int
    late: int
    service: int
    due: int
    promised: bool


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """
    Durations with one more location, to which every ride takes 0 s: the end of open routes.

    ``bound`` is the load on board of each vehicle at its start that no route can change.
    """

    durations: list[list[int]]
    nowhere: int
    drops: tuple[Drop, ...]
    bound: tuple[int, ...]
    prices: Prices
    num_tiers: int


@lru_cache(maxsize=8)
def tables(problem: Problem) -> Tables:
    """Returns the tables of a problem, the same ones for the same object."""
    durations = [[*row, 0] for row in problem.durations.tolist()]
    nowhere = len(durations)
    bound = [0] * len(problem.vehicles)
    for job in problem.jobs:
        if job.carrier is not None:
            bound[job.carrier] += sum(job.load)
    return Tables(
        durations=[*durations, [0] * (nowhere + 1)],
        nowhere=nowhere,
        drops=tuple(_drop(job) for job in problem.jobs),
        bound=tuple(bound),
        prices=_prices(problem),
        num_tiers=len(problem.tiers),
    )


def _drop(job: Job) -> Drop:
    task = job.delivery
    due = NEVER if task.due is None else task.due
    window = task.window
    promised = job.rank == PROMISED
    return Drop(task.location, window.early, window.late, task.service_duration, due, promised)


def _prices(problem: Problem) -> Prices:
    units = dict.fromkeys(Measure, 0)
    for place, tier in enumerate(reversed(problem.tiers)):
        for measure, weight in tier:
            units[measure] += weight << (_TIER_BITS * place)
    known = {name: price for name, price in units.items() if name.value in Prices.__slots__}
    return Prices(**{measure.value: price for measure, price in known.items()})


def as_cost(price: int, num_tiers: int) -> Cost:
    """Returns a price as one integer per tier, first tier first."""
    tiers = []
    half = 1 << (_TIER_BITS - 1)
    for _ in range(num_tiers):
        # The lowest bits as a signed number; what is left divides exactly.
        tier = ((price + half) & (2 * half - 1)) - half
        tiers.append(tier)
        price = (price - tier) >> _TIER_BITS
    return tuple(reversed(tiers))


def left_out_price(table: Tables, job: Job) -> int:
    """Returns the price of leaving a job unassigned."""
    prices = table.prices
    missing = prices.unassigned if job.rank == PROMISED else prices.unassigned_minor
    return missing + (prices.moved if job.planned is not None else 0)


def end_of(table: Tables, vehicle: Vehicle) -> int:
    """Returns the location at which a route ends, for open routes the one that costs nothing."""
    return table.nowhere if vehicle.end is None else vehicle.end
