"""
Time passes for a zone: ticks, and the moments at which somebody has to be told.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from api.asked import Room
from api.clock import ManualClock, SystemClock
from api.retention import Retention
from dispatch.answered import forget_answered
from dispatch.errors import Unavailable
from dispatch.foresight import foresee

if TYPE_CHECKING:
    from api.zone import Zone

log = logging.getLogger(__name__)


class Ticking:
    """
    Ticks of a zone, by its clock or as a manual one is moved.

    ``ticked_at`` is when the last tick succeeded, in the seconds of the event loop's clock.
    Mutable because time passes. Used on the event loop only.
    """

    def __init__(self, zone: Zone, tick_s: int) -> None:
        self._zone = zone
        self._tick_s = tick_s
        self._retention = Retention(zone.settings)
        self._loop = asyncio.get_running_loop()
        self.ticked_at = self._loop.time()
        self._moves = asyncio.Lock()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: int | None = None
        self._stopped = False

    @property
    def late_s(self) -> float:
        """Seconds by which the next tick is late; 0 for a manual clock, which ticks as it moves."""
        if isinstance(self._zone.clock, ManualClock):
            return 0.0
        return max(0.0, self._loop.time() - self.ticked_at - self._tick_s)

    def stop(self) -> None:
        """Rings no more."""
        self._stopped = True
        self.set_alarm(None)

    async def move_clock(self, now: int) -> None:
        """
        Moves a manual clock through all due until ``now``, waiting for the search each time.

        Due are ticks, and the moments at which somebody has to be told about a promise.

        Raises ValueError for a moment that is over, TypeError where the clock is not manual.
        """
        clock = self._zone.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("Expected a manual clock.")
        async with self._moves:
            if now < clock.now():
                raise ValueError(f"Expected a moment from {clock.now()} on, got {now}.")
            await self._zone.idle()
            moment = await self._notice()
            while True:
                tick = (clock.now() // self._tick_s + 1) * self._tick_s
                # One that is over already could not be written down: the ticks go on.
                ahead = moment is not None and clock.now() < moment < tick
                step = moment if ahead and moment is not None else tick
                if step > now:
                    break
                clock.move_to(step)
                moment = await (self._notice() if ahead else self._tick())
                await self._zone.idle()
            clock.move_to(now)

    async def run(self) -> None:
        """Ticks for ever."""
        while True:
            await asyncio.sleep(self._tick_s)
            try:
                await self._tick()
            except Unavailable as error:
                log.error("A tick failed: %s", error)
                self._zone.metrics.planning.ticks_failed.inc()
            except Exception:
                # The next tick is another chance; orders and taps do not depend on it.
                log.exception("A tick failed")
                self._zone.metrics.planning.ticks_failed.inc()

    async def _tick(self) -> int | None:
        """Lets the dispatcher do what is due, and returns when it next has to tell somebody."""

        def ticked(room: Room) -> None:
            room.dispatcher.tick(room.now)
            with room.write() as connection:
                forget_answered(connection, room.now)
            self._retention.forget(room)

        def foreseen(room: Room) -> int | None:
            room.dispatcher.record(room.now, *foresee(room.dispatcher, room.now))
            return room.dispatcher.next_moment()

        await self._zone.ask(ticked)
        self.ticked_at = self._loop.time()
        if self._zone.is_shedding:
            # A rescue is looked for by trying many plans.
            return await self._notice()
        # By itself, since a rescue is looked for longer than an order should wait for.
        return await self._zone.ask(foreseen, wake=False)

    async def _notice(self) -> int | None:
        # All work on the zone's thread begins and ends with what is due.
        return await self._zone.ask(lambda room: room.dispatcher.next_moment())

    def set_alarm(self, moment: int | None) -> None:
        """Rings at a moment of the machine's clock, None never; a manual one is moved there."""
        clock = self._zone.clock
        if not isinstance(clock, SystemClock) or moment == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, moment
        if moment is not None and not self._stopped:
            self._alarm = self._loop.call_later(clock.wait_s(moment), self._ring)

    def _ring(self) -> None:
        self._alarm_at = None
        self._zone.remind()
