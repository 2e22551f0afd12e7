"""What each movement inside a building takes: the figure that is known, or the default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.indoor_parameters import IndoorParameters
from dispatch.interiors import Access, Badge, Interior

if TYPE_CHECKING:
    from dispatch.interiors import LiftBank


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of seconds, what they go on, and where that is known from."""

    what: str
    seconds: float
    source: str
    assumed: bool = False


Step = tuple[str, tuple[Figure, ...]]
"""A kind of movement and what it is made of."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one building in one band."""

    interior: Interior
    band: str
    parameters: IndoorParameters

    def check_in(self) -> Figure:
        """Returns what checking in takes."""
        known = self.interior.check_in_s
        if known is None:
            return self.default("check-in at the lobby", "check_in")
        return Figure("check-in at the lobby", known, f"{self.interior.source}: check_in")

    def access(self, access: Access) -> list[Step]:
        """Returns what a badge and an escort make wait for, on the way in."""
        steps: list[Step] = []
        if access.badge is Badge.SLOW:
            steps.append(("badge", (self._known("badge", access.badge_s, "badge", access),)))
        if access.escort:
            steps.append(("escort", (self._known("escort", access.escort_s, "escort", access),)))
        return steps

    def _known(self, what: str, seconds: float | None, default: str, access: Access) -> Figure:
        if seconds is None:
            return self.default(what, default)
        return Figure(what, seconds, access.source)

    def lift_wait(self, bank: LiftBank) -> Figure:
        """Returns the mean wait for a lift of a bank."""
        known = dict(bank.waits).get(self.band)
        if known is not None:
            return Figure("wait for the lift", known, f"{bank.source}.wait_s")
        seconds = self.parameters.lift_wait(self.band, bank.cars, len(bank.floors))
        name = f"lift_wait_{self.band}"
        figure = self.default("wait for the lift", name, seconds)
        if seconds == getattr(self.parameters, name):
            return figure
        source = f"{figure.source}; for {bank.cars} of the usual lifts ({bank.source})"
        return Figure(figure.what, seconds, source, assumed=True)

    def lift_stop(self, bank: LiftBank) -> Figure:
        """Returns what one stop of a lift takes."""
        if bank.dwell is not None:
            return Figure("stops of the lift", bank.dwell, f"{bank.source}.dwell_s")
        return self.default("stops of the lift", "lift_stop")

    def lift_ride(self, bank: LiftBank, storeys: int, stop: Figure) -> tuple[Figure, Figure]:
        """Returns what passing so many storeys takes: the ride, and the stops on the way."""
        p = self.parameters
        height = storeys * (self.interior.floor_height or p.floor_height)
        if bank.speed is not None:
            ride = Figure("lift ride", height / bank.speed, f"{bank.source}.speed_m_s")
        else:
            ride = self.default("lift ride", "lift_speed", height / p.lift_speed)
        often = stop.seconds * p.lift_stops_per_floor
        return ride, Figure(stop.what, often, stop.source, stop.assumed)

    def walk(
        self, what: str, metres: float | None, default: str, source: str
    ) -> tuple[Figure, ...]:
        """Returns no figure for no metres, the default for metres that are not known."""
        if metres is None:
            return (self.default(what, default),)
        if metres == 0:
            return ()
        return (Figure(what, metres / self.parameters.walk_speed, f"{source} ({metres:g} m)"),)

    def default(self, what: str, name: str, seconds: float | None = None) -> Figure:
        """Returns a default, or seconds that follow from it."""
        value = getattr(self.parameters, name) if seconds is None else seconds
        return Figure(what, value, self.parameters.source(name), assumed=True)
