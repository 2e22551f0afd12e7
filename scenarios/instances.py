"""
The instance files of the field as problems: what their readers share.

`instances_solomon` reads Solomon's and Gehring and Homberger's files and the pairs of Li and Lim,
`instances_vrplib` the VRPLIB text, `instances_solutions` and `instances_best` what was found for
them. Location i of a problem is node i of its file, the depot is 0, vehicles ride from it and back
while it is open, and the objective is to serve everybody and then to ride as little as possible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from solver.problem import FOREVER, TimeWindow, Vehicle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


class BadInstance(ValueError):
    """A file that is no instance: which line, what is wrong with it, and how to mend it."""


class Rounding(StrEnum):
    """
    How coordinates and times become whole numbers.

    ``dimacs`` multiplies by 10 and cuts off, as the 12th DIMACS challenge did for VRPTW ("Vehicle
    Routing Problem with Time Windows", competition rules, 2021); ``plain`` rounds to the nearest,
    as EUC_2D of TSPLIB 95 does (Reinelt 1995, section 2.1).
    """

    DIMACS = "dimacs"
    PLAIN = "plain"

    def whole(self, value: float) -> int:
        """Returns a distance or a time as a whole number."""
        return math.floor(value * 10) if self is Rounding.DIMACS else math.floor(value + 0.5)

    def distances(self, points: Sequence[tuple[float, float]]) -> NDArray[np.int64]:
        """Returns the distances (n, n) between points of the plane."""
        x, y = np.array(points, dtype=np.float64).reshape(-1, 2).T
        exact = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
        scaled = exact * 10 if self is Rounding.DIMACS else exact + 0.5
        whole: NDArray[np.int64] = np.floor(scaled).astype(np.int64)
        return whole


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file that is not empty: its number, from 1, and its words."""

    source: str
    number: int
    words: tuple[str, ...]

    def bad(self, what: str) -> BadInstance:
        """Returns an error that says where."""
        return BadInstance(f"{self.source}, line {self.number}: {what}")

    def numbers(self, names: Sequence[str]) -> tuple[float, ...]:
        """Returns one number for each name; raises BadInstance, also where there are more."""
        if len(self.words) != len(names):
            raise self.bad(
                f"expected {len(names)} numbers ({', '.join(names)}), got {len(self.words)}:"
                f" {' '.join(self.words)!r}."
            )
        return tuple(
            self.number_of(name, word) for name, word in zip(names, self.words, strict=True)
        )

    def number_of(self, name: str, word: str) -> float:
        """Returns a word as a finite number; raises BadInstance."""
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.bad(f"expected a number as {name}, got {word!r}.")
        return value

    def whole(self, name: str, value: float, least: int = 0) -> int:
        """Returns a number that must be whole; raises BadInstance."""
        if value != int(value) or value < least:
            raise self.bad(f"expected a whole number >= {least} as {name}, got {value:g}.")
        return int(value)

    def window(self, early: float, late: float, rounding: Rounding) -> TimeWindow:
        """Returns a time window; raises BadInstance where it is empty or before 0."""
        if not 0 <= early <= late:
            raise self.bad(
                f"the window from {early:g} to {late:g} is empty or starts before 0; give the"
                " earlier time first."
            )
        if late >= FOREVER / 10:
            raise self.bad(f"the window ends at {late:g}; the latest end is {FOREVER // 10}.")
        return TimeWindow(rounding.whole(early), rounding.whole(late))


@dataclass(frozen=True, slots=True)
class Node:
    """A row of an instance: a place with its demand, window and service duration."""

    line: Line
    point: tuple[float, float]
    demand: int
    window: TimeWindow
    service_duration: int


def lines_of(path: Path) -> list[Line]:
    """Returns the lines of a file that are not empty; raises BadInstance if it is no text."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as reason:
        raise BadInstance(
            f"{path.name}: byte {reason.start} is not UTF-8; save the file as plain text."
        ) from None
    split = [(i, tuple(line.split())) for i, line in enumerate(text.splitlines(), 1)]
    return [Line(path.name, i, words) for i, words in split if words]


def fleet(count: int, capacity: int | None, shift: TimeWindow) -> tuple[Vehicle, ...]:
    """Returns equal vehicles named from "1", which start and end at the depot."""
    room = () if capacity is None else (capacity,)
    return tuple(
        Vehicle(str(i), start=0, end=0, capacity=room, shift=shift) for i in range(1, count + 1)
    )
