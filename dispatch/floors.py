"""
Floors as people and maps write them: ``3``, ``0-2``, ``-2;0-10``, ``0,1``, ``-9--8``.

A floor is a whole number, 0 the ground floor, negative below the ground. A number such as 0.5
is a landing on the way from floor 0 to floor 1, and taken for the lower of the two.
"""

from __future__ import annotations

import math
import re

LOWEST, HIGHEST = -20, 200
"""Floors beyond these are slips of the pen: the tallest building has 163."""

_PART = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-\s*(-?\d+(?:\.\d+)?)\s*)?\Z")


def parse_floors(text: str) -> tuple[int, ...]:
    """
    Returns the floors that a text names, ascending, each once.

    Raises ValueError for a part that is neither a floor nor a range, or is out of bounds.
    """
    floors: set[int] = set()
    for part in re.split(r"[;,]", text):
        match = _PART.match(part)
        if match is None:
            raise ValueError(f"Expected floors such as '0-2' or '1;3', got {part.strip()!r}.")
        ends = sorted(math.floor(float(end)) for end in match.groups() if end is not None)
        if not LOWEST <= ends[0] <= ends[-1] <= HIGHEST:
            raise ValueError(f"Expected floors from {LOWEST} to {HIGHEST}, got {part.strip()!r}.")
        floors.update(range(ends[0], ends[-1] + 1))
    return tuple(sorted(floors))


def known_floors(text: str | None) -> tuple[int, ...]:
    """Returns the floors that a tag names, none where it cannot be read."""
    try:
        return parse_floors(text) if text else ()
    except ValueError:
        return ()


def show_floors(floors: tuple[int, ...]) -> str:
    """Returns floors in the form that `parse_floors` reads: ``-2;0-10``."""
    runs: list[list[int]] = []
    for floor in floors:
        if runs and floor == runs[-1][-1] + 1:
            runs[-1].append(floor)
        else:
            runs.append([floor])
    return ";".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
