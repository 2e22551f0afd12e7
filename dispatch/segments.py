"""Finding the segments of the map that speeds are reported for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dispatch.errors import CityError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Longs = NDArray[np.int64]
    Bools = NDArray[np.bool_]

LONG = 10_000
"""Segments whose search takes long enough to keep the answer."""


class Segments:
    """
    The segments of a road network: pairs of nodes next to each other on a road.

    A class because the index is costly to build, which is done when it is first asked. The
    last long answer is kept, as a feed of traffic names the same segments every time.
    """

    def __init__(self, node: Longs, is_step: Bools) -> None:
        """Takes the nodes of the lines' points, and which of them have a next one."""
        self._nodes_of_points = node
        self._is_step = is_step
        self._index: tuple[Longs, Longs, Longs, Longs] | None = None
        self._last: tuple[Longs, tuple[Longs, Longs]] | None = None

    def find(self, keys: Longs) -> tuple[Longs, Longs]:
        """
        Returns where segments are in `timing.Speeds`, read row by row, and the key of each.

        A segment that two roads share is there twice. Raises CityError where one of the keys
        (k, 2) is none.
        """
        last = self._last
        if last is not None and np.array_equal(last[0], keys):
            return last[1]
        node, numbers, first, place = self._build()
        index = np.minimum(np.searchsorted(node, keys), len(node) - 1)
        known = (node[index] == keys).all(axis=1)
        wanted = np.where(known, index[:, 0] * len(node) + index[:, 1], -1)
        found = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
        self._check(keys, numbers[found] != wanted)
        counts = first[found + 1] - first[found]
        rank = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        answer = (
            place[np.repeat(first[found], counts) + rank],
            np.repeat(np.arange(len(keys)), counts),
        )
        if len(keys) >= LONG:
            self._last = keys, answer
        return answer

    def _build(self) -> tuple[Longs, Longs, Longs, Longs]:
        """Returns nodes, sorted numbers of segments, where those of each begin, and places."""
        if self._index is None:
            node, dense = np.unique(self._nodes_of_points, return_inverse=True)
            at = np.flatnonzero(self._is_step)
            a, b = dense[at].astype(np.int64), dense[at + 1].astype(np.int64)
            keys = np.concatenate([a * len(node) + b, b * len(node) + a])
            order = np.argsort(keys, kind="stable")
            numbers, first = np.unique(keys[order], return_index=True)
            place = np.concatenate([at, at + len(self._is_step)])[order]
            self._index = node, numbers, np.append(first, len(keys)), place
        return self._index

    def _check(self, keys: Longs, unknown: Bools) -> None:
        if unknown.any():
            key = tuple(keys[int(unknown.argmax())].tolist())
            raise CityError(
                f"There is no segment {key}: {int(unknown.sum())} of {len(keys)} are unknown.",
                at="segments",
                cure="Give pairs of nodes of the map that follow each other on a road.",
                code="unknown-segment",
                value=key,
            )
