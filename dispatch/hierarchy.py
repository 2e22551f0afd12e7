"""
Shortest paths by customizable contraction hierarchies: all speeds changed in a tenth of a
second, and a table from labels that each point needs only once.

The nodes of the hierarchy are arcs and its arcs turns (`turns`), so that turn bans and
costs count. Arcs are sorted by the rank of their tail, then of their head (`cch`), which
gives the same distances as a dissection of the larger graph. An arc of the hierarchy is
kept only in the directions in which a way leads, whatever the times: most turns lead one
way, and customization has a third of the triangles left.

The *label* of a point holds the ms to, or from, the nodes above those it hangs on; two
points meet in the node of both labels that is the nearest to both. A label depends on
nothing but the point and the metric and is kept, so that one place more costs two labels
and a look through those of the others.

References
----------
J. Dibbelt, B. Strasser, D. Wagner (2016). Customizable Contraction Hierarchies. *ACM
Journal of Experimental Algorithmics* 21, 1.5. https://doi.org/10.1145/2886843
T. Bläsius, V. Buchhold, D. Wagner, T. Zeitz, M. Zündorf (2025). Customizable Contraction
Hierarchies: A Survey. https://arxiv.org/abs/2502.10519 (directed arcs, turns).
J. Blum, S. Storandt (2022). Customizable Hub Labeling: Properties and Algorithms.
https://arxiv.org/abs/2208.08709 (labels from a hierarchy whose times change).
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from dispatch.cch_kernels import Longs, Side, Times, contract, customize, elimination_tree
from dispatch.cch_labels import labels, table
from dispatch.cch_paths import path
from dispatch.timing import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.roads import Ints
    from dispatch.searching import Options
    from dispatch.timing import Metric
    from dispatch.turns import TurnGraph

    Floats = NDArray[np.float64]
    Label = tuple[Ints, Times]

LABELS_KEPT = 4096
"""Points whose labels are kept, each way; those asked for longest ago go first."""

LABEL_BYTES = 48_000_000
"""Memory that the labels kept of one metric may take, each way."""


class Hierarchy:
    """
    The part of a hierarchy that does not depend on times; shared by all metrics.

    ``rank`` are the junctions' in a nested dissection (`cch`), ``order`` the arcs' numbers by
    rank and ``place`` the rank of each arc. A class because it is costly to build, and lends
    room to work in to whoever searches.
    """

    def __init__(self, graph: TurnGraph, rank: Ints) -> None:
        self.order: Longs = np.lexsort((rank[graph.head], rank[graph.tail]))
        size = len(self.order)
        self.place = np.empty(size, dtype=np.int32)
        self.place[self.order] = np.arange(size, dtype=np.int32)
        start, end = self.place[graph.start], self.place[graph.end]
        low, high = np.minimum(start, end), np.maximum(start, end)
        self.parent = elimination_tree(*_rows(high, low, size))
        is_up = start < end
        self._up, self._down = up, down = np.flatnonzero(is_up), np.flatnonzero(~is_up)
        above, below = (_rows(low[way], high[way], size) for way in (up, down))
        self.outs, self.ins = contract(*above, *below)
        self._up_arc = _places(self.outs, low[up], high[up])
        self._down_arc = _places(self.ins, low[down], high[down])
        self._rooms: list[Times] = []

    def search(self, metric: Metric) -> CchSearch:
        """Returns the ways in a metric; the customization is done here."""
        out_ms, in_ms = (np.full(len(side[1]), NEVER, np.uint32) for side in (self.outs, self.ins))
        out_ms[self._up_arc] = metric.weight[self._up]
        in_ms[self._down_arc] = metric.weight[self._down]
        customize(self.outs, self.ins, out_ms, in_ms)
        return CchSearch(self, out_ms, in_ms)

    def take_room(self) -> Times:
        """Returns an array (k) of NEVER, to be given back as it was."""
        try:
            return self._rooms.pop()
        except IndexError:
            return np.full(len(self.order), NEVER, dtype=np.uint32)

    def give_room(self, room: Times) -> None:
        """Takes an array of NEVER back, for the next who searches."""
        self._rooms.append(room)


class CchSearch:
    """
    Ways in one metric, as `searching.Search` has them.

    A class because it keeps the labels of the points asked for last.
    """

    def __init__(self, hierarchy: Hierarchy, out_ms: Times, in_ms: Times) -> None:
        self._hierarchy = hierarchy
        self._out_ms, self._in_ms = out_ms, in_ms
        self._starts = Labels(hierarchy, hierarchy.outs, out_ms)
        self._stops = Labels(hierarchy, hierarchy.ins, in_ms)

    def table(self, starts: Sequence[Options], stops: Sequence[Options]) -> Floats:
        """Returns as `Search.table`."""
        if not len(starts) or not len(stops):
            return np.full((len(starts), len(stops)), np.inf)
        sides = (*_joined(self._starts.of(starts)), *_joined(self._stops.of(stops)))
        room = self._hierarchy.take_room()
        found: Floats = table(*sides, room)
        self._hierarchy.give_room(room)
        return found

    def path(self, start: Options, stop: Options) -> list[int]:
        """Returns as `Search.path`."""
        (a,), (b,) = self._starts.of([start]), self._stops.of([stop])
        sides = self._hierarchy.outs, self._hierarchy.ins
        nodes = path(*a, *b, *sides, self._out_ms, self._in_ms)
        arcs: list[int] = self._hierarchy.order[nodes].tolist()
        return arcs


class Labels:
    """The labels of points one way in one metric: made when asked for, the last ones kept."""

    def __init__(self, hierarchy: Hierarchy, side: Side, ms: Times) -> None:
        self._hierarchy, self._side, self._ms = hierarchy, side, ms
        self._kept: OrderedDict[Options, Label] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def of(self, points: Sequence[Options]) -> list[Label]:
        """Returns the label of each point, by the arcs it hangs on: (nodes, ms)."""
        with self._lock:
            found = {point: self._kept.get(point) for point in points}
            for point, label in found.items():
                if label is not None:
                    self._kept.move_to_end(point)
        missing = [point for point, label in found.items() if label is None]
        made = dict(zip(missing, self._made(missing), strict=True)) if missing else {}
        if made:
            with self._lock:
                self._keep(made)
        return [found[point] or made[point] for point in points]

    def _made(self, points: Sequence[Options]) -> list[Label]:
        options = np.array([o for point in points for o in point], dtype=np.int64).reshape(-1, 2)
        first = np.zeros(len(points) + 1, dtype=np.int64)
        np.cumsum([len(point) for point in points], out=first[1:])
        nodes = self._hierarchy.place[options[:, 0]]
        extra = np.minimum(options[:, 1], NEVER).astype(np.uint32)
        room = self._hierarchy.take_room()
        tree = self._hierarchy.parent
        ends, node, ms = labels(first, nodes, extra, self._side, self._ms, tree, room)
        self._hierarchy.give_room(room)
        bounds = ends.tolist()
        return [(node[a:b].copy(), ms[a:b].copy()) for a, b in pairwise(bounds)]

    def _keep(self, made: dict[Options, Label]) -> None:
        for point, label in made.items():
            if point not in self._kept:
                self._kept[point] = label
                self._bytes += sum(part.nbytes for part in label)
        while len(self._kept) > LABELS_KEPT or self._bytes > LABEL_BYTES:
            _, label = self._kept.popitem(last=False)
            self._bytes -= sum(part.nbytes for part in label)


def _joined(found: Sequence[Label]) -> tuple[Longs, Ints, Times]:
    """Returns labels by rows."""
    first = np.zeros(len(found) + 1, dtype=np.int64)
    np.cumsum([len(nodes) for nodes, _ in found], out=first[1:])
    return first, np.concatenate([n for n, _ in found]), np.concatenate([ms for _, ms in found])


def _rows(row: Ints, value: Ints, size: int) -> tuple[Longs, Ints]:
    """Returns values sorted by row: where those of each begin, and the values."""
    order = np.argsort(row, kind="stable")
    return np.searchsorted(row[order], np.arange(size + 1)), value[order]


def _places(side: Side, low: Ints, high: Ints) -> Longs:
    """Returns where arcs are on a side."""
    first, head, _, _ = side
    size = len(first) - 1
    numbers = np.repeat(np.arange(size), np.diff(first)) * size + head
    return np.searchsorted(numbers, low.astype(np.int64) * size + high)
