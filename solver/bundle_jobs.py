"""The free jobs of the exact lane as arrays by mask, and the scratch room of its kernels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from solver.bundle_prices import Prices
    from solver.problem import Problem

Array = NDArray[np.int64]

_POOL = 2**20
"""Labels of one group of bundles at most, 40 MB that are touched only where used."""

_STATES = 2**22
"""States of one group of bundles at most."""


@dataclass(frozen=True, slots=True, eq=False)
class FreeJobs:
    """
    The free jobs as the kernels read them, their masks, and scratch room.

    ``pickups`` (n, 4): store, early, late, service. ``orders`` has a row per order of the stores of
    a set, those of set s from ``rows_of[s]`` on. By mask: ``store_sets``, ``loads``, ``load_ids``.
    """

    free: tuple[int, ...]
    stores: tuple[int, ...]
    pickups: Array
    orders: Array
    rows_of: Array
    store_sets: Array
    loads: Array
    load_ids: Array
    rates: Array
    slots: Array
    states: Array
    pool: Array


def free_jobs(problem: Problem, prices: Prices, free: tuple[int, ...]) -> FreeJobs:
    """Returns the free jobs of a problem, by index, in the order of their bits."""
    tasks = [task for j in free if (task := problem.jobs[j].pickup) is not None]
    stores = tuple(dict.fromkeys(task.location for task in tasks))
    pickups = [
        [stores.index(t.location), t.window.early, t.window.late, t.service_duration] for t in tasks
    ]
    orders: list[list[int]] = []
    rows_of = [0]
    for chosen in range(2 ** len(stores)):
        members = [s for s in range(len(stores)) if chosen >> s & 1]
        if members:
            pad = [-1] * (len(stores) - len(members))
            orders += [[*order, *pad] for order in permutations(members)]
        rows_of.append(len(orders))
    amounts = [problem.jobs[j].load or (0,) * problem.dimensions for j in free]
    loads = by_mask(np.array(amounts, dtype=np.int64).reshape(len(free), problem.dimensions))
    masks = np.arange(2 ** len(free))
    store_sets = np.zeros(len(masks), dtype=np.int64)
    for i, (store, *_) in enumerate(pickups):
        store_sets |= (masks >> i & 1) << store
    rates = [
        prices.of(late=1),
        prices.of(lateness=1),
        prices.of(completion=1),
        prices.of(late_minor=1),
    ]
    return FreeJobs(
        free,
        stores,
        np.array(pickups, dtype=np.int64),
        np.array(orders, dtype=np.int64),
        np.array(rows_of, dtype=np.int64),
        store_sets,
        loads,
        _ids(loads),
        np.array(rates, dtype=np.int64),
        np.zeros((len(masks) + 1, 2), dtype=np.int64),
        np.empty((_STATES, 2), dtype=np.int64),
        np.empty((_POOL, 5), dtype=np.int64),
    )


def by_mask(each: Array) -> Array:
    """Returns (2^n, k): the sum of the rows of (n, k) in each mask."""
    total = np.zeros((1, each.shape[1]), dtype=np.int64)
    for row in each:
        total = np.concatenate([total, total + row])
    return total


def _ids(rows: Array) -> Array:
    """Returns a number for each row, the same one for equal rows."""
    ids = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        values, place = np.unique(column, return_inverse=True)
        ids = ids * len(values) + place
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)
