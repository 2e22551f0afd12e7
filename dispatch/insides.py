"""The insides of a city's buildings: what a courier spends off the bike at each place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dispatch.errors import CityError
from dispatch.floors import show_floors
from dispatch.indoor import OUTSIDE, Indoor, compile_indoor
from dispatch.indoor_legs import TracedLeg, constant_leg, plain
from dispatch.indoor_parameters import IndoorParameters
from dispatch.interiors import Interior, usual_interior
from dispatch.places import Building, InsideLeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.places import Place


@dataclass(frozen=True, slots=True)
class Insides:
    """
    The buildings of a city by id, and how fast couriers move in them.

    ``described`` are the insides known from descriptions, the others are what the map and the
    defaults give; ``doors`` are the entrances, by building, of those.
    """

    city: str
    buildings: Mapping[str, Building]
    parameters: IndoorParameters
    described: Mapping[str, Interior] = field(default_factory=dict)
    doors: Mapping[str, str | None] = field(default_factory=dict)
    _compiled: dict[tuple[str, str], Indoor] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def building(self, key: str) -> Building:
        """Returns a building. Raises CityError where there is none of that id."""
        if key not in self.buildings:
            raise CityError(
                f"There is no building {key} in {self.city}.",
                at="building",
                cure="Take an id from the list of buildings.",
                code="unknown-building",
                value=key,
            )
        return self.buildings[key]

    def check_floor(self, key: str, floor: int) -> Building:
        """Returns a building. Raises CityError also where it lacks the floor."""
        building = self.building(key)
        if floor not in building.floors:
            floors = show_floors(building.floors)
            raise CityError(
                f"Floor {floor} is not in building {key}, which has {building.levels} levels.",
                at="floor",
                cure=f"Give a floor of {floors}; 0 is the ground floor.",
                code="unknown-floor",
                value=floor,
            )
        return building

    def interior(self, key: str) -> Interior:
        """Returns the inside of a building. Raises CityError where there is none of that id."""
        building = self.building(key)
        return self.described.get(key) or usual_interior(building, self.doors.get(key))

    def of(self, place: Place, band: str) -> Indoor | None:
        """
        Returns the inside of a place's building, None on the street.

        Raises CityError as `check_floor` does, ValueError for an unknown band.
        """
        if place.building is None:
            self.parameters.lift_wait(band)
            return None
        self.check_floor(place.building, place.floor)
        known = self._compiled.get((place.building, band))
        if known is None:
            described = self.described.get(place.building)
            # Without the name of its door, so that buildings of one height share it.
            inside = described or usual_interior(self.buildings[place.building], None)
            known = compile_indoor(inside, band, self.parameters)
            self._compiled[place.building, band] = known
        return known

    def off_the_bike(
        self, places: Sequence[Place], band: str
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Returns the seconds to leave each place and to enter each, the ride left out."""
        leave = np.empty(len(places), dtype=np.int32)
        enter = np.empty(len(places), dtype=np.int32)
        for i, place in enumerate(places):
            inside = self.of(place, band)
            if inside is None:
                leave[i] = math.ceil(self.parameters.leave)
                enter[i] = math.ceil(self.parameters.park_at_store)
            else:
                spot = inside.spot(place.floor, place.desk)
                leave[i], enter[i] = inside.seconds(spot, OUTSIDE), inside.seconds(OUTSIDE, spot)
        return leave, enter

    def within(self, places: Sequence[Place], band: str) -> NDArray[np.int32]:
        """Returns the seconds between places behind one door: (n, n), 0 for the same desk."""
        inside = self.of(places[0], band)
        if inside is None or len(places) == 1:
            return np.zeros((len(places), len(places)), dtype=np.int32)
        between = inside.table([inside.spot(place.floor, place.desk) for place in places])
        desks = {(place.floor, place.desk): i for i, place in enumerate(places)}
        desk = np.array([desks[place.floor, place.desk] for place in places])
        between[desk[:, None] == desk] = 0
        return between

    def between_legs(self, a: Place, b: Place, band: str) -> tuple[InsideLeg, ...]:
        """Returns the legs between two places behind one door, none for the same desk."""
        return plain(self.trace_between(a, b, band))

    def leave_legs(self, place: Place, band: str) -> tuple[InsideLeg, ...]:
        """Returns the legs from a place until riding away."""
        return plain(self.trace_leave(place, band))

    def enter_legs(self, place: Place, band: str) -> tuple[InsideLeg, ...]:
        """Returns the legs from riding up until a place."""
        return plain(self.trace_enter(place, band))

    def trace_between(self, a: Place, b: Place, band: str) -> tuple[TracedLeg, ...]:
        """Returns what `between_legs` does, with the figures of each leg."""
        inside = self.of(a, band)
        if inside is None or (a.floor, a.desk) == (b.floor, b.desk):
            return ()
        return inside.trace_between(inside.spot(a.floor, a.desk), inside.spot(b.floor, b.desk))

    def trace_leave(self, place: Place, band: str) -> tuple[TracedLeg, ...]:
        """Returns what `leave_legs` does, with the figures of each leg."""
        inside = self.of(place, band)
        if inside is None:
            return (constant_leg(self.parameters, "leave"),)
        return inside.trace_leave(inside.spot(place.floor, place.desk))

    def trace_enter(self, place: Place, band: str) -> tuple[TracedLeg, ...]:
        """Returns what `enter_legs` does, with the figures of each leg."""
        inside = self.of(place, band)
        if inside is None:
            return (constant_leg(self.parameters, "park", "park_at_store"),)
        return inside.trace_enter(inside.spot(place.floor, place.desk))

    def entrance(self, place: Place, band: str) -> str | None:
        """Returns the id of the door to go in by, None on the street or where none is known."""
        inside = self.of(place, band)
        if inside is None or place.building is None:
            return None
        known = inside.entrance(inside.spot(place.floor, place.desk))
        return known or self.doors.get(place.building)
