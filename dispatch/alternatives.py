"""
What else could be had sooner where the usual time cannot be promised, each really planned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dispatch.calendars import second_of_day, weekday_of
from dispatch.errors import CityError
from dispatch.honest import MINUTE, Aim, last_handover
from dispatch.openings import desk_place
from dispatch.outlooks import earliest_outlook
from dispatch.proposals import handover_ends
from dispatch.wishing import quick_outlook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.dispatcher import Dispatcher
    from dispatch.orders import Drop
    from dispatch.outlooks import Outlook
    from dispatch.requests import QuoteRequest

Kind = Literal["reception", "other_store", "split"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """
    Another way, and the seconds from now that it can be promised in.

    ``reception``: all is handed over at the building's reception, if the desks are not there.
    ``other_store``: from the store that ``text`` names. ``split``: the first drop alone, the others
    when they come.
    """

    kind: Kind
    promise_s: int
    text: str


def alternatives(
    dispatcher: Dispatcher, request: QuoteRequest, best: Outlook, aim: Aim, now: int
) -> tuple[Alternative, ...]:
    """Returns the ways to have something sooner than the shortest honest time, soonest first."""
    found = (
        *_at_reception(dispatcher, best, aim, now),
        *_from_another_store(dispatcher, request, best, now),
        *_in_parts(dispatcher, best, aim, now),
    )
    sooner = (a for a in found if best.last is None or a.promise_s < best.promise_s)
    return tuple(sorted(sooner, key=lambda a: a.promise_s))


def _at_reception(
    dispatcher: Dispatcher, best: Outlook, aim: Aim, now: int
) -> Iterator[Alternative]:
    drops = tuple(_moved_to_reception(dispatcher, drop, now) for drop in best.placed.drops)
    if drops == best.placed.drops:
        return
    other = earliest_outlook(dispatcher, replace(best.placed, drops=drops), aim, now)
    if other.last is not None:
        text = f"In {other.promise_s // MINUTE} minutes, handed over at reception."
        yield Alternative("reception", other.promise_s, text)


def _moved_to_reception(dispatcher: Dispatcher, drop: Drop, now: int) -> Drop:
    """Returns the drop as if its desk were its building's reception, or as it is without one."""
    city = dispatcher.city
    day, second = weekday_of(now, city.timezone), second_of_day(now, city.timezone)
    place = city.reception(desk_place(city, drop), day, second)
    if place is None:
        return drop
    desk = replace(drop.desk, id=None, floor=place.floor, department="", desk=place.desk)
    return replace(drop, desk=desk)


def _from_another_store(
    dispatcher: Dispatcher, request: QuoteRequest, best: Outlook, now: int
) -> Iterator[Alternative]:
    """Only where a store was named: otherwise the best of all was asked already."""
    if request.store is None or len(dispatcher.state.stores) < 2:
        return
    try:
        other, _ = quick_outlook(dispatcher, replace(request, store=None), now)
    except CityError:
        return
    store = dispatcher.state.stores[other.placed.order.store]
    if store.id != best.placed.order.store and other.last is not None:
        text = f"In {other.promise_s // MINUTE} minutes from {store.name} ({store.id})."
        yield Alternative("other_store", other.promise_s, text)


def _in_parts(dispatcher: Dispatcher, best: Outlook, aim: Aim, now: int) -> Iterator[Alternative]:
    """The part of several drops that the same plan brings first, in a promise of its own."""
    drops = best.placed.order.drops
    if len(drops) < 2 or best.last is None:
        return
    ends = handover_ends(best.proposal)
    first = min(drops, key=lambda drop: ends[drop])
    part = last_handover(dispatcher, best.proposal, [first], now)
    if part is None:
        return
    promise_s = max(aim.promise_s, part.honest_s(aim, now))
    number = drops.index(first) + 1
    text = (
        f"Part {number} of {len(drops)} in {promise_s // MINUTE} minutes, "
        f"all of it in {best.promise_s // MINUTE}."
    )
    yield Alternative("split", promise_s, text)
