"""The best values known for instances, as VROOM's scripts keep them in JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.instances import BadInstance

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class BestKnown:
    """The distance of the best solution known, not rounded, and its vehicles."""

    distance: float
    vehicles: int


def read_best_known(path: Path) -> dict[str, BestKnown]:
    """
    Returns the best values known by name of the instance, in lower case.

    Where the file has a value for the distance alone ("R101_distance") it is that one, elsewhere
    the one for the fewest vehicles first. Raises BadInstance with the name of what is amiss.
    """
    try:
        entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as reason:
        raise BadInstance(f"{path.name}, line {reason.lineno}: {reason.msg}.") from None
    best: dict[str, BestKnown] = {}
    # A name sorts before itself with an ending, so that the distance alone comes last and stays.
    for name, entry in sorted(entries.items()):
        try:
            known = BestKnown(float(entry["best_known_cost"]), int(entry["solved_with_vehicles"]))
        except (KeyError, TypeError, ValueError) as reason:
            raise BadInstance(
                f"{path.name}, {name!r}: expected numbers as best_known_cost and"
                f" solved_with_vehicles ({reason})."
            ) from None
        best[name.removesuffix("_distance").lower()] = known
    return best
