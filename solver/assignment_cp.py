"""
The assignment of bundles by CP-SAT, for more jobs than subsets allow, and as a second opinion.

Tiers are minimised one after another, as many in one number as it holds exactly. Importing this
module imports CP-SAT, which takes a second.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.sat.python import cp_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from solver.assignment import Columns
    from solver.bundle_prices import Prices

    Array = NDArray[np.int64]

_MOST = 2**52
"""Largest sum of an objective: CP-SAT refuses those near 2^63, and doubles hold this one."""


def by_cp_sat(
    prices: Prices,
    columns: Sequence[Columns],
    left_out: Array,
    hint: Sequence[int],
    deadline: float,
) -> tuple[tuple[int, ...], bool]:
    """
    Returns the column of each vehicle, and whether the assignment is proven best.

    ``left_out`` (n, 2) has the price of leaving out each job. ``hint`` is an assignment known,
    returned where nothing better is found by ``deadline`` (of ``perf_counter``).
    """
    model, taken, missing = _model(columns, len(left_out))
    literals = [literal for of_vehicle in taken for literal in of_vehicle] + missing
    hinted = _with_hint(columns, hint, len(left_out))
    for literal, value in zip(literals, hinted, strict=True):
        model.add_hint(literal, int(value))
    picks, values = tuple(hint), hinted
    for objective in _objectives(prices, columns, left_out):
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = max(0.0, deadline - perf_counter())
        total = cp_model.LinearExpr.weighted_sum(literals, objective.tolist())
        model.minimize(total)
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return picks, False
        found = np.array([solver.value(literal) for literal in literals], dtype=np.int64)
        # A tier not proven may still be worse than what is known.
        if int(objective @ found) <= int(objective @ values):
            values = found
            picks = _picks(columns, found)
        if status != cp_model.OPTIMAL:
            return picks, False
        model.add(total == int(objective @ values))
    return picks, True


def _model(columns: Sequence[Columns], n: int) -> tuple[Any, list[list[Any]], list[Any]]:
    """Returns a model with a literal per column and one per job left out."""
    model = cp_model.CpModel()
    taken = [[model.new_bool_var("") for _ in column.bundles] for column in columns]
    missing = [model.new_bool_var("") for _ in range(n)]
    holders: list[list[Any]] = [[literal] for literal in missing]
    for column, literals in zip(columns, taken, strict=True):
        model.add_exactly_one(literals)
        for bundle, literal in zip(column.bundles.tolist(), literals, strict=True):
            for j in range(n):
                if bundle >> j & 1:
                    holders[j].append(literal)
    for literals in holders:
        model.add_exactly_one(literals)
    return model, taken, missing


def _with_hint(columns: Sequence[Columns], hint: Sequence[int], n: int) -> Array:
    values, mask = [], 0
    for column, pick in zip(columns, hint, strict=True):
        values += [int(i == pick) for i in range(len(column.bundles))]
        mask |= int(column.bundles[pick])
    values += [1 - (mask >> j & 1) for j in range(n)]
    return np.array(values, dtype=np.int64)


def _picks(columns: Sequence[Columns], values: Array) -> tuple[int, ...]:
    picks, at = [], 0
    for column in columns:
        picks.append(int(values[at : at + len(column.bundles)].argmax()))
        at += len(column.bundles)
    return tuple(picks)


def _objectives(prices: Prices, columns: Sequence[Columns], left_out: Array) -> list[Array]:
    """Returns the weights of all literals, tiers joined from the left while they fit exactly."""
    pairs = np.concatenate([*(column.prices for column in columns), left_out])
    sizes = [len(column.bundles) for column in columns]
    found: list[Array] = []
    reach = 0
    for (word, bit), width in zip(prices.places, prices.widths, strict=True):
        tier = (pairs[:, word] >> bit) & ((1 << width) - 1)
        at = 0
        for size in sizes:
            # Every vehicle takes one column: what all of its columns cost is no choice.
            tier[at : at + size] -= tier[at : at + size].min()
            at += size
        if not tier.any():
            continue
        own = int(tier.sum())
        if found and reach * (own + 1) + own <= _MOST:
            found[-1] = found[-1] * (own + 1) + tier
            reach = reach * (own + 1) + own
        else:
            found.append(tier)
            reach = own
    return found
