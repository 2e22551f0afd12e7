"""
A routing problem and what it means to the business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.entering import Entering
from dispatch.places import Place
from dispatch.retiming import Travel
from dispatch.whereabouts import Whereabouts
from solver.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """
    A problem and what it means.

    Vehicles are named by couriers, jobs by drops (``return:c_3``: what c_3 brings back). ``places``
    are the locations, ``standing`` where each courier enters; ``entering`` says which waiting drops
    are in it and which are held back. ``travel`` has the times of other bands than the one of the
    problem, ``cut_off`` the couriers who can no longer reach the stop they are committed to.
    """

    problem: Problem
    now: int
    band: str
    travel_epoch: int
    places: tuple[Place, ...]
    standing: Mapping[str, Whereabouts]
    entering: Entering
    travel: Travel
    cut_off: frozenset[str] = frozenset()
