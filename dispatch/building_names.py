"""Which building people mean who write its id, its name or its address."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from dispatch.errors import CityError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.places import Building


class BuildingNames:
    """
    The buildings of a city by what they are called; made once for a table.

    Mutable because what was not found is kept: a table often repeats its slips, and to look for the
    nearest name takes a while.
    """

    def __init__(self, buildings: Mapping[str, Building]) -> None:
        self._buildings = buildings
        self._named: dict[str, list[str]] = {}
        self._faults: dict[str, tuple[str, str]] = {}
        for building in buildings.values():
            for name in {building.name.casefold(), building.address.casefold()} - {""}:
                self._named.setdefault(name, []).append(building.id)

    def find(self, text: str) -> str:
        """Returns the id of the building; raises CityError for none, and for several."""
        found = [text] if text in self._buildings else self._named.get(text.casefold(), [])
        if len(found) == 1:
            return found[0]
        if text not in self._faults:
            self._faults[text] = self._fault(text, found)
        what, cure = self._faults[text]
        raise CityError(what, at="building", cure=cure, code="unknown-place", value=text)

    def _fault(self, text: str, found: list[str]) -> tuple[str, str]:
        if found:
            cure = f"Give the id of one of them: {', '.join(found[:5])}."
            return f"{len(found)} buildings are called {text!r}.", cure
        if not text:
            return "The building is missing.", "Give its id, name or address."
        near = get_close_matches(text.casefold(), self._named, n=1)
        hint = self._buildings[self._named[near[0]][0]] if near else None
        cure = "Give the id, name or address of a building of the city."
        cure = f"Did you mean {hint.name} ({hint.id})?" if hint else cure
        return f"There is no building {text!r}.", cure
