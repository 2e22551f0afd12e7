"""
Places held for quotes: provisional orders that only planning sees.

A hold is planned as the order that would need it most: ready as late as one placed in the last
second in which the quote is good, due as early as one placed now. So whenever the order comes, the
place is good enough for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.orders import Drop, Order, Quote
from dispatch.state import with_drops

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dispatch.state import State

PREFIX = "q_"
"""What the names of held drops begin with; those of ordered ones begin with ``d_``."""


def is_held(drop: str) -> bool:
    """Returns whether a drop is that of a place held, by its name."""
    return drop.startswith(PREFIX)


def held_drops(quote: str, drops: Iterable[Drop]) -> tuple[Drop, ...]:
    """Returns drops as they are held for a quote: ``q_9-1``, ``q_9-2`` and so on."""
    return tuple(
        replace(drop, id=f"{quote}-{i}", order=quote) for i, drop in enumerate(drops, start=1)
    )


def due_at(quote: Quote, now: int) -> int:
    """Returns by when an order placed now with a quote would be due, in Unix seconds."""
    return max(quote.made_at, now) + quote.promise_s


def holds(state: State, now: int) -> tuple[Quote, ...]:
    """Returns the quotes for which a place is held at this moment, oldest first."""
    return tuple(quote for quote in state.quotes.values() if quote.held and quote.holds(now))


def with_holds(state: State, now: int) -> State:
    """
    Returns the state as planning sees it: each place held is an order, named as its quote.

    Not to be published or stored: nobody ordered it.
    """
    held = holds(state, now)
    if not held:
        return state
    orders = {quote.id: _provisional(quote, state, now) for quote in held}
    state = replace(state, orders={**state.orders, **orders})
    return with_drops(state, [drop for quote in held for drop in quote.held])


def _provisional(quote: Quote, state: State, now: int) -> Order:
    service = state.services.get(quote.service)
    return Order(
        id=quote.id,
        service=quote.service,
        store=quote.store,
        placed_at=quote.made_at,
        deadline=due_at(quote, now),
        promise_s=quote.promise_s,
        ready_at=quote.ready_at,
        drops=tuple(drop.id for drop in quote.held),
        urgent=service is None or service.urgent,
    )


def successors(quote: Quote, drops: Sequence[Drop]) -> dict[str, str]:
    """
    Returns which ordered drop takes the place of each held one, by name.

    Empty where they are not as many or weigh more: a courier's capacity changed in between.
    """
    pairs = tuple(zip(quote.held, drops, strict=False))
    if len(quote.held) != len(drops) or any(drop.load > held.load for held, drop in pairs):
        return {}
    return {held.id: drop.id for held, drop in pairs}
