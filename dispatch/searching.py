"""
Shortest paths over arcs and turns: what an engine's core has to answer, and scipy's answer.

All times are whole milliseconds; a way of NEVER or more is no way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dispatch.timing import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.timing import Metric
    from dispatch.turns import TurnGraph

    Longs = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Arcs = tuple[Longs, NDArray[np.int32], Longs]

Options = tuple[tuple[int, int], ...]
"""Arcs, with the ms to or from the end of each."""

BATCH_BYTES = 64_000_000
"""Memory that the rows of one call of Dijkstra may take."""


class Search(Protocol):
    """Ways in one metric, from the end of one arc to the end of another. Safe for threads."""

    def table(self, starts: Sequence[Options], stops: Sequence[Options]) -> Floats:
        """Returns the least ms from each start to each stop: (starts, stops), or infinite."""

    def path(self, start: Options, stop: Options) -> list[int]:
        """Returns the arcs of the fastest way from a start to a stop, [] where there is none."""


class DijkstraSearch:
    """
    Ways by Dijkstra's algorithm as scipy has it: no preparation, slow rows.

    A class because it holds the matrices of one metric, which never changes.
    """

    def __init__(self, graph: TurnGraph, metric: Metric) -> None:
        self._size = len(graph.road)
        self._forward = graph.first, graph.end, metric.weight
        self._backward = graph.into_first, graph.start[graph.into], metric.weight[graph.into]

    def table(self, starts: Sequence[Options], stops: Sequence[Options]) -> Floats:
        """Returns as `Search.table`; it searches from whichever are fewer."""
        if len(starts) <= len(stops):
            return self._from(self._forward, starts, stops)
        return self._from(self._backward, stops, starts).T

    def path(self, start: Options, stop: Options) -> list[int]:
        """Returns as `Search.path`."""
        if not start or not stop:
            return []
        matrix = self._with([start], self._forward)
        ms, before = dijkstra(matrix, indices=[self._size], return_predecessors=True)
        end, rest = min(stop, key=lambda option: ms[0, option[0]] + option[1])
        if not ms[0, end] + rest < NEVER:
            return []
        arcs = [end]
        while (end := int(before[0, end])) != self._size:
            arcs.append(end)
        return arcs[::-1]

    def _from(self, arcs: Arcs, starts: Sequence[Options], stops: Sequence[Options]) -> Floats:
        ms = np.full((len(starts), len(stops)), np.inf)
        batch = max(1, BATCH_BYTES // (8 * (self._size + 1)))
        ends = [np.array(options, dtype=np.int64).reshape(-1, 2).T for options in stops]
        for begin in range(0, len(starts), batch):
            part = starts[begin : begin + batch]
            matrix = self._with(part, arcs)
            found = dijkstra(matrix, indices=np.arange(self._size, self._size + len(part)))
            for column, (arc, extra) in enumerate(ends):
                if len(arc):
                    least = (found[:, arc] + extra).min(axis=1)
                    ms[begin : begin + len(part), column] = least
        ms[ms >= NEVER] = np.inf
        return ms

    def _with(self, starts: Sequence[Options], arcs: Arcs) -> csr_array:
        """Returns the graph with one more node for each start, that leads to its arcs."""
        first, end, weight = arcs
        counts = np.array([len(options) for options in starts])
        more = np.array([o for options in starts for o in options], dtype=np.int64).reshape(-1, 2)
        indptr = np.concatenate([first, first[-1] + np.cumsum(counts)])
        indices = np.concatenate([end, more[:, 0]])
        data = np.concatenate([weight, more[:, 1]]).astype(np.float64)
        size = self._size + len(starts)
        return csr_array((data, indices, indptr), shape=(size, size))
