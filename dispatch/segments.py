"""Finding the segments of the map that speeds are reported for."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from dispatch.errors import CityError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]


class Segments:
    """
    The segments of a road network: pairs of nodes next to each other on a road.

    A class because the index is costly to build, which is done when it is first asked.
    """

    def __init__(self, node: Longs, is_step: Bools) -> None:
        """Takes the nodes of the lines' points, and which of them have a next one."""
        self._node = np.ascontiguousarray(node, dtype=np.int64)
        self._is_step = is_step
        self._index: tuple[Ints, Ints] | None = None
        self._building = Lock()

    def put(self, keys: Longs, values: Floats, into: Floats) -> None:
        """
        Puts the values of segments where those are in `timing.Speeds`, read row by row.

        A segment that two roads share is there twice. Raises CityError where one of the keys
        (k, 2) is none; the others are put all the same.
        """
        # Loading the kernels takes a while, and most commands need none.
        from dispatch.segment_kernels import put, segment_table

        with self._building:
            if self._index is None:
                self._index = segment_table(self._node, self._is_step)
        unknown = put(*self._index, self._node, keys, values, into)
        if len(unknown):
            key = tuple(keys[unknown[0]].tolist())
            raise CityError(
                f"There is no segment {key}: {len(unknown)} of {len(keys)} are unknown.",
                at="segments",
                cure="Give pairs of nodes of the map that follow each other on a road.",
                code="unknown-segment",
                value=key,
            )
