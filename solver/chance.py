"""
Random numbers for compiled searches, the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.compiled import part

if TYPE_CHECKING:
    from numpy.typing import NDArray


@part
def uniform(chance: NDArray[np.uint64]) -> float:
    """Returns a number in [0, 1); the generator is xorshift64* (Vigna 2016, 10.1145/2845077)."""
    x = chance[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    chance[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * 2.0**-53
