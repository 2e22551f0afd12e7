"""From the turn restrictions of a map over ways to banned rows of roads."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dispatch.osm_reader import MapBan
    from dispatch.road_import import Piece

    Arc = int
    """Twice a road, and one more where it is ridden against its line."""

    Row = tuple[Arc, ...]

    Chain = tuple[int, Row, int]
    """Arcs in a row, and the nodes they lead from and to."""


class WayBans:
    """
    Reads bans over ways; a class because its tables of the roads are shared by all bans.

    ``pieces`` are the roads, ``at`` those that meet at each node.
    """

    def __init__(self, pieces: Sequence[Piece], at: Mapping[int, Sequence[int]]) -> None:
        self._pieces, self._at = pieces, at
        self._of_way: dict[int, list[int]] = defaultdict(list)
        for road, piece in enumerate(pieces):
            self._of_way[piece.way.key[1]].append(road)

    def rows(self, ban: MapBan) -> list[Row]:
        """
        Returns the rows of arcs that a ban forbids, [] where it is not understood.

        It is not where its ways do not lead on from one another, or could be taken in more
        than one way. ``only_...`` bans all other turns from the last way over which it leads,
        for those who came to its end all the way; where else one leaves it is free.
        """
        chains = [chain for chain in self._chains(ban) if self._fits(ban, chain)]
        if len(chains) != 1:
            return []
        ((begin, over, end),) = chains
        starts, ends = self._among(ban.starts, begin), self._among(ban.ends, end)
        # A way that passes the node instead of ending there does not say which half is meant.
        if len(starts) > len(ban.starts):
            return []
        after = set(self._leaving(ends, end))
        if ban.kind.startswith("only_"):
            after = set(self._leaving(self._at[end], end)) - after
        return [(a ^ 1, *over, b) for a in self._leaving(starts, begin) for b in sorted(after)]

    def _fits(self, ban: MapBan, chain: Chain) -> bool:
        begin, _, end = chain
        return bool(self._among(ban.starts, begin) and self._among(ban.ends, end))

    def _among(self, ways: Sequence[int], node: int) -> list[int]:
        return [road for road in self._at[node] if self._pieces[road].way.key[1] in ways]

    def _leaving(self, roads: Sequence[int], node: int) -> Iterator[Arc]:
        """Yields the arcs of roads that leave a node; one more or less is the way back."""
        for road in roads:
            for side, end in enumerate(self._pieces[road].ends):
                if end == node:
                    yield 2 * road + side

    def _chains(self, ban: MapBan) -> list[Chain]:
        """Returns the rows over all of the ways of a ban, from any end of the ways it is from."""
        begins = {node for way in ban.starts for r in self._of_way[way] for node in self._ends(r)}
        spans = {way: list(self._spans(way)) for way in ban.over}
        return sorted((begin, *rest) for begin in begins for rest in _joined(spans, begin))

    def _ends(self, road: int) -> tuple[int, int]:
        return self._pieces[road].ends

    def _spans(self, way: int) -> Iterator[Chain]:
        """Yields a whole way, along it and against it; nothing where a part of it is missing."""
        roads = self._of_way[way]
        if any(self._ends(a)[1] != self._ends(b)[0] for a, b in pairwise(roads)):
            return
        first, last = self._ends(roads[0])[0], self._ends(roads[-1])[1]
        yield first, tuple(2 * road for road in roads), last
        yield last, tuple(2 * road + 1 for road in reversed(roads)), first


def _joined(spans: Mapping[int, Sequence[Chain]], node: int) -> Iterator[tuple[Row, int]]:
    """Yields the rows from a node over each of some ways once, and the nodes they end at."""
    if not spans:
        yield (), node
    for way, found in spans.items():
        others = {other: span for other, span in spans.items() if other != way}
        for begin, row, end in found:
            if begin == node:
                for rest, last in _joined(others, end):
                    yield (*row, *rest), last
