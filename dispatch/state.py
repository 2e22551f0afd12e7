"""
The state of a zone, and the one pure function that changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dispatch import events as ev
from dispatch.directory import with_directory
from dispatch.live import Traffic
from dispatch.observed import Observed, with_handover, with_ride
from dispatch.observed_hours import with_handover_hour, with_leg_hour
from dispatch.observed_legs import with_whole_leg
from dispatch.orders import Commitment, Courier, Drop, DropStatus, Order, Quote, StopKind, Store
from dispatch.places import DirectoryDesk
from dispatch.promises import SHIPPED, Pause, Service


@dataclass(frozen=True, slots=True)
class State:
    """
    Everything that is so, by id.

    ``live`` are the drops that are open or ride back to a store, so that planning never walks
    through those long closed. ``services`` are those on offer. ``quotes_given`` counts quotes, of
    which old ones are forgotten, ``traffic_given`` reports of traffic, of which ``traffic`` are in
    force, the latest last. ``observed`` is what taps showed of real times, ``external`` the order
    of each external id.
    """

    stores: Mapping[str, Store] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    drops: Mapping[str, Drop] = field(default_factory=dict)
    couriers: Mapping[str, Courier] = field(default_factory=dict)
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    quotes_given: int = 0
    live: Mapping[str, Drop] = field(default_factory=dict)
    desks: Mapping[str, DirectoryDesk] = field(default_factory=dict)
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    traffic_given: int = 0
    observed: Mapping[str, Observed] = field(default_factory=dict)
    external: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, Service] = field(
        default_factory=lambda: {service.name: service for service in SHIPPED}
    )

    def open_drops(self) -> tuple[Drop, ...]:
        """Returns the drops that have not reached their desk, oldest first."""
        return tuple(drop for drop in self.live.values() if drop.status.is_open)

    def on_board(self, courier: str) -> tuple[Drop, ...]:
        """Returns the drops this courier carries to desks."""
        return tuple(
            drop
            for drop in self.live.values()
            if drop.courier == courier and drop.status is DropStatus.ON_BOARD
        )

    def returning(self, courier: str) -> tuple[Drop, ...]:
        """Returns the drops whose goods, or some of them, this courier brings back."""
        return tuple(
            drop for drop in self.live.values() if drop.courier == courier and drop.returning
        )


def is_live(drop: Drop) -> bool:
    """Returns whether planning still has to do with a drop."""
    return drop.status.is_open or drop.returning > 0


def with_drops(state: State, drops: Iterable[Drop]) -> State:
    """Returns the state with these drops added or replaced."""
    changed = {drop.id: drop for drop in drops}
    live = {d: drop for d, drop in {**state.live, **changed}.items() if is_live(drop)}
    return replace(state, drops={**state.drops, **changed}, live=live)


def runs(events: Iterable[ev.Event]) -> Iterator[tuple[ev.Event, ...]]:
    """
    Yields events in their order, those that place new orders one after the other together.

    Each order is new and used no quote, so that none of them changes what another of a run did.
    """
    placed: list[ev.OrderPlaced] = []
    for event in events:
        if isinstance(event, ev.OrderPlaced) and event.order.quote is None:
            placed.append(event)
            continue
        if placed:
            yield tuple(placed)
            placed = []
        yield (event,)
    if placed:
        yield tuple(placed)


def apply_run(state: State, run: Sequence[ev.Event]) -> State:
    """
    Returns the state after one of the `runs`, as `apply` would give it event by event.

    A state is never changed but copied: ten thousand orders one by one would copy it as often.
    """
    if len(run) == 1:
        return apply(state, run[0])
    placed = [event for event in run if isinstance(event, ev.OrderPlaced)]
    assert len(placed) == len(run), "A run of several events places orders."
    orders = {event.order.id: event.order for event in placed}
    external = {o.external_id: o.id for o in orders.values() if o.external_id is not None}
    state = replace(
        state,
        orders={**state.orders, **orders},
        external={**state.external, **external} if external else state.external,
    )
    return with_drops(state, (drop for event in placed for drop in event.drops))


def apply(state: State, event: ev.Event) -> State:
    """
    Returns the state after an event.

    Trusts the event: whether it may happen was decided before it became one. Raises KeyError for an
    event about something the state never heard of, which cannot happen in a log of its own events.
    """
    return _APPLY[type(event)](state, event)


def _order_placed(state: State, event: ev.OrderPlaced) -> State:
    quotes = state.quotes
    if event.order.quote is not None and event.order.quote in quotes:
        used = replace(quotes[event.order.quote], order=event.order.id)
        quotes = {**quotes, used.id: used}
    external = state.external
    if event.order.external_id is not None:
        external = {**external, event.order.external_id: event.order.id}
    orders = {**state.orders, event.order.id: event.order}
    changed = replace(state, orders=orders, quotes=quotes, external=external)
    return with_drops(changed, event.drops)


def _order_cancelled(state: State, event: ev.OrderCancelled) -> State:
    order = replace(state.orders[event.order], cancelled_at=event.at)
    cancelled = [
        replace(state.drops[d], status=DropStatus.CANCELLED, closed_at=event.at)
        for d in order.drops
        if state.drops[d].status.is_open
    ]
    return with_drops(replace(state, orders={**state.orders, order.id: order}), cancelled)


def _order_ready(state: State, event: ev.OrderReady) -> State:
    order = replace(state.orders[event.order], ready_at=event.ready_at)
    return replace(state, orders={**state.orders, order.id: order})


def _quote_given(state: State, event: ev.QuoteGiven) -> State:
    alive = {q: quote for q, quote in state.quotes.items() if quote.expires_at > event.at - 3600}
    return replace(
        state,
        quotes={**alive, event.quote.id: event.quote},
        quotes_given=state.quotes_given + 1,
    )


def _hold_lapsed(state: State, event: ev.HoldLapsed) -> State:
    quote = state.quotes.get(event.quote)
    if quote is None:
        return state
    return replace(state, quotes={**state.quotes, quote.id: replace(quote, lapsed=event.reason)})


def _with_order(state: State, order: str, **changes: Any) -> State:
    changed = replace(state.orders[order], **changes)
    return replace(state, orders={**state.orders, order: changed})


def _goods_arrived(state: State, event: ev.GoodsArrived) -> State:
    promise = replace(state.orders[event.order].promise, provisional=event.provisional)
    return _with_order(
        state,
        event.order,
        goods_arrived_at=event.at,
        ready_at=event.at,
        deadline=event.deadline,
        promise=promise,
    )


def _order_answered(state: State, event: ev.OrderAnswered) -> State:
    if state.orders[event.order].answered_at is not None:
        return state
    return _with_order(state, event.order, answered_at=event.at)


def _order_paused(state: State, event: ev.OrderPaused) -> State:
    order = state.orders[event.order]
    # A promise that is due already cannot be stopped any more.
    runs = order.deadline is not None and event.at < order.deadline
    return _with_order(
        state,
        event.order,
        pauses=(*order.pauses, Pause(event.reason, event.at)),
        deadline=None if runs else order.deadline,
        foreseen_at=None,
    )


def _order_resumed(state: State, event: ev.OrderResumed) -> State:
    order = state.orders[event.order]
    pauses = tuple(
        replace(pause, until=event.at) if pause.until is None else pause for pause in order.pauses
    )
    promise = replace(order.promise, provisional=event.provisional)
    return _with_order(state, event.order, pauses=pauses, deadline=event.deadline, promise=promise)


def _promise_recalculated(state: State, event: ev.PromiseRecalculated) -> State:
    before = state.orders[event.order].promise
    promise = replace(before, calendar=event.calendar, provisional=event.provisional)
    return _with_order(state, event.order, deadline=event.deadline, promise=promise)


def _promise_warned(state: State, event: ev.PromiseWarned) -> State:
    return _with_order(state, event.order, warned=(*state.orders[event.order].warned, event.kind))


def _promise_breached(state: State, event: ev.PromiseBreached) -> State:
    return _with_order(state, event.order, breached_at=event.at)


def _breach_foreseen(state: State, event: ev.BreachForeseen) -> State:
    return _with_order(state, event.order, foreseen_at=event.at)


def _breach_averted(state: State, event: ev.BreachAverted) -> State:
    return _with_order(state, event.order, foreseen_at=None)


def _courier_added(state: State, event: ev.CourierAdded) -> State:
    return _with_courier(state, event.courier)


def _courier_changed(state: State, event: ev.CourierChanged) -> State:
    changed = replace(
        state.couriers[event.courier],
        shift_start=event.shift_start,
        shift_end=event.shift_end,
        capacity=event.capacity,
        paused=event.paused,
    )
    return _with_courier(state, changed)


def _departed(state: State, event: ev.Departed) -> State:
    commitment = Commitment(
        stop=event.stop,
        kind=event.kind,
        place=event.place,
        drop=event.drop,
        departed_at=event.at,
        arrived_at=None,
        arrives_at=event.arrives_at,
        ends_at=event.ends_at,
        ride_s=event.ride_s,
        ride_factor=event.ride_factor,
        band=event.band,
    )
    return _heard(state, event.courier, event.at, committed=commitment)


def _arrived(state: State, event: ev.Arrived) -> State:
    before = state.couriers[event.courier].committed
    same = before is not None and before.stop == event.stop
    leg = before if same else None
    observed = with_ride(state.observed, leg, event.at, event.ridden)
    observed = with_whole_leg(observed, leg, event.at)
    observed = with_leg_hour(observed, state.observed, event.courier, leg, event.at)
    commitment = Commitment(
        stop=event.stop,
        kind=event.kind,
        place=event.place,
        drop=event.drop,
        departed_at=before.departed_at if before is not None and same else event.at,
        arrived_at=event.at,
        arrives_at=event.at,
        ends_at=event.ends_at,
        service_s=event.service_s,
    )
    state = replace(state, observed=observed)
    return _heard(state, event.courier, event.at, committed=commitment)


def _loaded(state: State, event: ev.Loaded) -> State:
    loads = state.couriers[event.courier].loads + 1
    state = _heard(state, event.courier, event.at, committed=None, place=event.place, loads=loads)
    return with_drops(state, [_taken_on_board(state.drops[d], event) for d in event.drops])


def _taken_on_board(drop: Drop, event: ev.Loaded) -> Drop:
    if drop.status is DropStatus.CANCELLED:
        return replace(drop, courier=event.courier, returning=drop.load)
    return replace(drop, courier=event.courier, status=DropStatus.ON_BOARD)


def _delivered(state: State, event: ev.Delivered) -> State:
    committed = state.couriers[event.courier].committed
    observed = with_handover(state.observed, committed, event.drop, event.at)
    observed = with_handover_hour(
        observed, state.observed, event.courier, committed, event.drop, event.at
    )
    state = replace(state, observed=observed)
    drop = state.drops[event.drop]
    rejected = sum(line.rejected for line in event.lines)
    accepted = sum(line.accepted for line in event.lines)
    status = DropStatus.PARTLY_ACCEPTED if rejected else DropStatus.ACCEPTED
    closed = replace(
        drop,
        status=status if accepted or not rejected else DropStatus.REJECTED,
        courier=event.courier,
        closed_at=event.at,
        lines=event.lines,
        returning=_load_of_rejected(drop, event) if event.returning is None else event.returning,
    )
    return _closed(state, event, closed)


def _load_of_rejected(drop: Drop, event: ev.Delivered) -> int:
    """What rides back by logs of before, in which missing units did too: their states stay so."""
    unit_load = {item.sku: item.load for item in drop.items}
    return sum(line.rejected * unit_load[line.sku] for line in event.lines)


def _failed(state: State, event: ev.Failed) -> State:
    drop = state.drops[event.drop]
    closed = replace(
        drop,
        status=DropStatus.FAILED,
        courier=event.courier,
        closed_at=event.at,
        failure=event.reason,
        returning=drop.load,
    )
    return _closed(state, event, closed)


def _closed(state: State, event: ev.Delivered | ev.Failed, drop: Drop) -> State:
    """
    The drop is done; the courier stands at its desk, free unless committed elsewhere.

    A failure that nobody set off for is a refusal by telephone: it moves nobody.
    """
    courier = state.couriers[event.courier]
    elsewhere = courier.committed is not None and courier.committed.drop != drop.id
    there = not elsewhere and (courier.committed is not None or isinstance(event, ev.Delivered))
    state = _heard(
        state,
        event.courier,
        event.at,
        committed=courier.committed if elsewhere else None,
        place=event.place if there else courier.place,
    )
    return with_drops(state, [drop])


def _returned(state: State, event: ev.Returned) -> State:
    courier = state.couriers[event.courier]
    back = [replace(drop, returning=0) for drop in state.returning(event.courier)]
    elsewhere = courier.committed is not None and courier.committed.kind is not StopKind.RETURN
    state = _heard(
        state,
        event.courier,
        event.at,
        committed=courier.committed if elsewhere else None,
        place=event.place,
        returns=courier.returns + 1,
    )
    return with_drops(state, back)


def _silenced(state: State, event: ev.Silenced) -> State:
    return _with_courier(state, replace(state.couriers[event.courier], silent=True))


def _heard_again(state: State, event: ev.Heard | ev.EvidenceKept) -> State:
    return _heard(state, event.courier, event.at)


def _drop_pinned(state: State, event: ev.DropPinned) -> State:
    return with_drops(state, [replace(state.drops[event.drop], pinned=event.courier)])


def _desks_replaced(state: State, event: ev.DesksReplaced) -> State:
    return replace(state, desks=with_directory(state.desks, event.customer, event.desks))


def _desk_put(state: State, event: ev.DeskPut) -> State:
    return replace(state, desks={**state.desks, event.desk.id: event.desk})


def _traffic_changed(state: State, event: ev.TrafficChanged) -> State:
    traffic = {**state.traffic, event.traffic.id: event.traffic}
    return replace(state, traffic=traffic, traffic_given=state.traffic_given + 1)


def _traffic_ended(state: State, event: ev.TrafficEnded) -> State:
    rest = {t: report for t, report in state.traffic.items() if t != event.traffic}
    return replace(state, traffic=rest)


def _only_logged(
    state: State, event: ev.WebhookDisabled | ev.ContactsErased | ev.LogRechained
) -> State:
    # In the log so that all who listen, or look later, hear of it; nothing is planned by it.
    return state


def _heard(state: State, courier: str, at: int, **changes: Any) -> State:
    """Any tap shows that the courier is there."""
    before = state.couriers[courier]
    heard_at = max(before.heard_at, at)
    return _with_courier(state, replace(before, silent=False, heard_at=heard_at, **changes))


def _with_courier(state: State, courier: Courier) -> State:
    return replace(state, couriers={**state.couriers, courier.id: courier})


_APPLY: Mapping[type, Callable[[State, Any], State]] = {
    ev.OrderPlaced: _order_placed,
    ev.OrderCancelled: _order_cancelled,
    ev.OrderReady: _order_ready,
    ev.QuoteGiven: _quote_given,
    ev.HoldLapsed: _hold_lapsed,
    ev.GoodsArrived: _goods_arrived,
    ev.OrderAnswered: _order_answered,
    ev.OrderPaused: _order_paused,
    ev.OrderResumed: _order_resumed,
    ev.PromiseRecalculated: _promise_recalculated,
    ev.PromiseWarned: _promise_warned,
    ev.PromiseBreached: _promise_breached,
    ev.BreachForeseen: _breach_foreseen,
    ev.BreachAverted: _breach_averted,
    ev.CourierAdded: _courier_added,
    ev.CourierChanged: _courier_changed,
    ev.Departed: _departed,
    ev.Arrived: _arrived,
    ev.Loaded: _loaded,
    ev.Delivered: _delivered,
    ev.Failed: _failed,
    ev.Returned: _returned,
    ev.Silenced: _silenced,
    ev.Heard: _heard_again,
    ev.EvidenceKept: _heard_again,
    ev.DropPinned: _drop_pinned,
    ev.DesksReplaced: _desks_replaced,
    ev.DeskPut: _desk_put,
    ev.TrafficChanged: _traffic_changed,
    ev.TrafficEnded: _traffic_ended,
    ev.WebhookDisabled: _only_logged,
    ev.ContactsErased: _only_logged,
    ev.LogRechained: _only_logged,
}
