"""
What a turn costs by its angle, and what a sign or a signal costs to pass.

References
----------
The cost by angle is OSRM's (BSD-2-Clause), ``process_turn`` of
https://github.com/Project-OSRM/osrm-backend/blob/master/profiles/car.lua.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dispatch.geo import metres_per_degree
from dispatch.roads import CROSSING, GIVE_WAY_ALONG, SIGNAL_ALONG, STOP_ALONG, offsets

if TYPE_CHECKING:
    from dispatch.profiles import Turn, Wait
    from dispatch.roads import Bools, Bytes, Floats, Ints, Roads

HEADING_METRES = 10.0
"""Metres from a junction at which the direction of a road is taken."""


def headings(roads: Roads) -> Floats:
    """Returns the degrees from north at the tail and the head of each road: (m, 2)."""
    offset = offsets(roads)
    length = offset[roads.first[1:] - 1]
    # One line of all roads, each a metre after the one before, to interpolate on.
    base = np.concatenate([[0.0], np.cumsum(length + 1)[:-1]])
    along = np.repeat(base, np.diff(roads.first)) + offset
    reach = np.minimum(HEADING_METRES, length)
    north, east = metres_per_degree(roads.lat.mean())
    degrees = []
    for a, b in ((base, base + reach), (base + length - reach, base + length)):
        dy = np.interp(b, along, roads.lat) - np.interp(a, along, roads.lat)
        dx = np.interp(b, along, roads.lon) - np.interp(a, along, roads.lon)
        degrees.append(np.degrees(np.arctan2(dx * east, dy * north)) % 360)
    return np.column_stack(degrees)


def turn_angle(before: Floats, after: Floats) -> Floats:
    """Returns the degrees turned to the right, from -180 to 180."""
    angle: Floats = 180 - (180 - (after - before)) % 360
    return angle


def turn_seconds(
    heading: Floats,
    start: Ints,
    end: Ints,
    back: Bools,
    choice: Bools,
    turn: Turn,
    side: str,
) -> Floats:
    """Returns the seconds of turning alone; where two roads only join there is no turn."""
    angle = turn_angle(heading[start, 1], heading[end, 0])
    bias = turn.bias if side == "right" else 1 / turn.bias
    right = 1 / (1 + np.exp(-(13 / bias * angle / 180 - 6.5 * bias)))
    left = 1 / (1 + np.exp(-(13 * bias * -angle / 180 - 6.5 / bias)))
    seconds = np.where(choice, turn.most * np.where(angle >= 0, right, left), 0.0)
    return np.where(back, turn.most + turn.u_turn, seconds)


def wait_seconds(sign: Bytes, along: Bools, wait: Wait) -> Floats:
    """Returns the mean seconds lost at points, passed along or against the line."""
    bits = np.where(along, sign, sign >> 1)
    seconds: Floats = np.where(bits & SIGNAL_ALONG, wait.signals, 0.0)
    seconds += np.where(bits & STOP_ALONG, wait.stop, 0.0)
    seconds += np.where(bits & GIVE_WAY_ALONG, wait.give_way, 0.0)
    seconds += np.where(sign & CROSSING, wait.crossing, 0.0)
    return seconds
