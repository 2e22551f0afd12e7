"""
Answers requests in VROOM's format in processes of their own, a few at once.

Each is forked from a server that has the solver loaded, which takes hundredths of a second, and is
ended when its time is over or nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from api.problems import Problem
from api.vroom_requests import INTERNAL, STATUS
from api.vroom_travel import Travel
from api.vroom_worker import Cost, Job, LinesWanted, TableWanted, Told, run, written
from solver.vroom_errors import VroomError

log = logging.getLogger(__name__)

PRELOADED = ["__main__", "api.vroom_worker"]
"""What the server of forks imports once."""

GRACE_S = 15.0
"""
Seconds beyond its search that a request may take, to be read, to wait for a core and to be written.

A thousand tasks for two hundred vehicles took 1.7 s more than they were given, alone on a core.
"""

MOST_WAITING = 16
"""Requests that may wait for a process at once; the next is told to come again."""


class BusyError(Exception):
    """More requests wait than there is room for."""


class VroomPool:
    """
    Processes that answer, ``workers`` of them at once.

    Mutable because it counts who waits. ``travel`` gives the city's times once the zone is open.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="vroom")
        self._free = asyncio.Semaphore(workers)
        self._waiting = 0
        self._context = multiprocessing.get_context("forkserver")
        self._talks: set[_Talk] = set()

    @property
    def is_busy(self) -> bool:
        """Whether a request would have to wait."""
        return self._free.locked()

    def warm(self) -> None:
        """Begins to load the solver where processes are forked, so that the first need not wait."""
        self._context.set_forkserver_preload(PRELOADED)
        forkserver.ensure_running()

    async def answer(
        self, job: Job, travel: Travel, spend: Callable[[Cost], None] = lambda _: None
    ) -> Told:
        """
        Returns the answer to a job; whoever cancels this ends its process.

        ``spend`` hears on this loop what the job is about to take; what it raises is raised here.
        Raises BusyError where too many wait already.
        """
        if self.is_busy and self._waiting >= MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        loop = asyncio.get_running_loop()

        async def spent(cost: Cost) -> None:
            spend(cost)

        talk = _Talk(
            self._context,
            job,
            travel,
            lambda cost: asyncio.run_coroutine_threadsafe(spent(cost), loop).result(
                job.ends_after_s
            ),
        )
        self._talks.add(talk)
        done = loop.run_in_executor(self._threads, talk.held)
        try:
            return await asyncio.wait_for(asyncio.shield(done), job.ends_after_s)
        except TimeoutError:
            log.error("A request in VROOM's format took longer than %.0f s", job.ends_after_s)
            return _failed("Internal error: the time was over")
        finally:
            talk.end()
            done.add_done_callback(lambda _: self._released(talk))

    def _released(self, talk: _Talk) -> None:
        self._talks.discard(talk)
        self._free.release()

    def close(self) -> None:
        """Ends all that is under way."""
        for talk in tuple(self._talks):
            talk.end()
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Talk:
    """
    The talk with one process, held on a thread; `end` may be called from any other at any time.
    """

    def __init__(
        self,
        context: multiprocessing.context.ForkServerContext,
        job: Job,
        travel: Travel,
        spend: Callable[[Cost], None],
    ) -> None:
        self._context, self._job, self._travel = context, job, travel
        self._spend = spend
        self._process: BaseProcess | None = None
        self._is_over = False

    def held(self) -> Told:
        """Returns what the process tells, having answered what it asks."""
        ours, theirs = self._context.Pipe()
        with ours:
            self._process = process = self._begun(theirs)
            if self._is_over:
                process.kill()
            try:
                return self._heard(ours)
            except Problem:
                process.kill()
                raise
            except (EOFError, OSError):
                if not self._is_over:
                    log.error("A process that answered in VROOM's format died")
                return _failed("Internal error")
            finally:
                process.join()
                process.close()

    def end(self) -> None:
        """Ends the process, now or as soon as it is there."""
        self._is_over = True
        process = self._process
        if process is not None:
            try:
                process.kill()
            except ValueError:
                # It has ended, and was tidied up on its thread.
                return

    def _begun(self, theirs: Connection) -> BaseProcess:
        with theirs:
            self._context.set_forkserver_preload(PRELOADED)
            process = self._context.Process(target=run, args=(theirs, self._job), daemon=True)
            process.start()
        return process

    def _heard(self, ours: Connection) -> Told:
        while True:
            said = ours.recv()
            if isinstance(said, Told):
                if said.fault:
                    log.error("A request in VROOM's format failed: %s", said.fault)
                return said
            if isinstance(said, Cost):
                self._spend(said)
                ours.send(None)
                continue
            ours.send(self._travelled(said))

    def _travelled(self, asked: TableWanted | LinesWanted) -> object:
        try:
            if isinstance(asked, TableWanted):
                return self._travel.table(asked.profile, asked.places, asked.needs_metres)
            return self._travel.lines(asked.profile, asked.pairs)
        except VroomError as error:
            return error


def _failed(text: str) -> Told:
    return Told(STATUS[INTERNAL], written({"code": INTERNAL, "error": text}))
