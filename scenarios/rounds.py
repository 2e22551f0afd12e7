"""
What simulated couriers do: look at the phone, ride, wait for goods, load, hand over, come back.

They know nothing but their route, and the service learns of them by their taps alone. A courier's
round, from the buzz of the phone to the next look at it, is a process of the world's clock.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.orders import StopKind
from scenarios.couriers import place_on
from scenarios.log import Closing
from scenarios.phone import Tap, hand_over

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Environment, Event

    from scenarios.couriers import Leg, Rider
    from scenarios.demand import WantedDrop
    from scenarios.log import PlacedOrder, ShiftLog
    from scenarios.phone import Service
    from scenarios.route import RouteStop

    Steps = Generator[Event, None, None]

REACTION_S = 3
"""Seconds from the phone's buzz, or the last tap, until a courier sets off. Assumed."""

GRACE_S = 20
"""Goods announced within so many seconds are waited for rather than left to a later trip."""

MEANT_S = 45
"""A load that is shown to start so much after its goods were announced is held back on purpose;
less is the half minute that a planner adds to whoever is behind."""

LONG_RIDE_S = 90
"""On a ride of at least so many seconds the phone tells its position half-way. Assumed."""

PAUSE_S = 600
"""How long the courier who takes a break takes it."""


class Rounds:
    """
    The couriers' part of a world; they live on the clock ``env``, and it writes ``log``.

    ``cargo`` tells for each drop what is really in it and which order it belongs to.
    """

    def __init__(self, service: Service, env: Environment, log: ShiftLog) -> None:
        self.service, self.env, self.log = service, env, log
        self.cargo: dict[str, tuple[PlacedOrder, WantedDrop]] = {}

    @property
    def now(self) -> int:
        """The moment it is, Unix seconds."""
        return int(self.env.now)

    def look_soon(self, rider: Rider) -> None:
        """Lets a courier who waits look at the phone in a moment."""
        if rider.leg is None and not rider.looking and rider.is_at_work(self.now):
            rider.looking = True
            # Who is called first looks first: the look is entered here, not when the round begins.
            self.env.process(self._round(rider, self.env.timeout(REACTION_S)))

    def come(self, rider: Rider) -> None:
        """Lets a courier who comes late begin: the service hears of them."""
        self._tap(rider, self._make(rider, "resumed"))
        self.look_soon(rider)

    def _round(self, rider: Rider, look: Event) -> Steps:
        yield look
        rider.looking = False
        stops = self.service.route(rider.id, self.now)
        at_store = not stops or stops[0].kind is StopKind.LOAD
        if rider.pause_at is not None and self.now >= rider.pause_at and at_store:
            yield from self._pause(rider)
        elif stops:
            yield from self._serve(rider, stops[0])

    def _pause(self, rider: Rider) -> Steps:
        """A break, or for a courier who drops out the end of work."""
        rider.pause_at = None
        if not self._tap(rider, self._make(rider, "paused")):
            return
        rider.paused = True
        until = max(self.now, self.log.end) if rider.drops_out else self.now + PAUSE_S
        self.log.pauses.append((rider.id, self.now, until))
        if rider.drops_out:
            return
        yield self.env.timeout(PAUSE_S)
        rider.paused = False
        self._tap(rider, self._make(rider, "resumed"))
        self.look_soon(rider)

    def _serve(self, rider: Rider, stop: RouteStop) -> Steps:
        """One stop, from setting off to having finished there."""
        rider.seq += 1
        if not self._tap(rider, Tap(rider.seq, "departed", self.now, stop=stop.id)):
            self.look_soon(rider)
            return
        leg = rider.set_off(stop, self.now, self._about(rider, stop))
        arrival = self.env.timeout(leg.arrived - self.now)
        if leg.line and leg.parked - leg.riding >= LONG_RIDE_S:
            half_way = self.env.timeout((leg.riding + leg.parked) // 2 - self.now)
            half_way.callbacks.append(lambda _: self._report(rider, leg))
        yield arrival
        if not self._tap(rider, self._make(rider, "arrived", leg)):
            self._finish(rider, leg)
        elif leg.kind is StopKind.RETURN:
            yield from self._come_back(rider, leg)
        elif leg.kind is StopKind.LOAD:
            yield from self._load(rider, leg)
        else:
            yield from self._hand_over(rider, leg)

    def _about(self, rider: Rider, stop: RouteStop) -> str:
        """
        Returns what a stop is about, in words that do not depend on who plans.

        A delivery is of a drop of an order of the world, a load for the oldest in it, and a way
        back comes after what was done before.
        """
        drops = []
        for drop in stop.drops:
            order, goods = self.cargo[drop]
            drops.append((order.wanted.number, order.wanted.drops.index(goods)))
        first = min(drops, default=None)
        return f"{stop.kind} {first}" if first else f"{stop.kind} after {rider.about}"

    def _report(self, rider: Rider, leg: Leg) -> None:
        lat, lon = place_on(leg.line, 0.5)
        self.service.report(rider.id, lat, lon, self.now)

    def _come_back(self, rider: Rider, leg: Leg) -> Steps:
        """At the store: goods that came back are handed over the counter."""
        if not leg.drops or rider.stop is None:
            self._finish(rider, replace(leg, began=self.now, ended=self.now))
            return
        yield self.env.timeout(max(1, rider.takes(rider.stop.service_s)))
        leg = replace(leg, began=leg.arrived)
        self._tap(rider, self._make(rider, "delivered", leg))
        self._finish(rider, replace(leg, ended=self.now))

    def _finish(self, rider: Rider, leg: Leg) -> None:
        rider.finish(leg)
        self.look_soon(rider)

    def _load(self, rider: Rider, leg: Leg) -> Steps:
        """Takes what the stop shows in the end; goods that were added meanwhile are waited for."""
        stop = self._shown(rider, leg)
        while True:
            began = max(self.now, self._there_at(stop)) if stop else self.now
            ends = began + max(1, rider.takes(stop.service_s if stop else 0))
            yield self.env.timeout(ends - self.now)
            leg = replace(leg, began=began)
            stop = self._shown(rider, leg)
            if stop is None:
                self._finish(rider, leg)
                return
            if self._there_at(stop) <= self.now + GRACE_S:
                break
        tap = replace(self._make(rider, "loaded", leg), drops=stop.drops)
        taken = self._tap(rider, tap)
        done = replace(leg, drops=stop.drops, ended=self.now)
        self._finish(rider, done if taken else leg)

    def _shown(self, rider: Rider, leg: Leg) -> RouteStop | None:
        stops = self.service.route(rider.id, self.now)
        return next((stop for stop in stops if stop.id == leg.stop), None)

    def _there_at(self, stop: RouteStop) -> int:
        """Returns when the goods of a load stop are there: really, where the world knows."""
        orders = [self.cargo[drop][0] for drop in stop.drops]
        known = [(o.placed_at, o.wanted.preparation) for o in orders if o.wanted.preparation]
        if len(known) < len(orders) or not known:
            return stop.start
        announced = max(placed_at + goods.announced_s for placed_at, goods in known)
        really = max(placed_at + goods.really_s for placed_at, goods in known)
        is_meant = stop.start > max(announced, self.now) + MEANT_S
        return max(really, stop.start) if is_meant else really

    def _hand_over(self, rider: Rider, leg: Leg) -> Steps:
        assert rider.stop is not None
        # A door that opens later is waited for; else handing over begins at once.
        opens = rider.stop.start if rider.stop.start > rider.stop.arrival else self.now
        began = max(self.now, opens)
        ends = began + max(1, rider.takes(rider.stop.service_s))
        yield self.env.timeout(ends - self.now)
        leg = replace(leg, began=began)
        (drop,) = leg.drops
        order, goods = self.cargo[drop]
        tap, outcome = hand_over(
            self._make(rider, "delivered", leg), drop, goods, order.wanted.fate
        )
        if self._tap(rider, tap):
            self.log.closings[drop] = Closing(self.now, outcome)
        self._finish(rider, replace(leg, ended=self.now))

    def _tap(self, rider: Rider, tap: Tap) -> bool:
        """Sends a tap; what was overtaken by a new plan is counted, a refusal is a fault."""
        result = self.service.act(rider.id, tap)
        if result.startswith("superseded"):
            self.log.superseded += 1
        elif result != "applied":
            what = f"{tap.kind} of {tap.stop} by {rider.name}"
            self.log.faults.append(f"{what} was {result}")
        return result == "applied"

    def _make(self, rider: Rider, kind: str, leg: Leg | None = None) -> Tap:
        rider.seq += 1
        return Tap(seq=rider.seq, kind=kind, at=self.now, stop=leg.stop if leg else None)
