"""Tiny meal-delivery instances, written where a test wants them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scenarios.mdrp import COLUMNS, COURIERS, ORDERS, PARAMETERS, RESTAURANTS, read_meals

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.mdrp import Meals

Row = Sequence[object]

R1 = ("r1", 0, 0)
"""A restaurant where the axes cross."""

O1 = ("o1", 300, 400, 10, "r1", 20)
"""500 m from it: 5 minutes at 100 m a minute. Placed in minute 10, ready in minute 20."""

C1 = ("c1", 0, 200, 0, 60)
"""Logs on 2 minutes from the restaurant at midnight, and off an hour later."""


def write(
    folder: Path,
    orders: Sequence[Row] = (O1,),
    couriers: Sequence[Row] = (C1,),
    restaurants: Sequence[Row] = (R1,),
    figures: Sequence[Row] = ((100, 4, 4),),
) -> Path:
    """Writes an instance at 100 m a minute, 4 minutes of service each, and returns its folder."""
    rows = {ORDERS: orders, COURIERS: couriers, RESTAURANTS: restaurants, PARAMETERS: figures}
    for name, table in rows.items():
        lines = ["\t".join(map(str, row)) for row in (COLUMNS[name], *table)]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def meals(folder: Path, **rows: Sequence[Row]) -> Meals:
    """Returns an instance written and read again."""
    return read_meals(write(folder, **rows))
