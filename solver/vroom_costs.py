"""
What rides cost and how long they take, as VROOM counts.

Expense is counted in VROOM's own unit of 1/360 000, divided by what all its parts have in common.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from solver.problem import FOREVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solver.vroom_entries import VehicleEntry
    from solver.vroom_matrices import Matrices

COST_UNITS = 360_000
"""VROOM counts costs in 1/360 000: hundredths of a second of 3 600 an hour."""

HUNDREDTHS = 100
"""VROOM's units of time in a second."""


def speed_factor(vehicle: VehicleEntry) -> int:
    """Returns by how many hundredths VROOM multiplies the seconds of a vehicle's rides."""
    return round(HUNDREDTHS / vehicle.speed)


def expense_factors(vehicle: VehicleEntry, matrices: Matrices) -> tuple[int, int, int]:
    """Returns what a second, a metre and a unit of a costs matrix cost, in 1/360 000."""
    if matrices.costs is not None:
        return 0, 0, COST_UNITS
    per_second = round(vehicle.costs["per_hour"] * HUNDREDTHS / vehicle.speed)
    return per_second, COST_UNITS // 1000 * vehicle.costs["per_km"], 0


def divisor_of(
    vehicles: Sequence[VehicleEntry], matrices_of: Mapping[str, Matrices], unit: int
) -> int:
    """Returns what all costs have in common, or more where rides would cost too much."""
    common, dearest = 0, 0
    for vehicle in vehicles:
        matrices = matrices_of[vehicle.profile]
        per_second, per_metre, per_cost = expense_factors(vehicle, matrices)
        per_task = vehicle.costs["per_task_hour"] * (HUNDREDTHS // unit)
        fixed = vehicle.costs["fixed"] * COST_UNITS
        common = gcd(common, per_second, per_metre, per_cost, per_task, fixed)
        ride = int(matrices.durations.max()) * per_second
        ride += 0 if matrices.distances is None else int(matrices.distances.max()) * per_metre
        ride += 0 if matrices.costs is None else int(matrices.costs.max()) * per_cost
        dearest = max(dearest, ride)
    return max(1, common, -(-dearest // FOREVER))
