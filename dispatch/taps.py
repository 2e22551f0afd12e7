"""
What one tap of a courier means: judged against the stop it names, not against the plan it was read
from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch import events as ev
from dispatch.dispatcher import Dispatcher
from dispatch.errors import CityError
from dispatch.live import live_streets
from dispatch.observed import is_learned_from
from dispatch.openings import desk_place
from dispatch.orders import DropStatus, Line, StopKind
from dispatch.plan_reading import deliver_stop_id, drop_of_stop, load_stop_id, return_stop_id
from dispatch.proofs import NO_PIN, SPENT_PIN, WRONG_PIN
from dispatch.requests import Action
from dispatch.retiming import CUT_OFF_S, Travel
from dispatch.street_bands import street_band

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dispatch.live import Ridden
    from dispatch.orders import Courier, Drop
    from dispatch.places import Place
    from dispatch.plan import Stop

ABOUT_GOODS = frozenset({"loaded", "delivered", "failed"})
"""Kinds of taps that somebody is told of also where they cannot take effect."""

UNPROVEN = {
    WRONG_PIN: "The PIN is not that of {drop}: ask again, or have it signed.",
    SPENT_PIN: "Too many wrong PINs were told for {drop}: have it signed.",
    NO_PIN: "The buyer of {drop} was shown no PIN: have it signed.",
}
"""Why a PIN shows no hand-over."""

FAILURES = ("closed", "absent", "refused", "wrong_desk", "no_access")


class Unfit(Exception):
    """An action that cannot take effect: ``result`` is superseded or rejected, with the reason."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap and the world it meets; ``at`` is its effective moment."""

    dispatcher: Dispatcher
    courier_id: str
    action: Action
    at: int

    @property
    def courier(self) -> Courier:
        return self.dispatcher.state.couriers[self.courier_id]

    def stop(self) -> Stop:
        """Returns the stop meant, from the courier's published route."""
        route = self.dispatcher.plan.route_of(self.courier_id)
        for stop in route.stops if route else ():
            if stop.id == self.action.stop:
                return stop
        raise self.gone()

    def next_stop(self) -> Stop:
        """Returns the stop meant, which the courier can go to before any other."""
        stop = self.stop()
        if stop.kind is StopKind.DELIVER:
            drop = self.dispatcher.state.drops[stop.drops[0]]
            if drop.status is not DropStatus.ON_BOARD:
                raise Unfit("rejected", f"{drop.id} was not loaded by {self.courier_id}.")
        else:
            # Numbered stops are told apart by how many came before them.
            own = {StopKind.LOAD: load_stop_id, StopKind.RETURN: return_stop_id}
            first = own[stop.kind](self.courier, 0)
            if stop.id != first:
                raise Unfit("rejected", f"The stop {first} comes before {stop.id}.")
        return stop

    def gone(self) -> Unfit:
        """Returns why a stop is not in the courier's route: moved away, over, or never known."""
        name = self.action.stop
        if name is None:
            return Unfit("rejected", "The action names no stop.")
        drop = drop_of_stop(name, self.dispatcher.state.drops)
        if drop is not None and self._has_aboard(drop):
            text = f"The stop {name} is left out of the plan; {drop} stays on board."
            return Unfit("superseded", text)
        if drop is not None:
            return Unfit("superseded", f"The stop {name} is over or another courier's now.")
        courier = self.courier
        own = (load_stop_id(courier, 0), return_stop_id(courier, 0))
        if any(_same_series(name, mine) for mine in own):
            return Unfit("superseded", f"The stop {name} is over or no longer planned.")
        return Unfit("rejected", f"There is no stop {name} in the route of {courier.id}.")

    def _has_aboard(self, name: str) -> bool:
        drop = self.dispatcher.state.drops[name]
        return drop.status is DropStatus.ON_BOARD and drop.courier == self.courier_id

    def drop(self) -> Drop:
        """Returns the drop meant, by name or by the stop."""
        drops = self.dispatcher.state.drops
        name = self.action.drop
        if name is None:
            name = drop_of_stop(self.action.stop, drops)
        if name is None or name not in drops:
            raise Unfit("rejected", f"There is no drop {self.action.drop or self.action.stop}.")
        return drops[name]

    def aboard(self) -> Drop:
        """Returns the drop meant, which this courier must have on board."""
        drop = self.drop()
        if self._has_aboard(drop.id):
            return drop
        if drop.status is DropStatus.WAITING:
            raise Unfit("rejected", f"{drop.id} was not loaded by {self.courier_id}.")
        if drop.courier not in (None, self.courier_id):
            raise Unfit("superseded", f"{drop.id} is with {drop.courier}.")
        raise Unfit("superseded", f"{drop.id} is {drop.status} already.")

    def desk(self, drop: Drop) -> Place:
        """Returns where the courier was sent with a drop: its desk, or reception."""
        committed = self.courier.committed
        if committed is not None and committed.drop == drop.id:
            return committed.place
        courier, stop = self.dispatcher.plan.assignments().get(drop.id, (None, None))
        if stop is not None and courier == self.courier_id:
            return stop.place
        return desk_place(self.dispatcher.city, drop)


def _same_series(name: str, mine: str) -> bool:
    """Returns whether a stop id is one of a courier's numbered stops of a kind."""
    head, number = mine.rstrip("0123456789"), name.removeprefix(mine.rstrip("0123456789"))
    return name.startswith(head) and number.isdigit()


def _departed(tap: Tap) -> tuple[ev.Event, ...]:
    committed = tap.courier.committed
    if committed is not None and committed.stop == tap.action.stop:
        return (ev.Heard(tap.at, tap.courier_id),)
    stop = tap.next_stop()
    city = tap.dispatcher.city
    ends = tap.courier.place, stop.place
    arrives_at, band = Travel(city, ends).arrival(0, 1, tap.at)
    live = live_streets(city)
    ridden, learned = 0, 1.0
    if arrives_at - tap.at >= CUT_OFF_S:
        # A street was closed behind the courier: what the plan expected is all there is.
        arrives_at = max(tap.at, stop.arrival)
    elif live is not None:
        ridden = int(live.ride_times(ends, band, CUT_OFF_S)[0, 1])
        learned = live.ride_factors.get(street_band(band), 1.0)
    return (
        ev.Departed(
            at=tap.at,
            courier=tap.courier_id,
            stop=stop.id,
            kind=stop.kind,
            place=stop.place,
            drop=stop.drops[0] if stop.kind is StopKind.DELIVER else None,
            arrives_at=arrives_at,
            ends_at=_ends_at(stop, arrives_at),
            ride_s=ridden,
            ride_factor=learned,
            band=band,
        ),
    )


def _arrived(tap: Tap) -> tuple[ev.Event, ...]:
    stop = tap.next_stop()
    if stop.kind is StopKind.RETURN and not tap.dispatcher.state.returning(tap.courier_id):
        return (ev.Returned(tap.at, tap.courier_id, stop.id, stop.place),)
    return (
        ev.Arrived(
            at=tap.at,
            courier=tap.courier_id,
            stop=stop.id,
            kind=stop.kind,
            place=stop.place,
            drop=stop.drops[0] if stop.kind is StopKind.DELIVER else None,
            ends_at=_ends_at(stop, tap.at),
            service_s=stop.departure - stop.start if stop.kind is StopKind.DELIVER else 0,
            ridden=_ridden(tap, stop.id),
        ),
    )


def _ridden(tap: Tap, stop: str) -> tuple[Ridden, ...]:
    """Returns the ride that ends by class of road, with the speeds of now; nothing if unknown."""
    leg, live = tap.courier.committed, live_streets(tap.dispatcher.city)
    if live is None or live.streets_fixed:
        return ()
    if leg is None or leg.stop != stop or not is_learned_from(leg):
        return ()
    try:
        return live.ridden(tap.courier.place, leg.place, leg.band)
    except CityError:
        # Closed since: what is known of the way is over.
        return ()


def _ends_at(stop: Stop, arrives_at: int) -> int:
    """Returns when a stop reached then is over; what is loaded at a load stop is still open."""
    if stop.kind is StopKind.LOAD:
        return arrives_at
    opens = stop.start if stop.start > stop.arrival else arrives_at
    return max(arrives_at, opens) + stop.departure - stop.start


def _loaded(tap: Tap) -> tuple[ev.Event, ...]:
    """What the courier says it took counts, wherever the plan had it: it is in the bag."""
    if tap.action.stop != load_stop_id(tap.courier, 0):
        raise tap.gone()
    route = tap.dispatcher.plan.route_of(tap.courier_id)
    planned = next((s for s in route.stops if s.id == tap.action.stop), None) if route else None
    named = tap.action.drops
    if named is None:
        if planned is None:
            raise tap.gone()
        named = planned.drops
    taken = [d for d in dict.fromkeys(named) if _can_take(tap, d)]
    place = planned.place if planned else _store_place(tap)
    return (ev.Loaded(tap.at, tap.courier_id, str(tap.action.stop), place, tuple(taken)),)


def _can_take(tap: Tap, name: str) -> bool:
    drop = tap.dispatcher.state.drops.get(name)
    if drop is None:
        raise Unfit("rejected", f"There is no drop {name}.")
    if drop.courier == tap.courier_id:
        return False
    if drop.courier is not None or drop.status not in (DropStatus.WAITING, DropStatus.CANCELLED):
        raise Unfit("rejected", f"{name} is {drop.status} with {drop.courier}.")
    return True


def _store_place(tap: Tap) -> Place:
    store = tap.dispatcher.state.stores[tap.courier.store]
    return tap.dispatcher.city.street_place(store.lat, store.lon)


def _delivered(tap: Tap) -> tuple[ev.Event, ...]:
    if tap.action.drop is None and _is_return(tap):
        stop = tap.stop()
        return (ev.Returned(tap.at, tap.courier_id, stop.id, stop.place),)
    drop = tap.aboard()
    if (fault := UNPROVEN.get(tap.action.proof)) is not None:
        raise Unfit("rejected", fault.format(drop=drop.id))
    lines = tap.action.lines or tuple(Line(item.sku, item.quantity) for item in drop.items)
    _check_lines(drop, lines)
    return (
        ev.Delivered(
            at=tap.at,
            courier=tap.courier_id,
            stop=deliver_stop_id(drop.id),
            place=tap.desk(drop),
            drop=drop.id,
            lines=lines,
            returning=drop.load_left(lines),
        ),
    )


def _is_return(tap: Tap) -> bool:
    name = tap.action.stop
    return name is not None and _same_series(name, return_stop_id(tap.courier, 0))


def _check_lines(drop: Drop, lines: Sequence[Line]) -> None:
    """Every unit of the drop must be accounted for, once."""
    told = {line.sku: line.accepted + line.rejected for line in lines}
    ordered = {item.sku: item.quantity for item in drop.items}
    if told != ordered or len(told) != len(lines):
        raise Unfit("rejected", f"{drop.id} has {ordered}, the lines account for {told}.")
    if any(line.accepted < 0 or line.rejected < 0 for line in lines):
        raise Unfit("rejected", "A line has a negative quantity.")


def _failed(tap: Tap) -> tuple[ev.Event, ...]:
    if tap.action.reason not in FAILURES:
        raise Unfit(
            "rejected", f"The reason {tap.action.reason!r} is none of {', '.join(FAILURES)}."
        )
    drop = tap.aboard()
    stop_id = deliver_stop_id(drop.id)
    reason = tap.action.reason
    return (ev.Failed(tap.at, tap.courier_id, stop_id, tap.desk(drop), drop.id, reason),)


def _pause(tap: Tap, *, paused: bool) -> tuple[ev.Event, ...]:
    courier = tap.courier
    changed = ev.CourierChanged(
        tap.at, courier.id, courier.shift_start, courier.shift_end, courier.capacity, paused
    )
    return changed, ev.Heard(tap.at, courier.id)


_EVENTS: dict[str, Callable[[Tap], tuple[ev.Event, ...]]] = {
    "departed": _departed,
    "arrived": _arrived,
    "loaded": _loaded,
    "delivered": _delivered,
    "failed": _failed,
    "paused": lambda tap: _pause(tap, paused=True),
    "resumed": lambda tap: _pause(tap, paused=False),
}


def events_of(tap: Tap) -> tuple[ev.Event, ...]:
    """Returns what a tap means; raises Unfit for one that cannot take effect."""
    if tap.action.kind not in _EVENTS:
        raise Unfit("rejected", f"The kind {tap.action.kind!r} is none of {', '.join(_EVENTS)}.")
    return _EVENTS[tap.action.kind](tap)


KINDS = tuple(_EVENTS)
"""The kinds of tap there are."""
