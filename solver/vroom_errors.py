"""Errors in VROOM's words and codes, and its rules for single values."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

INPUT = 2
"""Code of a request that breaks the rules of the format."""

ROUTING = 3
"""Code of travel times that cannot be had."""

MOST_NUMBER = 2**32 - 1
_MOST_ID = 2**64 - 1

Entry = dict[str, Any]
Windows = tuple[tuple[int, int], ...]

ALWAYS: Windows = ((0, MOST_NUMBER),)


class VroomError(Exception):
    """A request that cannot be answered: VROOM's ``code`` and its text."""

    def __init__(self, text: str, code: int = INPUT) -> None:
        super().__init__(text)
        self.code = code

    def as_answer(self) -> Entry:
        """Returns the whole answer to such a request."""
        return {"code": self.code, "error": str(self)}


def entry(value: object, kind: str) -> Entry:
    """Returns an object without its nulls, which mean absent; raises VroomError for others."""
    if not isinstance(value, dict):
        raise VroomError(f"Invalid {kind}.")
    return {key: inner for key, inner in value.items() if inner is not None}


def is_number(value: object, most: int = MOST_NUMBER) -> bool:
    """Returns whether a value is a whole number from 0 to ``most``; 300.0 and true are not."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def number(of: Entry, key: str, default: Any, text: str) -> Any:
    """Returns the number under a key, the default where absent; else raises with the text."""
    if key not in of:
        return default
    if not is_number(of[key]):
        raise VroomError(text)
    return of[key]


def text_of(of: Entry, key: str, default: str | None = None) -> str | None:
    """Returns the text under a key, the default where absent."""
    value = of.get(key, default)
    if value is not None and not isinstance(value, str):
        raise VroomError(f"Invalid {key} value.")
    return value


def id_of(of: Entry, kind: str) -> int:
    """Returns the id that every entry must have, in 64 bits."""
    if not is_number(of.get("id"), _MOST_ID):
        raise VroomError(f"Invalid or missing id for {kind}.")
    found: int = of["id"]
    return found


def amounts_of(of: Entry, key: str) -> tuple[int, ...] | None:
    """Returns the amounts under a key, None where absent."""
    values = of.get(key)
    if values is None:
        return None
    if not isinstance(values, list):
        raise VroomError(f"Invalid {key} array.")
    if not all(is_number(value) for value in values):
        raise VroomError(f"Invalid {key} value.")
    return tuple(values)


def of_length(amounts: tuple[int, ...] | None, length: int) -> tuple[int, ...]:
    """Returns amounts, zeros where None; raises where their length is another one."""
    if amounts is None:
        return (0,) * length
    if len(amounts) != length:
        raise VroomError(f"Inconsistent delivery length: {len(amounts)} instead of {length}.")
    return amounts


def skills_of(of: Entry) -> frozenset[int]:
    """Returns the skills that an entry needs or has."""
    values = of.get("skills", [])
    if not isinstance(values, list):
        raise VroomError("Invalid skills object.")
    if not all(is_number(value) for value in values):
        raise VroomError("Invalid skill value.")
    return frozenset(values)


def window_of(value: object) -> tuple[int, int]:
    """Returns a time window, both ends included, in the request's seconds."""
    if not isinstance(value, list) or len(value) < 2 or not all(map(is_number, value[:2])):
        raise VroomError("Invalid time-window.")
    early, late = value[:2]
    if early > late:
        raise VroomError(f"Invalid time window: [{early}, {late}]")
    return early, late


def windows_of(of: Entry, owner: str) -> Windows:
    """Returns the time windows of an entry, sorted; always where absent."""
    values = of.get("time_windows")
    if values is None:
        return ALWAYS
    if not isinstance(values, list):
        raise VroomError(f"Invalid time_windows array for {owner}.")
    if not values:
        raise VroomError(f"Empty time windows for {owner}.")
    windows = tuple(sorted(window_of(value) for value in values))
    if any(one[1] >= other[0] for one, other in pairwise(windows)):
        raise VroomError(f"Unsorted or overlapping time-windows for {owner}.")
    return windows


def coordinates_of(of: Entry, key: str) -> list[float] | None:
    """Returns ``[lon, lat]`` as given, None where absent."""
    value = of.get(key)
    if value is None:
        return None
    if (
        not isinstance(value, list)
        or len(value) < 2
        or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in value[:2])
    ):
        raise VroomError(f"Invalid {key} array.")
    return value
