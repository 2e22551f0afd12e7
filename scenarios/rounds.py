"""
What simulated couriers do: look at the phone, ride, wait for goods, load, hand over, come back.

They know nothing but their route, and the service learns of them by their taps alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.orders import StopKind
from scenarios.couriers import place_on
from scenarios.log import Closing
from scenarios.phone import Tap, hand_over

if TYPE_CHECKING:
    from scenarios.agenda import Agenda
    from scenarios.couriers import Leg, Rider
    from scenarios.demand import WantedDrop
    from scenarios.log import PlacedOrder, ShiftLog
    from scenarios.phone import Service
    from scenarios.route import RouteStop

REACTION_S = 3
"""Seconds from the phone's buzz, or the last tap, until a courier sets off. Assumed."""

GRACE_S = 20
"""Goods announced within so many seconds are waited for rather than left to a later trip."""

LONG_RIDE_S = 90
"""On a ride of at least so many seconds the phone tells its position half-way. Assumed."""

PAUSE_S = 600
"""How long the courier who takes a break takes it."""


class Rounds:
    """
    The couriers' part of a world; it enters in ``agenda`` what they do next and writes ``log``.

    ``cargo`` tells for each drop what is really in it and which order it belongs to.
    """

    def __init__(self, service: Service, agenda: Agenda, log: ShiftLog) -> None:
        self.service, self.agenda, self.log = service, agenda, log
        self.cargo: dict[str, tuple[PlacedOrder, WantedDrop]] = {}

    def look_soon(self, rider: Rider) -> None:
        """Lets a courier who waits look at the phone in a moment."""
        if rider.leg is None and not rider.looking and not rider.paused:
            rider.looking = True
            self.agenda.enter(self.agenda.now + REACTION_S, lambda: self._look(rider))

    def _look(self, rider: Rider) -> None:
        rider.looking = False
        if rider.leg is not None or rider.paused:
            return
        stops = self.service.route(rider.id, self.agenda.now)
        at_store = not stops or stops[0].kind is StopKind.LOAD
        if rider.pause_at is not None and self.agenda.now >= rider.pause_at and at_store:
            self._pause(rider)
        elif stops:
            self._set_off(rider, stops[0])

    def _pause(self, rider: Rider) -> None:
        rider.pause_at = None
        if self._tap(rider, self._make(rider, "paused")):
            rider.paused = True
            self.log.pauses.append((rider.id, self.agenda.now, self.agenda.now + PAUSE_S))
            self.agenda.enter(self.agenda.now + PAUSE_S, lambda: self._resume(rider))

    def _resume(self, rider: Rider) -> None:
        rider.paused = False
        self._tap(rider, self._make(rider, "resumed"))
        self.look_soon(rider)

    def _set_off(self, rider: Rider, stop: RouteStop) -> None:
        rider.seq += 1
        if not self._tap(rider, Tap(rider.seq, "departed", self.agenda.now, stop=stop.id)):
            self.look_soon(rider)
            return
        leg = rider.set_off(stop, self.agenda.now)
        self.agenda.enter(leg.arrived, lambda: self._arrive(rider, leg))
        if leg.line and leg.parked - leg.riding >= LONG_RIDE_S:
            self.agenda.enter((leg.riding + leg.parked) // 2, lambda: self._report(rider, leg))

    def _report(self, rider: Rider, leg: Leg) -> None:
        lat, lon = place_on(leg.line, 0.5)
        self.service.report(rider.id, lat, lon, self.agenda.now)

    def _arrive(self, rider: Rider, leg: Leg) -> None:
        if not self._tap(rider, self._make(rider, "arrived", leg)):
            self._finish(rider, leg)
        elif leg.kind is StopKind.RETURN:
            self._come_back(rider, leg)
        elif leg.kind is StopKind.LOAD:
            self._wait_for_goods(rider, leg)
        else:
            assert rider.stop is not None
            # A door that opens later is waited for; else handing over begins at once.
            opens = rider.stop.start if rider.stop.start > rider.stop.arrival else self.agenda.now
            began = max(self.agenda.now, opens)
            ends = began + max(1, rider.takes(rider.stop.service_s))
            self.agenda.enter(ends, lambda: self._hand_over(rider, replace(leg, began=began)))

    def _come_back(self, rider: Rider, leg: Leg) -> None:
        """At the store: goods that came back are handed over the counter."""
        if not leg.drops or rider.stop is None:
            self._finish(rider, replace(leg, began=self.agenda.now, ended=self.agenda.now))
            return
        ends = self.agenda.now + max(1, rider.takes(rider.stop.service_s))
        self.agenda.enter(ends, lambda: self._give_back(rider, replace(leg, began=leg.arrived)))

    def _give_back(self, rider: Rider, leg: Leg) -> None:
        self._tap(rider, self._make(rider, "delivered", leg))
        self._finish(rider, replace(leg, ended=self.agenda.now))

    def _finish(self, rider: Rider, leg: Leg) -> None:
        rider.finish(leg)
        self.look_soon(rider)

    def _wait_for_goods(self, rider: Rider, leg: Leg) -> None:
        stop = self._shown(rider, leg)
        began = max(self.agenda.now, stop.start) if stop else self.agenda.now
        ends = began + max(1, rider.takes(stop.service_s if stop else 0))
        self.agenda.enter(ends, lambda: self._load(rider, replace(leg, began=began)))

    def _shown(self, rider: Rider, leg: Leg) -> RouteStop | None:
        stops = self.service.route(rider.id, self.agenda.now)
        return next((stop for stop in stops if stop.id == leg.stop), None)

    def _load(self, rider: Rider, leg: Leg) -> None:
        """Takes what the stop shows now; goods of an order added meanwhile are waited for."""
        stop = self._shown(rider, leg)
        if stop is None:
            self._finish(rider, leg)
        elif stop.start > self.agenda.now + GRACE_S:
            self._wait_for_goods(rider, leg)
        else:
            tap = replace(self._make(rider, "loaded", leg), drops=stop.drops)
            taken = self._tap(rider, tap)
            done = replace(leg, drops=stop.drops, ended=self.agenda.now)
            self._finish(rider, done if taken else leg)

    def _hand_over(self, rider: Rider, leg: Leg) -> None:
        (drop,) = leg.drops
        order, goods = self.cargo[drop]
        tap, outcome = hand_over(
            self._make(rider, "delivered", leg), drop, goods, order.wanted.fate
        )
        if self._tap(rider, tap):
            self.log.closings[drop] = Closing(self.agenda.now, outcome)
        self._finish(rider, replace(leg, ended=self.agenda.now))

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
        return Tap(seq=rider.seq, kind=kind, at=self.agenda.now, stop=leg.stop if leg else None)
