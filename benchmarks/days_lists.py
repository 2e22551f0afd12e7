"""
What is compared: sizes of worlds, policies, our own rules varied, worlds of other kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.days_hindsight import Hindsight
from benchmarks.days_policies import (
    Fifo,
    Insertion,
    Ours,
    Pyvrp,
    Unquoted,
    Vroom,
    WarmVroom,
)
from benchmarks.days_zone import Measured
from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

STANDARD_PER_HOUR = 12.0

START, HOURS = time(10), 3.0
"""
When orders begin to come, and for how long: from a calm morning into the peak at noon.

With all sizes, days and policies that is an hour on one core.
"""

DAYS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """How much a world has: urgent orders an hour and couriers; ``city`` empty: the usual one."""

    urgent_per_hour: float
    couriers: int
    city: str = ""

    @property
    def name(self) -> str:
        """Returns what the size is called."""
        return f"{self.city} {self.urgent_per_hour:g}x{self.couriers}".lstrip()


SIZES = {
    size.name: size
    for size in (Size(8, 3), Size(14, 4), Size(20, 5), Size(26, 6), Size(14, 3), Size(20, 4))
}

SHANGHAI = "shanghai"

ELSEWHERE = {size.name: size for size in (Size(14, 4, SHANGHAI), Size(20, 5, SHANGHAI))}
"""Sizes in a city that no default was tuned on, see `days_shanghai`."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, in words and as a zone; of customers told a longer time ``leaving`` leave."""

    title: str
    zone: type[Measured]
    leaving: float = 0.0


OURS = "ours"

DECIDERS: Mapping[str, Decider] = {
    "fifo": Decider("nearest idle courier, oldest order first, one order a trip", Fifo),
    "insertion": Decider("cheapest insertion alone, 22 min to everybody", Insertion),
    "vroom": Decider("VROOM from nothing at each event, 22 min to everybody", Vroom),
    "vroom-warm": Decider("VROOM from the plan at each event, 22 min to everybody", WarmVroom),
    "pyvrp": Decider("PyVRP from the plan at each event, 22 min to everybody", Pyvrp),
    "unquoted": Decider("ours without quotes: search, 22 min to everybody", Unquoted),
    OURS: Decider("ours: quotes and search; who is told a longer time accepts it", Ours),
    "ours-half": Decider("ours, and half of those told a longer time leave", Ours, leaving=0.5),
    "hindsight": Decider(
        "all orders known 20 min in advance; a reference, no competitor", Hindsight
    ),
}

SHOWN = tuple(name for name in DECIDERS if name != "vroom-warm")
"""The policies that are compared where none are named."""

ONLINE = ("fifo", "insertion", "vroom", "vroom-warm", "pyvrp", "unquoted")
"""The policies that ours must not be below of."""

USUAL = "usual"
"""The setting in which nothing is varied."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What differs from the usual: figures of our policy, fields of the scenario, couriers."""

    name: str = USUAL
    figures: Mapping[str, Any] = field(default_factory=dict)
    world: Mapping[str, Any] = field(default_factory=dict)
    couriers: int = 0


AS_USUAL = Setting()

ABLATION = tuple(
    Setting(f"{figure} {value:g}", {figure: value})
    for figure, values in {
        "fill_idle": (0, 1, 2),
        "reserve_idle": (0, 1, 2),
        "reserve_share": (0.0, 0.4),
        "standard_group": (1, 3, 5),
        "standard_near_m": (0, 250),
        "standard_expect": (0, 1),
        "standard_age_s": (3600, 3 * 3600),
        "wait_s": (0, 240),
        "plan_buffer": (0.0, 0.2),
        "lost_wait_s": (0, 1800),
        "aim_usual": (0, 1),
        "quote_room_s": (0, 1800, 3600, 5400),
        "quote_buffer": (0.0, 0.1, 0.2),
        "quote_confidence": (0.8, 0.9, 0.95),
    }.items()
    for value in values
)
"""One figure of our policy at a time, the shipped one among them."""

SENSITIVITY = (
    *(
        Setting(f"preparation {m} min", world={"announced_min": m, "prepared_min": m})
        for m in (2, 4, 6, 8)
    ),
    *(Setting(f"travel noise {n:g}", world={"travel_noise": n}) for n in (0.0, 0.15, 0.25, 0.4)),
    *(Setting(f"lift queues {q:g}", world={"lift_queues": q}) for q in (0.0, 1.0, 2.0)),
    Setting("one courier fewer", couriers=-1),
)
"""One thing of the world at a time, the usual one among them."""


def chosen(kind: str, names: Iterable[str], known: Mapping[str, T]) -> dict[str, T]:
    """Returns what names stand for. Raises InvalidRequest for an unknown one, and for none."""
    wanted = tuple(names)
    for name in wanted:
        if name not in known:
            raise InvalidRequest(
                f"There is no {kind} {name!r}.",
                at=kind,
                cure=f"Choose from {', '.join(known)}.",
                value=name,
            )
    if not wanted:
        raise InvalidRequest(
            f"No {kind} is named.", at=kind, cure=f"Choose from {', '.join(known)}.", value=""
        )
    return {name: known[name] for name in wanted}
