"""The ride between two doors, road by road, with where its seconds are from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from dispatch.indoor_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dispatch.streets import Piece

SPEEDS = "speed of {kind} and waits at turns and signals for {profile}: profiles.toml"
SERVED = "times for {profile} of the routing server"
WALK_SOURCE = "between the doors and the road, at walking pace, rounded up"


@dataclass(frozen=True, slots=True)
class RideLeg:
    """Whole seconds on one road, ``ride`` or ``push``, or on foot beside it, ``walk``."""

    kind: str
    text: str
    duration_s: int
    figure: Figure


def ride_legs(pieces: Sequence[Piece], duration_s: int, profile: str) -> Iterator[RideLeg]:
    """
    Yields the legs of a ride of so many seconds, which is all they take together.

    Pieces on one road are one leg. Each leg ends at the whole second in which it does, so
    that rounding never adds up; what no piece explains is the walk to and from the doors.
    """
    riding, exact, spent = sum(piece.seconds for piece in pieces), 0.0, 0
    if duration_s - riding < 1:
        # Nothing but the rounding up is left: it belongs to the last road.
        riding = duration_s
    for (name, kind, pushed), group in groupby(pieces, lambda p: (p.name, p.kind, p.pushed)):
        run = list(group)
        seconds = sum(piece.seconds for piece in run)
        metres = round(sum(piece.metres for piece in run))
        exact += seconds
        is_last = run[-1] is pieces[-1]
        # A server's route may take a second more than its table said.
        until = min(math.floor(riding if is_last else exact), duration_s)
        road = (name or "road without a name") + (f" ({kind})" if kind else "")
        source = SPEEDS if kind else SERVED
        source = source.format(kind=kind, profile="pushing" if pushed else profile)
        figure = Figure(f"{metres} m", round(seconds, 3), source, assumed=True)
        yield RideLeg("push" if pushed else "ride", road, until - spent, figure)
        spent = until
    if spent < duration_s:
        figure = Figure("to and from the road", round(duration_s - exact, 3), WALK_SOURCE, True)
        yield RideLeg("walk", "between door and road", duration_s - spent, figure)
