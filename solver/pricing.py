"""What a change of times costs, as prices of :class:`solver.tables.Prices`."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solver.problem import Problem
    from solver.tables import Drop, Tables
    from solver.track import Track


def start_price(table: Tables, drop: Drop, start: int) -> int:
    """Returns the price of what depends on when a delivery starts: completion and lateness."""
    prices = table.prices
    late = start - drop.due
    if not drop.promised:
        return prices.late_minor if late > 0 else 0
    price = prices.completion * (start + drop.service)
    return price + prices.late + prices.lateness * late if late > 0 else price


def diverted_price(problem: Problem, table: Tables, vehicle: int, first: int | None) -> int:
    """Returns the price of going to ``first`` next, or nowhere, instead of where the plan sends."""
    planned = problem.vehicles[vehicle].next_location
    return table.prices.diverted if planned is not None and planned != first else 0


def delay_price(table: Tables, track: Track, first: int, arrival: int) -> tuple[int, int] | None:
    """
    Returns what a new arrival at an element costs from there on: a price, and harm in seconds.

    Harm is by how much promised deliveries start late or later, summed. None: a limit breaks.
    """
    elements = track.elements
    element = elements[first]
    delay = arrival - element.arrival
    if 0 <= delay <= element.slack:
        if not delay:
            return 0, 0
        # Everyone keeps its due; each promised delivery ends later by what waiting leaves over.
        reach = element.waited + delay
        start = element.next_drop
        stop = bisect_left(track.waits, reach, start)
        seconds = (stop - start) * reach - (track.summed[stop] - track.summed[start])
        return table.prices.completion * seconds, 0
    price = harm = 0
    for k in range(first, len(elements)):
        element = elements[k]
        start = max(arrival, element.early)
        if start > element.late:
            return None
        if element.drop is not None and start != element.start:
            more, worse = shift_price(table, element.drop, element.start, start)
            price += more
            harm += worse
        if k + 1 < len(elements):
            arrival = elements[k + 1].arrival + start - element.start
            if start == element.start and elements[k + 1].slack >= 0:
                break
    return price, harm


def shift_price(table: Tables, drop: Drop, old: int, new: int) -> tuple[int, int]:
    """Returns price and harm, in seconds, of starting a delivery at ``new`` instead of ``old``."""
    prices = table.prices
    if not drop.promised:
        return prices.late_minor * ((new > drop.due) - (old > drop.due)), 0
    price = prices.completion * (new - old)
    if old <= drop.due >= new:
        return price, 0
    price += prices.late * ((new > drop.due) - (old > drop.due))
    price += prices.lateness * (max(new, drop.due) - max(old, drop.due))
    return price, max(0, new - max(old, drop.due))
