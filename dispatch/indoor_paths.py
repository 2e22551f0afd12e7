"""Shortest paths through the graph of a building, each search done once and kept."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dispatch.building_graph import Node

if TYPE_CHECKING:
    from numpy.typing import NDArray

Path = list[Node]

TINY = 1e-9
"""Seconds added to each edge, as no seconds would mean no edge."""


class Searches:
    """
    The paths from and to the nodes asked for; a class because it keeps what it searched.

    scipy searches, as networkx takes a tenth of a second for each desk of a large tower.
    """

    def __init__(self, graph: Any) -> None:
        self._nodes: list[Node] = list(graph)
        self._number = {node: i for i, node in enumerate(self._nodes)}
        tails = [self._number[a] for a, _ in graph.edges]
        heads = [self._number[b] for _, b in graph.edges]
        seconds = np.array([s for _, _, s in graph.edges(data="seconds")], dtype=float) + TINY
        shape = len(self._nodes), len(self._nodes)
        self._there = csr_array((seconds, (tails, heads)), shape=shape)
        self._back = csr_array((seconds, (heads, tails)), shape=shape)
        self._before: dict[Node, NDArray[np.int32]] = {}
        self._after: dict[Node, NDArray[np.int32]] = {}

    def has_path(self, start: Node, end: Node) -> bool:
        """Returns whether one can get from a node to another, known to the graph or not."""
        known = start in self._number and end in self._number
        return known and (start == end or self._from(start)[self._number[end]] >= 0)

    def path(self, start: Node, end: Node) -> Path:
        """Returns the nodes of the way, searched from its start. Raises KeyError for no way."""
        return self._follow(self._from(start), end, start)[::-1]

    def path_back(self, start: Node, end: Node) -> Path:
        """Returns the nodes of the way, searched from its end. Raises KeyError for no way."""
        if end not in self._after:
            self._after[end] = self._search(self._back, end)
        return self._follow(self._after[end], start, end)

    def _from(self, start: Node) -> NDArray[np.int32]:
        if start not in self._before:
            self._before[start] = self._search(self._there, start)
        return self._before[start]

    def _search(self, matrix: Any, start: Node) -> NDArray[np.int32]:
        _, before = dijkstra(matrix, indices=[self._number[start]], return_predecessors=True)
        return np.asarray(before[0], dtype=np.int32)

    def _follow(self, before: NDArray[np.int32], node: Node, last: Node) -> Path:
        path = [node]
        while path[-1] != last:
            i = int(before[self._number[path[-1]]])
            if i < 0:
                raise KeyError(f"There is no way between {node} and {last}.")
            path.append(self._nodes[i])
        return path


def edges_of(graph: Any, path: Path) -> list[tuple[Node, Node, dict[str, Any]]]:
    """Returns the edges along a path: both nodes, and what the graph has of the edge."""
    return [(a, b, graph.edges[a, b]) for a, b in pairwise(path)]
