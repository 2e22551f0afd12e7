"""
What may be promised to what is asked: from which store, and by when.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.band_times import band_of
from dispatch.errors import CityError
from dispatch.honest import Aim
from dispatch.intake import new_order, stores_for, with_promise
from dispatch.openings import desk_place
from dispatch.outlooks import Outlook, outlook
from dispatch.requests import QuoteRequest
from dispatch.sooner import searched

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.events import OrderPlaced
    from dispatch.orders import Quote
    from dispatch.requests import OrderRequest


def best_outlook(
    dispatcher: Dispatcher,
    request: OrderRequest | QuoteRequest,
    now: int,
    quote: Quote | None = None,
) -> Outlook:
    """
    Returns the outlook from the store that can promise best, or from the one named.

    The time wanted is the usual one, or that of a quote whose word is to be kept. Stores without a
    way to a desk and back are left out; raises CityError where all are.
    """
    best, aim = quick_outlook(dispatcher, request, now, quote)
    return searched(dispatcher, best, aim, now)


def quick_outlook(
    dispatcher: Dispatcher,
    request: OrderRequest | QuoteRequest,
    now: int,
    quote: Quote | None = None,
) -> tuple[Outlook, Aim]:
    """Returns as `best_outlook` does, without a search, and what was aimed at."""
    outlooks: list[tuple[Outlook, Aim]] = []
    cut_off: CityError | None = None
    for store in stores_for(dispatcher.state, request.store):
        placed = wished(dispatcher, request, store, now, quote)
        aim = aim_of(dispatcher, placed, quote)
        try:
            _check_ways(dispatcher, placed, now)
        except CityError as error:
            cut_off = error
        else:
            outlooks.append((outlook(dispatcher, placed, aim, now), aim))
    if cut_off is not None and not outlooks:
        raise cut_off
    return min(outlooks, key=lambda found: _rank(found[0]))


def _rank(found: Outlook) -> tuple[bool, bool, int, int]:
    return not found.feasible, found.eta is None, found.promise_s, found.eta or 0


def wished(
    dispatcher: Dispatcher,
    request: OrderRequest | QuoteRequest,
    store: str,
    now: int,
    quote: Quote | None = None,
) -> OrderPlaced:
    """
    Returns the order as it would be placed from a store.

    With the usual deadline, or that of a quote; what shall be held is ready as if it were ordered
    in the last second that the quote is good.
    """
    placed = new_order(dispatcher, request, store, now)
    if quote is not None:
        # Named already here, so that the place held for the quote is not held against its order.
        placed = with_promise(placed, quoted_s(placed, quote))
        placed = replace(placed, order=replace(placed.order, quote=quote.id))
    if isinstance(request, QuoteRequest) and request.reserve and request.ready_at is None:
        ready_at = placed.order.ready_at + dispatcher.policy.quote_valid_s
        placed = replace(placed, order=replace(placed.order, ready_at=ready_at))
    return placed


def quoted_s(placed: OrderPlaced, quote: Quote) -> int:
    """
    Returns the seconds that a quote promises to an order placed now.

    The usual time of a service that promises a day may grow by a day between the two, at midnight.
    """
    order = placed.order
    return quote.promise_s if order.urgent else min(order.promise_s, quote.promise_s)


def aim_of(dispatcher: Dispatcher, placed: OrderPlaced, quote: Quote | None) -> Aim:
    """Returns what is wanted of the plan: the usual time surely, or a quoted one as planned."""
    if quote is not None:
        return Aim(placed.order.promise_s)
    policy = dispatcher.policy
    return Aim(placed.order.promise_s, policy.quote_buffer, policy.quote_confidence)


def _check_ways(dispatcher: Dispatcher, placed: OrderPlaced, now: int) -> None:
    """Raises CityError for a desk with no way from the store or back: nothing can be promised."""
    city, store = dispatcher.city, dispatcher.state.stores[placed.order.store]
    desks = (desk_place(city, drop) for drop in placed.drops)
    places = (city.street_place(store.lat, store.lon), *desks)
    city.travel_times(places, band_of(now, city.timezone))
