"""
Reading a table that people wrote: every fault is kept, with its place and its cure.

A reader goes on after a fault with nothing in place of the value, so that one check of a file
names all that is wrong with it.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from dispatch.coordinates import latitude_fault, longitude_fault
from dispatch.datum import Datum, to_wgs84
from dispatch.errors import CityError
from dispatch.floors import parse_floors
from dispatch.hours import DAYS, Span, Week

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CLOCK = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*\Z")


class Fields:
    """
    One table of a description; a class because it notes the faults and what was asked for.

    ``at`` is its place in the file, such as ``tower.toml: lifts[0]``. ``faults`` is shared by
    all tables of a file, ``datum`` is what its places are counted in.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        at: str,
        faults: list[CityError],
        datum: Datum = Datum.WGS84,
    ) -> None:
        self.at = at
        self.datum = datum
        self.faults = faults
        self._data = data
        self._asked: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def fault(self, name: str, what: str, cure: str) -> None:
        """Notes what is wrong with a value."""
        value = self._data.get(name)
        at = f"{self.at}.{name}" if name else self.at
        self.faults.append(CityError(what, at=at, cure=cure, code="bad-description", value=value))

    def get(self, name: str, kind: type | tuple[type, ...], cure: str) -> Any:
        """Returns a value of a kind, None where it is absent or of another kind: a fault."""
        self._asked.add(name)
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fault(name, f"The value is {value!r}.", cure)
            return None
        return value

    def text(self, name: str) -> str:
        """Returns a text, empty where it is absent."""
        value = self.get(name, str, "Give a text in quotes.")
        return str(value or "").strip()

    def required(self, name: str) -> str:
        """Returns a text; its absence is a fault."""
        value = self.text(name)
        if not value and not any(f.at == f"{self.at}.{name}" for f in self.faults):
            self.fault(name, "This is missing.", f"Give {name} as a text in quotes.")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """Returns true or false."""
        value = self.get(name, bool, "Give true or false, without quotes.")
        return default if value is None else bool(value)

    def number(self, name: str, least: float, most: float, unit: str) -> float | None:
        """Returns a number within bounds, None where it is absent."""
        cure = f"Give a number of {unit} from {least:g} to {most:g}."
        value = self.get(name, (int, float), cure)
        if value is not None and not least <= value <= most:
            self.fault(name, f"The value is {value:g} {unit}.", cure)
            return None
        return None if value is None else float(value)

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Returns a whole number within bounds, None where it is absent."""
        cure = f"Give a whole number from {least} to {most}."
        value = self.get(name, int, cure)
        if value is not None and not least <= value <= most:
            self.fault(name, f"The value is {value}.", cure)
            return None
        return None if value is None else int(value)

    def floors(self, name: str) -> tuple[int, ...] | None:
        """Returns floors given as a number, a list of numbers, or a text like ``-2--1;0-10``."""
        cure = 'Give floors such as "0-12", "-2;0-10" or [0, 1, 2]; 0 is the ground floor.'
        value = self.get(name, (int, str, list), cure)
        if value is None:
            return None
        parts = value if isinstance(value, list) else [value]
        try:
            if any(isinstance(part, bool) or not isinstance(part, int | str) for part in parts):
                raise ValueError(f"Expected floors, got {value!r}.")
            return parse_floors(";".join(str(part) for part in parts))
        except ValueError as error:
            self.fault(name, str(error), cure)
            return None

    def point(self, name: str) -> tuple[float, float] | None:
        """Returns a place given as [latitude, longitude], in WGS-84."""
        cure = "Give [latitude, longitude] in degrees, such as [60.1693, 24.9402]."
        value = self.get(name, list, cure)
        if value is None:
            return None
        numbers = [x for x in value if isinstance(x, int | float) and not isinstance(x, bool)]
        if len(value) != 2 or len(numbers) != 2:
            self.fault(name, f"{value!r} is not a place.", cure)
            return None
        lat, lon = map(float, numbers)
        if fault := latitude_fault(lat) or longitude_fault(lon):
            self.fault(name, f"{value!r} is not a place: {fault}.", cure)
            return None
        return to_wgs84((lat, lon), self.datum)

    def read_datum(self) -> None:
        """Takes what the places of this table and those in it are counted in."""
        name = self.text("datum")
        if name in list(Datum):
            self.datum = Datum(name)
        elif name:
            self.fault("datum", f"The value is {name!r}.", f"Give one of {', '.join(Datum)}.")

    def week(self, name: str) -> Week | None:
        """Returns hours given as ``{mo-fr = "08:00-18:00", sa = "09:00-13:00"}``."""
        cure = 'Give hours such as {mo-fr = "08:00-12:00,13:00-18:00"}; other days are closed.'
        value = self.get(name, dict, cure)
        if value is None:
            return None
        days: list[tuple[Span, ...]] = [()] * len(DAYS)
        try:
            for key, text in value.items():
                spans = tuple(_span(part) for part in str(text).split(","))
                for day in _days(key):
                    days[day] = spans
            return Week(tuple(days))
        except ValueError as error:
            self.fault(name, str(error), cure)
            return None

    def table(self, name: str) -> Fields | None:
        """Returns a table in this one, None where it is absent."""
        value = self.get(name, dict, f"Write it as a table: [{name}].")
        return (
            None if value is None else Fields(value, f"{self.at}.{name}", self.faults, self.datum)
        )

    def tables(self, name: str) -> Iterator[Fields]:
        """Yields the tables of a list."""
        cure = f"Write each as a table of its own: [[{name}]]."
        for i, value in enumerate(self.get(name, list, cure) or ()):
            if isinstance(value, dict):
                yield Fields(value, f"{self.at}.{name}[{i}]", self.faults, self.datum)
            else:
                self.fault(name, f"Entry {i} is {value!r}.", cure)

    def close(self) -> None:
        """Notes every name that nothing asked for: it is misspelt, or means nothing here."""
        for name in self._data:
            if name not in self._asked:
                near = get_close_matches(name, self._asked, n=1)
                known = ", ".join(sorted(self._asked))
                hint = f"Did you mean {near[0]}?" if near else f"Known here: {known}."
                self.fault(name, "There is no such entry.", hint)


def _span(text: str) -> Span:
    match = _CLOCK.match(text)
    if match is None:
        raise ValueError(f"Expected hours such as 08:00-18:00, got {text.strip()!r}.")
    a, b, c, d = map(int, match.groups())
    return a * 3600 + b * 60, c * 3600 + d * 60


def _days(text: str) -> Iterator[int]:
    """Yields the weekdays of ``mo-fr`` or ``sa``."""
    names = [day.lower() for day in DAYS]
    ends = [end.strip().lower()[:2] for end in text.split("-")]
    if len(ends) > 2 or any(end not in names for end in ends):
        raise ValueError(f"Expected days such as mo-fr or sa, got {text!r}.")
    first, last = names.index(ends[0]), names.index(ends[-1])
    if first > last:
        raise ValueError(f"Expected days in the order of the week, got {text!r}.")
    yield from range(first, last + 1)
