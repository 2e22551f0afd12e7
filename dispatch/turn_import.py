"""From the turn restrictions of a map to banned turns from road to road."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dispatch.osm_reader import MapBan
    from dispatch.profiles import Profile
    from dispatch.road_import import Piece

    Banned = tuple[int, int, int, int]
    """Road, junction, road, and the bits of the profiles that obey."""


def import_bans(
    bans: Sequence[MapBan],
    pieces: Sequence[Piece],
    number: Mapping[int, int],
    profiles: Sequence[Profile],
) -> tuple[list[Banned], int, int]:
    """
    Returns the banned turns, the number of bans over ways, and that of bans not understood.

    ``only_...`` bans every other turn, turning round included. A ban whose ways lie outside
    the map, or which allow no such turn anyway, is no loss and is not counted.

    References
    ----------
    https://wiki.openstreetmap.org/wiki/Relation:restriction
    """
    at: dict[int, list[int]] = defaultdict(list)
    for road, piece in enumerate(pieces):
        for node in set(piece.ends):
            at[node].append(road)
    known = {piece.way.key[1] for piece in pieces}
    found: dict[tuple[int, int, int], int] = {}
    num_over_ways = num_unclear = 0
    for ban in bans:
        if not (known.intersection(ban.starts) and known.intersection(ban.ends)):
            continue
        if ban.via is None:
            num_over_ways += 1
            continue
        turns = list(_turns(ban, pieces, at.get(ban.via, [])))
        num_unclear += not turns
        bits = sum(1 << k for k, rule in enumerate(profiles) if _obeys(rule, ban))
        for a, b in turns:
            key = (a, number[ban.via], b)
            found[key] = found.get(key, 0) | bits
    rows = [(*key, bits) for key, bits in sorted(found.items()) if bits]
    return rows, num_over_ways, num_unclear


def _obeys(profile: Profile, ban: MapBan) -> bool:
    return profile.obeys_bans and ban.excepts.isdisjoint(profile.keys)


def _turns(ban: MapBan, pieces: Sequence[Piece], here: list[int]) -> Iterator[tuple[int, int]]:
    """Yields the banned pairs of roads among those that meet at the node of a ban."""
    starts = [road for road in here if pieces[road].way.key[1] in ban.starts]
    ends = [road for road in here if pieces[road].way.key[1] in ban.ends]
    if not starts or not ends:
        return
    # A way that passes the node instead of ending there does not say which half is meant.
    if ban.starts != ban.ends and len(starts) > len(ban.starts):
        return
    for a in starts:
        if ban.kind.startswith("only_"):
            yield from ((a, b) for b in here if b not in ends)
        elif ban.starts == ban.ends:
            # Turning round on one way: back onto the half one came by.
            yield a, a
        else:
            yield from ((a, b) for b in ends)
