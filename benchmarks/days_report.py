"""
What a piece of the comparison comes to: tables, differences, aims, pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from benchmarks.days_aims import verdicts
from benchmarks.days_cells import Cell, stored
from benchmarks.days_lists import (
    AS_USUAL,
    DAYS,
    DECIDERS,
    ELSEWHERE,
    HOURS,
    ONLINE,
    OURS,
    SHANGHAI,
    SHOWN,
    SIZES,
    START,
    Setting,
    chosen,
)
from benchmarks.days_pictures import draw_settings, draw_sizes
from benchmarks.days_shanghai import TITLE
from benchmarks.days_tables import comparison, legend, listing, pooled, rows, table
from benchmarks.days_zone import SECONDS
from benchmarks.machine import machine
from benchmarks.solver_env import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.days_record import Day
    from benchmarks.days_tables import Played

KNOWN = {**SIZES, **ELSEWHERE}
"""All sizes of worlds, wherever they are."""

CITIES = {"": "Helsinki, one store", SHANGHAI: TITLE}
"""What cities are."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Which cells are played and reported; ``days`` are the seeds of worlds from 1."""

    sizes: tuple[str, ...] = tuple(SIZES)
    policies: tuple[str, ...] = SHOWN
    days: int = DAYS
    start: time = START
    hours: float = HOURS
    seconds: float = SECONDS

    @property
    def cities(self) -> tuple[str, ...]:
        """Returns in which cities its worlds are, each once. Raises InvalidRequest."""
        sizes = chosen("size", self.sizes, KNOWN).values()
        return tuple(dict.fromkeys(size.city for size in sizes))

    @property
    def name(self) -> str:
        """Returns what its files are called. Raises InvalidRequest."""
        return "_".join(["days", *filter(None, self.cities)])

    def cells(self, setting: Setting = AS_USUAL) -> list[Cell]:
        """Returns its cells, a day of all policies after the other. Raises InvalidRequest."""
        sizes = chosen("size", self.sizes, KNOWN).values()
        policies = chosen("policy", self.policies, DECIDERS)
        return [
            Cell(policy, size, day, setting, self.start, self.hours, self.seconds)
            for day in range(1, self.days + 1)
            for size in sizes
            for policy in policies
        ]


def report(piece: Piece, skipped: Mapping[str, str], results: Path) -> str:
    """Returns tables, differences and aims of the cells at hand, and leaves the pictures."""
    head = "\n".join([machine(), *_setting(piece)])
    return "\n\n".join([head, legend(), *_findings(piece, skipped, results)]) + "\n"


def section(piece: Piece, skipped: Mapping[str, str], results: Path) -> str:
    """Returns as `report`, for a piece told after another that differs in its worlds alone."""
    return "\n\n".join([_worlds(piece), *_findings(piece, skipped, results)]) + "\n"


def _findings(piece: Piece, skipped: Mapping[str, str], results: Path) -> list[str]:
    by_size = at_hand(piece)
    parts = [
        table(f"{size}: urgent orders an hour x couriers", rows(played))
        for size, played in by_size.items()
    ]
    if not by_size:
        return ["no days are at hand", *_skipped(skipped)]
    together = pooled(by_size)
    parts.append(table("all sizes together", rows(together)))
    title = f"{OURS} against the others on the same days: placed orders brought within 22 min"
    parts += [comparison(f"{size}: {title}", OURS, p) for size, p in by_size.items()]
    parts.append(comparison(f"all sizes: {title}", OURS, together))
    parts.append(listing("Aims", verdicts(by_size, ONLINE)))
    results.mkdir(exist_ok=True)
    draw_sizes(by_size, results / f"{piece.name}.png")
    return [*parts, *_skipped(skipped)]


def _skipped(skipped: Mapping[str, str]) -> list[str]:
    """Returns a line for each reason, with all that were skipped for it."""
    names: dict[str, list[str]] = {}
    for name, reason in skipped.items():
        names.setdefault(reason, []).append(name)
    return [f"skipped {', '.join(of)}: {reason}" for reason, of in names.items()]


def at_hand(piece: Piece, setting: Setting = AS_USUAL) -> dict[str, Played]:
    """Returns the days that were played, by size, policy and world."""
    found: dict[str, dict[str, dict[str, Day]]] = {}
    for cell in piece.cells(setting):
        day = stored(cell)
        if day is not None:
            played = found.setdefault(cell.size.name, {})
            played.setdefault(cell.policy, {})[str(cell.day)] = day
    order = list(piece.policies)
    return {
        size: dict(sorted(found[size].items(), key=lambda item: order.index(item[0])))
        for size in piece.sizes
        if size in found
    }


def varied(
    title: str,
    piece: Piece,
    settings: Sequence[Setting],
    skipped: Mapping[str, str],
    picture: Path,
) -> str:
    """Returns what settings come to that differ in one thing, and leaves their picture."""
    found: dict[str, Mapping[str, Day]] = {}
    for setting in settings:
        for policy, played in pooled(at_hand(piece, setting)).items():
            name = f"{setting.name}, {policy}" if len(piece.policies) > 1 else setting.name
            found[name] = played
    parts = ["\n".join([machine(), *_setting(piece)]), legend()]
    parts.append(table(f"{title}: {', '.join(piece.sizes)} together", rows(found)))
    parts += _skipped(skipped)
    picture.parent.mkdir(exist_ok=True)
    draw_settings({name: list(days.values()) for name, days in found.items()}, title, picture)
    return "\n\n".join(parts) + "\n"


def _setting(piece: Piece) -> list[str]:
    return [
        _worlds(piece),
        f"search at most {1000 * piece.seconds:.0f} ms at each event (an order, a stop finished, a "
        "courier who leaves or comes back), ours as much again for a quote; hindsight three times",
        f"peers: {', '.join(VERSIONS[:2])}; they minimise rides under hard ends, and what they "
        "lose our insertion puts back",
        *(f"{name}: {DECIDERS[name].title}" for name in piece.policies),
    ]


def _worlds(piece: Piece) -> str:
    where = "; ".join(CITIES[city] for city in piece.cities)
    return (
        f"{where}; {piece.days} days of {piece.hours:g} h from {piece.start:%H:%M}, "
        "12 standard orders an hour; every policy in the same worlds"
    )
