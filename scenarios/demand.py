"""
What a world's offices order: Poisson demand over the desks of a city, drawn from a seed.

Only numbers and words are drawn here; nothing is planned. The same seed, desks and rates
always give the same orders, whatever a dispatcher makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from dispatch.orders import Item
from dispatch.promises import STANDARD, URGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WARES = (
    Item("A4-80", 5, 2, "A4 paper 80 g, ream"),
    Item("PEN-B", 3, 1, "Ball pens, blue, box"),
    Item("TONER-K", 2, 2, "Toner, black"),
    Item("COFFEE", 4, 1, "Coffee, 500 g"),
    Item("NOTE-A5", 6, 1, "Notebook A5"),
    Item("HDMI-2", 3, 1, "HDMI cable, 2 m"),
)
"""What is ordered: the most units of a line and the load of one. Assumed."""


class Fate(StrEnum):
    """What befalls an order beside the usual."""

    USUAL = "usual"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class KnownDesk:
    """A desk of the directory: its id, the office's name, its building."""

    id: str
    name: str
    building: str


@dataclass(frozen=True, slots=True)
class WantedDrop:
    """The goods wanted at one desk."""

    desk: KnownDesk
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Preparation:
    """Seconds from order to goods at the counter: as the store announces, and as it really is."""

    announced_s: int
    really_s: int


CHANGE_OF_MIND_S = 60
"""Seconds after which an order to be cancelled is, if not said otherwise."""


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """
    An order to come; ``at`` are Unix seconds, ``number`` counts from 1 in order of ``at``.

    ``leaves`` says that the customer wants no longer time than the usual; ``preparation`` None
    that the goods are there when the service expects them.
    """

    number: int
    at: int
    service: str
    drops: tuple[WantedDrop, ...]
    fate: Fate = Fate.USUAL
    cancel_after_s: int = CHANGE_OF_MIND_S
    leaves: bool = False
    preparation: Preparation | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """
    How much is ordered; rates are per hour, ``duration_s`` in seconds.

    ``several_drops`` is the share of orders with two or three drops. ``uneven`` is the sigma of
    the log-normal weights of the desks: 0 makes all order alike. Raises ValueError for a rate,
    duration or sigma below 0, a share outside 0..1.
    """

    urgent_per_hour: float
    standard_per_hour: float
    duration_s: int
    several_drops: float = 0.2
    uneven: float = 1.0

    def __post_init__(self) -> None:
        least = min(self.urgent_per_hour, self.standard_per_hour, self.duration_s, self.uneven)
        if least < 0 or not 0 <= self.several_drops <= 1:
            raise ValueError(f"Expected rates >= 0 and a share in 0..1, got {self}.")


def draw_orders(
    demand: Demand, desks: Sequence[KnownDesk], start: int, seed: int
) -> tuple[WantedOrder, ...]:
    """
    Returns the orders of one shift, oldest first, with one incident of each kind.

    Raises ValueError where there is no desk.
    """
    if not desks:
        raise ValueError("Expected at least one desk, got none.")
    rng = np.random.default_rng([seed, 0])
    weights = rng.lognormal(0.0, demand.uneven, len(desks))
    rates = {URGENT: demand.urgent_per_hour, STANDARD: demand.standard_per_hour}
    moments = sorted(
        (start + at, service)
        for service, rate in rates.items()
        for at in arrivals(rate, demand.duration_s, rng)
    )
    orders = [
        WantedOrder(number, at, service, draw_drops(demand, desks, weights, rng))
        for number, (at, service) in enumerate(moments, start=1)
    ]
    return with_incidents(orders)


def arrivals(per_hour: float, duration_s: int, rng: np.random.Generator) -> list[int]:
    """
    Returns the moments of a Poisson stream given its number, seconds in ``0 .. duration_s - 1``.

    Given their number, the arrivals of a Poisson stream are independent and uniform. The number is
    the expected one, rounded, so that seeds differ in when and where but not in how much.
    """
    number = round(per_hour * duration_s / 3600)
    return sorted(rng.integers(0, max(duration_s, 1), size=number).tolist())


def draw_drops(
    demand: Demand,
    desks: Sequence[KnownDesk],
    weights: np.ndarray[tuple[int], np.dtype[np.float64]],
    rng: np.random.Generator,
) -> tuple[WantedDrop, ...]:
    """Returns the drops of one order; desks have ``weights``."""
    first = desks[int(rng.choice(len(desks), p=weights / weights.sum()))]
    chosen = [first]
    if rng.random() < demand.several_drops:
        # One customer's departments: under the same roof if the directory knows more there.
        others = [desk for desk in desks if desk != first]
        near = [desk for desk in others if desk.building == first.building]
        pool = near or others
        number = min(int(rng.integers(1, 3)), len(pool))
        chosen += [pool[int(j)] for j in rng.choice(len(pool), size=number, replace=False)]
    return tuple(WantedDrop(desk, draw_items(rng)) for desk in chosen)


def draw_items(rng: np.random.Generator) -> tuple[Item, ...]:
    """Returns what one desk wants: one or two lines of `WARES`."""
    lines = rng.choice(len(WARES), size=int(rng.integers(1, 3)), replace=False)
    return tuple(
        replace(WARES[j], quantity=int(rng.integers(1, WARES[j].quantity + 1)))
        for j in sorted(lines.tolist())
    )


def with_incidents(orders: Sequence[WantedOrder]) -> tuple[WantedOrder, ...]:
    """
    Returns the orders with one cancelled, one whose desk is closed, one partly rejected.

    Each befalls an urgent order of one drop, the first that fits after a quarter, a half and three
    quarters of the shift; where none fits it does not happen.
    """
    told = list(orders)
    for part, fate in enumerate((Fate.CANCELLED, Fate.CLOSED, Fate.REJECTED), start=1):
        fits = _FITS[fate]
        late_enough = range(len(told) * part // 4, len(told))
        j = next((j for j in late_enough if told[j].fate is Fate.USUAL and fits(told[j])), None)
        if j is not None:
            told[j] = replace(told[j], fate=fate)
    return tuple(told)


def _is_simple(order: WantedOrder) -> bool:
    return order.service == URGENT and len(order.drops) == 1


def _can_be_split(order: WantedOrder) -> bool:
    return _is_simple(order) and order.drops[0].items[0].quantity > 1


_FITS: dict[Fate, Callable[[WantedOrder], bool]] = {
    Fate.CANCELLED: _is_simple,
    Fate.CLOSED: _is_simple,
    Fate.REJECTED: _can_be_split,
}
