"""
Searches in worker processes that may die or hang without harm.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Protocol, TypeVar

from api import search_worker
from dispatch.dispatcher import Snapshot
from solver.solve import Result

log = logging.getLogger(__name__)

GRACE_S = 5.0
"""Seconds by which a search may be late before its workers count as hanging."""

WARM_UP_S = 120.0
"""Seconds within which new workers must have warmed up."""

LANES = 2
"""Lanes of a search in one process at most."""

T = TypeVar("T")


class SearchLost(Exception):
    """A search that gave no answer because its workers died or hung."""


class Search(Protocol):
    """Something that looks for better solutions elsewhere than on the event loop."""

    @property
    def state(self) -> str:
        """``starting``, ``ready`` or ``lost``."""
        ...

    async def start(self) -> None:
        """Returns once a search can begin at once; raises SearchLost."""
        ...

    async def find(self, snapshot: Snapshot, *, polish: bool = False) -> Result | None:
        """
        Returns a better solution and its story, None if none was found; raises SearchLost.

        ``polish`` asks for more time than usual.
        """
        ...

    async def close(self) -> None:
        """Ends it."""
        ...


def lanes_of(workers: int) -> tuple[int, ...]:
    """Returns the lanes of each process that together use so many cores."""
    return tuple(min(LANES, workers - first) for first in range(0, workers, LANES))


class SearchPool:
    """
    Warm, niced worker processes; each search uses all of them, every one with another seed.

    ``workers`` is how many cores they use: a process has two lanes that exchange their best, the
    last of an odd number one.

    Mutable because processes die: the pool is thrown away then, and the next search starts another.
    The processes are kept to end workers that no longer listen.
    """

    def __init__(
        self,
        *,
        workers: int,
        seconds: float,
        polish_seconds: float = 0,
        seed: int = 0,
        grace: float = GRACE_S,
    ) -> None:
        self._state = "starting"
        self._lanes = lanes_of(workers)
        self._seconds = seconds
        self._polish_seconds = polish_seconds
        self._seed = seed
        self._grace = grace
        self._pool: ProcessPoolExecutor | None = None
        self._processes: list[BaseProcess] = []

    @property
    def state(self) -> str:
        """``starting``, ``ready``, or ``lost``: a worker ended, and the next search starts anew."""
        if self._state == "ready" and not all(p.is_alive() for p in self._processes):
            return "lost"
        return self._state

    async def start(self) -> None:
        """Returns once all workers are warm; raises SearchLost when they cannot be started."""
        if self._pool is not None:
            return
        self._state = "starting"
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            len(self._lanes),
            mp_context=context,
            initializer=search_worker.start,
            initargs=(context.Barrier(len(self._lanes)),),
        )
        await self._run([search_worker.warm] * len(self._lanes), WARM_UP_S)
        self._state = "ready"

    async def find(self, snapshot: Snapshot, *, polish: bool = False) -> Result | None:
        """Returns the best that the workers found, None without gain; raises SearchLost."""
        await self.start()
        seconds = self._polish_seconds if polish else self._seconds
        if not seconds:
            return None
        seed = self._seed + snapshot.version * len(self._lanes)
        calls = [
            partial(search_worker.search, snapshot, seconds, seed + i, lanes)
            for i, lanes in enumerate(self._lanes)
        ]
        found = await self._run(calls, seconds + self._grace)
        best = min(found, key=lambda result: result.cost)
        return best if best.improved else None

    async def close(self) -> None:
        """Ends all workers without waiting for what they are at."""
        self._state = "lost"
        await self._end(kill=True)

    async def _run(self, calls: Sequence[Callable[[], T]], timeout_s: float) -> list[T]:
        """Returns the answers of calls made in the workers; ends the pool when one is lost."""
        assert self._pool is not None
        loop = asyncio.get_running_loop()
        others = multiprocessing.active_children()
        try:
            futures = [loop.run_in_executor(self._pool, call) for call in calls]
            # The pool starts its workers while it is given their first calls.
            self._processes += [p for p in multiprocessing.active_children() if p not in others]
            return await asyncio.wait_for(asyncio.gather(*futures), timeout_s)
        except BrokenProcessPool:
            await self._end(kill=False)
            what = "A search worker died"
        except TimeoutError:
            await self._end(kill=True)
            what = f"A search worker hung for more than {timeout_s:.1f} s"
        self._state = "lost"
        raise SearchLost(f"{what}; the next search starts new ones.")

    async def _end(self, *, kill: bool) -> None:
        """Ends the workers: killed here, or already ended because one of them died."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        processes, self._processes = self._processes, []
        for process in processes if kill else ():
            process.kill()
        await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
