"""From the turn restrictions of a map to banned turns from road to road."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dispatch.way_bans import WayBans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dispatch.osm_reader import MapBan
    from dispatch.profiles import Profile
    from dispatch.road_import import Piece


class Bans(NamedTuple):
    """
    What a map bans, and how many bans over a node and over ways were not understood.

    ``turns`` are road, junction, road and the bits of the profiles that obey; ``ways`` are
    rows of arcs, 2 road or 2 road + 1 where ridden against its line, and those bits.
    """

    turns: list[tuple[int, int, int, int]]
    ways: list[tuple[tuple[int, ...], int]]
    unclear: int
    unclear_over_ways: int


def import_bans(
    bans: Sequence[MapBan],
    pieces: Sequence[Piece],
    number: Mapping[int, int],
    profiles: Sequence[Profile],
) -> Bans:
    """
    Returns the banned turns and ways, and the numbers of bans not understood.

    ``only_...`` bans every other turn, turning round included. A ban whose ways lie outside
    the map, or which allow no such turn anyway, is no loss and is not counted.

    References
    ----------
    https://wiki.openstreetmap.org/wiki/Relation:restriction
    """
    at: dict[int, list[int]] = defaultdict(list)
    for road, piece in enumerate(pieces):
        for node in dict.fromkeys(piece.ends):
            at[node].append(road)
    known = {piece.way.key[1] for piece in pieces}
    over_ways = WayBans(pieces, at)
    turns: dict[tuple[int, int, int], int] = defaultdict(int)
    ways: dict[tuple[int, ...], int] = defaultdict(int)
    unclear = unclear_over_ways = 0
    for ban in bans:
        if not (known.intersection(ban.starts) and known.intersection(ban.ends)):
            continue
        if not known.issuperset(ban.over):
            continue
        bits = sum(1 << k for k, rule in enumerate(profiles) if _obeys(rule, ban))
        rows = over_ways.rows(ban) if ban.over else []
        found = [] if ban.over else list(_turns(ban, pieces, at, number))
        unclear_over_ways += bool(ban.over) and not rows
        unclear += not ban.over and not found
        for row in rows:
            ways[row] |= bits
        for turn in found:
            turns[turn] |= bits
    return Bans(
        [(*turn, bits) for turn, bits in sorted(turns.items()) if bits],
        [(row, bits) for row, bits in sorted(ways.items()) if bits],
        unclear,
        unclear_over_ways,
    )


def _obeys(profile: Profile, ban: MapBan) -> bool:
    return profile.obeys_bans and ban.excepts.isdisjoint(profile.keys)


def _turns(
    ban: MapBan, pieces: Sequence[Piece], at: Mapping[int, list[int]], number: Mapping[int, int]
) -> Iterator[tuple[int, int, int]]:
    """Yields the banned turns between the roads that meet at the node of a ban."""
    if ban.via is None or ban.via not in number:
        return
    here, via = at[ban.via], number[ban.via]
    starts = [road for road in here if pieces[road].way.key[1] in ban.starts]
    ends = [road for road in here if pieces[road].way.key[1] in ban.ends]
    if not starts or not ends:
        return
    # A way that passes the node instead of ending there does not say which half is meant.
    if ban.starts != ban.ends and len(starts) > len(ban.starts):
        return
    for a in starts:
        if ban.kind.startswith("only_"):
            yield from ((a, via, b) for b in here if b not in ends)
        elif ban.starts == ban.ends:
            # Turning round on one way: back onto the half one came by.
            yield a, via, a
        else:
            yield from ((a, via, b) for b in ends)
