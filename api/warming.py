"""
A first search, done before anybody waits for one: modules are imported and kernels loaded by it.
"""

from __future__ import annotations

import numpy as np

from solver.problem import Job, Problem, Task, Vehicle
from solver.solve import SolveParams, solve


def warm_up() -> None:
    """Searches a problem of one job with all lanes, which then are ready in this process."""
    leg = np.array([[0, 1], [1, 0]])
    tiny = Problem((Vehicle("v", 0),), (Job("j", Task(1), Task(0)),), leg)
    solve(tiny, SolveParams(iterations=1))
