"""
A whole world in one thread: the real service, its clients, the network between them, and trouble.

Everything follows from a seed.
"""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.helsinki import STORE, embedded_city
from benchmarks.simulator_checks import Checks
from benchmarks.simulator_desks import Clerk, Screen
from benchmarks.simulator_disk import simulated
from benchmarks.simulator_faults import CALM, Faults, Journal, Violation, drawn
from benchmarks.simulator_hooks import Hooks
from benchmarks.simulator_loop import VirtualLoop
from benchmarks.simulator_net import Network
from benchmarks.simulator_phones import Phone
from benchmarks.simulator_service import Service

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from dispatch.city import City

START = datetime.fromisoformat("2026-11-23T09:00:00+02:00")
"""A Monday morning in Helsinki."""

MEMORY = Path("/dev/shm")  # noqa: S108
"""A folder in memory, where there is one."""

CALM_S = 8 * 3600
"""Virtual seconds without trouble after which everything must be settled."""

ZONE = "helsinki"


@cache
def _city() -> City:
    return embedded_city()


class World:
    """One run. Mutable: it happens."""

    zone = ZONE

    def __init__(self, seed: int, folder: Path, faults: Faults | None = None) -> None:
        self.seed = seed
        self.city = _city()
        self.loop = VirtualLoop()
        self.context = copy_context()
        self.journal = Journal(self.loop)
        self.faults = CALM
        self.calm = False
        rng = self.rng("world")
        self._trouble = drawn(rng) if faults is None else faults
        self.order_every_s = rng.choice((10, 30, 60))
        self.most_open = rng.choice((3, 8, 14))
        self.policy = {
            "quote_search_s": 0,
            "quote_confidence": rng.choice((0, 0.95)),
            "standard_group": rng.choice((1, 2)),
            "standard_age_s": 900,
            "holds_per_principal": 3,
            "tick_s": rng.choice((15, 30, 60)),
        }
        known = sorted(self.city.offices)
        self.desks = rng.sample(known, 12)
        self.couriers: list[str] = []
        self.drops: list[str] = []
        self.checks = Checks(self)
        self.network = Network(self)
        self.service = Service(self, folder)
        self.hooks = Hooks(self)
        self._rng = rng
        self._clerks = [Clerk(self, f"clerk{i}") for i in range(rng.randint(1, 2))]
        self.screens = [Screen(self, f"screen{i}") for i in range(rng.randint(1, 2))]
        self.phones: list[Phone] = []
        self.settled = False

    def rng(self, name: str) -> random.Random:
        """Returns the randomness of somebody: what others draw does not change it."""
        return random.Random(f"{self.seed} {name}")

    def now(self) -> float:
        """Returns the moment, in Unix seconds."""
        return START.timestamp() + self.loop.time()

    def moment(self, later_s: int) -> str:
        """Returns a moment so many seconds from now as text."""
        return (START + timedelta(seconds=int(self.loop.time()) + later_s)).isoformat()

    def play(self, steps: int, *, settle: bool) -> None:
        """Lets so many steps happen, then everything settle, if it shall."""
        self.loop.create_task(self._happen(steps, settle=settle))
        self.loop.run_until(lambda: self.settled or bool(self.journal.violation))
        for fault in self.loop.faults:
            self.journal.violated("no error that nobody takes", fault)

    def end(self) -> None:
        """Ends whatever still runs, and reaches nobody any more."""
        self.service.kill()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_out()
        self.checks.close()
        self.loop.close()

    async def _happen(self, steps: int, *, settle: bool) -> None:
        service = self.loop.create_task(self.service.run())
        await self._until(lambda: self.service.app is not None, 1)
        await self._hire(self._clerks[0])
        self.faults = self._trouble
        begins = [c.start for c in self._clerks] + [s.start for s in self.screens]
        for start in (*begins, self.hooks.start, *(p.start for p in self.phones)):
            start()
        trouble = [self.loop.create_task(coroutine) for coroutine in self._troubles()]
        await self._until(lambda: self.journal.steps >= steps)
        self.faults, self.calm = CALM, True
        for task in trouble:
            task.cancel()
        self.service.trouble(full=False, broken=False)
        self.journal.note("calm")
        if settle:
            await self._settle()
        service.cancel()
        self.service.stop()
        await self._until(lambda: self.service.life is None)
        if settle:
            self.checks.settled()
        self.settled = True

    async def _until(self, so: Callable[[], bool], wait_s: float = 10) -> None:
        # What is waited for is nobody's event: lines of a journal, the end of a process.
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(wait_s)

    async def _hire(self, clerk: Clerk) -> None:
        shift = {"start": self.moment(-3600), "end": self.moment(12 * 3600)}
        for i in range(self._rng.randint(2, 5)):
            body = {"name": f"C{i}", "store": STORE.id, "capacity": 8 + i, "shift": shift}
            answer = await clerk.until_answered("POST", "/v1/couriers", body, (201,))
            self.couriers.append(answer.json()["id"])
        self.phones = [Phone(self, courier) for courier in self.couriers]

    def _troubles(self) -> list[Coroutine[Any, Any, None]]:
        rng, service = self.rng("trouble"), self.service

        async def disk() -> None:
            full = rng.random() < 0.5
            service.trouble(full=full, broken=not full)
            await asyncio.sleep(rng.expovariate(1 / 120))
            service.trouble(full=False, broken=False)

        async def every(seconds: float, strike: Callable[[], Awaitable[None] | None]) -> None:
            while seconds:
                await asyncio.sleep(rng.expovariate(1 / seconds))
                lasts = strike()
                if lasts is not None:
                    await lasts

        f = self._trouble
        return [
            every(f.crash_s, service.kill),
            every(f.stop_s, service.stop),
            every(f.pause_s, lambda: service.pause(rng.expovariate(1 / 90))),
            every(f.usurp_s, lambda: service.usurp(rng.expovariate(1 / 90))),
            every(f.disk_s, disk),
        ]

    async def _settle(self) -> None:
        """Waits until everybody has an answer and all orders are over; no longer than it may."""
        began = self.loop.time()
        while any(clerk.busy for clerk in self._clerks):
            await asyncio.sleep(5)
            if self.loop.time() > began + CALM_S:
                self.journal.violated("every request is answered", "")
                return
        await self._clerks[0].tidy()
        while waits := self._waits():
            await asyncio.sleep(20)
            if self.loop.time() > began + CALM_S:
                self.journal.violated("everything settles", "; ".join(waits))
                return

    def _waits(self) -> list[str]:
        """Returns what is not settled yet."""
        last = self.checks.last_told()
        waits = [f"order {name}" for name in self.checks.unsettled()]
        waits += [f"taps of {p.courier}" for p in self.phones if p.queue]
        waits += [f"{s.name} at {s.last} of {last}" for s in self.screens if (s.last or 0) < last]
        return waits or self.hooks.waits()


def played(seed: int, steps: int, faults: Faults | None = None, *, settle: bool = True) -> Journal:
    """
    Returns the journal of a run; ``faults`` None are drawn from the seed.

    After so many steps the trouble ends, and everything has to ``settle`` (False: the run ends).

    Raises Violation, with the end of the journal, where something did not hold.
    """
    logging.disable(logging.CRITICAL)
    memory = MEMORY if MEMORY.is_dir() else None
    try:
        with tempfile.TemporaryDirectory(dir=memory) as name:
            world = World(seed, Path(name), faults)
            with simulated(world):
                try:
                    world.play(steps, settle=settle)
                finally:
                    world.end()
    finally:
        logging.disable(logging.NOTSET)
    journal = world.journal
    if journal.violation:
        # What its end still brought is not what broke it.
        at = next(i for i, line in enumerate(journal.lines) if " violation " in line)
        end = "\n".join(journal.lines[max(0, at - 29) : at + 1])
        raise Violation(f"seed {seed}, step {at + 1}: {journal.violation}\n{end}")
    return journal
