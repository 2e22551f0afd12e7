"""
Simulated couriers: how long they really take for what a route shows them.

A route says how long a way and a stop are expected to take; the world draws the real time
around it. Every courier has a generator of their own, so that one courier's luck does not
depend on what the others do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from dispatch.orders import StopKind
from scenarios.luck import Alone, Luck, Part
from scenarios.route import Line, RouteStop

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGMA = 0.25
"""Sigma of the log-normal noise on every time: leaving a building, riding, entering, loading,
handing over. Assumed; for a measured e-bike speed that is log-normal too see
https://doi.org/10.1177/1687814015616918."""


@dataclass(frozen=True, slots=True)
class Leg:
    """
    What a courier really did for one stop, from setting off to having finished there.

    ``riding`` and ``parked`` are when the ride began and was over; equal where nobody rode.
    ``began`` is when loading or handing over began, after waiting for the goods. None: not
    happened yet when the play ended.
    """

    courier: str
    stop: str
    kind: StopKind
    drops: tuple[str, ...]
    departed: int
    riding: int
    parked: int
    arrived: int
    began: int | None = None
    ended: int | None = None
    distance_m: int = 0
    line: Line = ()


@dataclass(slots=True)
class Rider:
    """
    One simulated courier, who changes as the world goes on.

    ``stop`` is the stop they ride to or serve, ``leg`` what they did for it; both None while
    they wait. ``seq`` numbers their taps. ``looking`` says that they will look at the phone soon.
    ``luck`` is the family of their luck. ``world`` is a seed (None: all luck comes from ``rng``, in
    the order of what they do): with it what a stop is ``about`` has its own luck, whoever goes
    there and after whatever else, so that worlds are alike whatever is decided in them. Who
    ``drops_out`` does not come back from the pause that begins at ``pause_at``.
    """

    id: str
    name: str
    rng: np.random.Generator
    luck: Luck = field(default_factory=lambda: Alone(SIGMA))
    stop: RouteStop | None = None
    leg: Leg | None = None
    seq: int = 0
    looking: bool = False
    paused: bool = False
    pause_at: int | None = None
    drops_out: bool = False
    comes_at: int = 0
    world: int | None = None
    about: str = "nothing"
    legs: list[Leg] = field(default_factory=list)

    def takes(self, duration_s: int, part: Part = Part.SERVICE, at: int | None = None) -> int:
        """
        Returns how long something takes that is expected to take ``duration_s``, whole seconds.

        It begins ``at``; None: when they arrived where they are.
        """
        if at is None:
            at = 0 if self.leg is None else self.leg.arrived
        return round(duration_s * self.luck.factor(part, self.id, at, self._draws(part)))

    def _draws(self, part: Part) -> np.random.Generator:
        """Returns what luck is drawn from for a part of the stop that they are about."""
        if self.world is None:
            return self.rng
        return np.random.default_rng([self.world, 2, crc32(f"{part} {self.about}".encode())])

    def is_at_work(self, now: int) -> bool:
        """Tells whether they look at the phone at all."""
        return not self.paused and now >= self.comes_at

    def set_off(self, stop: RouteStop, now: int, about: str = "") -> Leg:
        """
        Returns the leg that begins now; leaving, riding and entering each take their time.

        ``about`` names the stop the same in every world with the same orders.
        """
        self.about = f"leaving for {about}"
        riding_s = max(0, stop.travel_s - stop.leaving_s - stop.entering_s)
        riding = now + self.takes(stop.leaving_s, Part.INSIDE, now)
        self.about = about
        parked = riding + self.takes(riding_s, Part.RIDE, riding)
        self.stop = stop
        self.leg = Leg(
            courier=self.id,
            stop=stop.id,
            kind=stop.kind,
            drops=stop.drops,
            departed=now,
            riding=riding,
            parked=parked,
            arrived=parked + self.takes(stop.entering_s, Part.INSIDE, parked),
            distance_m=stop.distance_m,
            line=stop.line,
        )
        return self.leg

    def finish(self, leg: Leg) -> None:
        """Records a leg that is over, and waits."""
        self.legs.append(leg)
        self.stop = self.leg = None


def make_riders(
    ids: Mapping[str, str], seed: int, sigma: float = SIGMA, luck: Luck | None = None
) -> tuple[Rider, ...]:
    """
    Returns riders for courier ids and names, each with a generator of their own.

    ``luck`` None: log-normal factors of this sigma.
    """
    family = luck or Alone(sigma)
    return tuple(
        Rider(id=courier, name=name, rng=np.random.default_rng([seed, 1, j]), luck=family)
        for j, (courier, name) in enumerate(ids.items())
    )


def place_on(line: Line, share: float) -> tuple[float, float]:
    """
    Returns the (lat, lon) point after ``share`` of a line's points, 0 the first and 1 the last.

    Raises ValueError for an empty line.
    """
    if not line:
        raise ValueError("Expected a line with points, got none.")
    lon, lat = line[round(share * (len(line) - 1))]
    return lat, lon
