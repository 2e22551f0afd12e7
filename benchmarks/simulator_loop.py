"""
One thread on a clock of its own: an event loop that jumps to whatever is due next.

Nothing here waits, reads the machine's clock or starts a thread, so that a run depends on nothing
but its seed. A program that runs on the loop belongs to a :class:`Life`, which can stand still, as
after SIGSTOP, or end at any moment, as after SIGKILL.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

T = TypeVar("T")

MOMENT_S = 1e-6
"""How long each step of the loop takes."""


class Killed(BaseException):
    """What a thread meets whose process ends: no handler of errors may take it for one."""


class Life:
    """One life of a program. Mutable: its tasks come and go, it stands still, it ends."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.ended = False
        self.still_until = 0.0
        self.held: list[tuple[int, asyncio.Handle]] = []
        self.tasks: dict[asyncio.Task[Any], None] = {}

    def context(self) -> Context:
        """Returns a context in which everything belongs to this life."""
        context = copy_context()
        context.run(LIFE.set, self)
        return context


LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)
"""Whose code is running, None for the world around the program."""


if TYPE_CHECKING:
    # What of it no program here asks for raises NotImplementedError.
    _Loop = Any
else:
    _Loop = asyncio.AbstractEventLoop


class VirtualLoop(_Loop):  # type: ignore[misc]
    """
    An event loop in virtual time, in seconds from 0; what is due at one moment runs as it came.

    ``faults`` are errors that nobody took.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._now = 0.0
        self._due: list[tuple[float, int, Life | None, asyncio.Handle]] = []
        self._count = 0
        self._pool = VirtualThread(self, lambda: 0.0)
        self._closed = False

    def run_until(self, done: Callable[[], bool]) -> None:
        """Runs until something is so; raises RuntimeError where nothing will ever happen again."""
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(finalizer=self._finish)
        asyncio._set_running_loop(self)  # noqa: SLF001
        try:
            while not done():
                if not self._due:
                    raise RuntimeError("Nothing is due: everything waits for something else.")
                self._step()
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001
            sys.set_asyncgen_hooks(*hooks)

    def run_out(self, steps: int = 100_000) -> None:
        """Runs what is left of an end, no more than so many steps."""
        left = iter(range(steps))
        self.run_until(lambda: not self._due or next(left, None) is None)

    def _step(self) -> None:
        when, number, life, handle = heappop(self._due)
        if handle.cancelled():
            return
        # Whoever asks again and again at one moment sees that time goes on.
        self._now = max(self._now + MOMENT_S, when)
        if life is not None and life.still_until > self._now and not life.ended:
            life.held.append((number, handle))
        else:
            handle._run()  # noqa: SLF001

    def hold(self, life: Life, seconds: float) -> None:
        """Lets a program stand still: nothing of it runs for so many seconds."""
        life.still_until = self._now + seconds
        self.call_later(seconds, self.release, life)

    def release(self, life: Life) -> None:
        """Lets what was held run, in the order in which it came, unless it is held longer."""
        if life.ended or life.still_until <= self._now:
            for number, handle in life.held:
                heappush(self._due, (self._now, number, life, handle))
            life.held.clear()

    def _finish(self, generator: AsyncGenerator[Any, None]) -> None:
        if not self._closed:
            self.call_soon(self.create_task, generator.aclose())

    def time(self) -> float:
        """Returns the virtual seconds since the loop began."""
        return self._now

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Lets something run at this moment, after all that is due already."""
        return self.call_at(self._now, callback, *args, context=context)

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Lets something run so many seconds from now."""
        return self.call_at(self._now + max(0.0, delay), callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Lets something run at a moment."""
        context = copy_context() if context is None else context
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        if not self._closed:
            heappush(self._due, (when, self._count, context.get(LIFE), handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Does nothing: what is cancelled is passed over when it is due."""

    def create_future(self) -> asyncio.Future[Any]:
        """Returns a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        """Returns a task, which belongs to the life of its context."""
        life = (context or copy_context()).get(LIFE)
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        if life is not None:
            life.tasks[task] = None
            task.add_done_callback(lambda done: life.tasks.pop(done, None))
        return task

    def run_in_executor(
        self, executor: concurrent.futures.Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Returns what a function gives in an executor, None: in one of the loop's own."""
        return asyncio.wrap_future((executor or self._pool).submit(func, *args), loop=self)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keeps an error that nobody took, but for those of a program that is dead."""
        life, error = LIFE.get(), context.get("exception")
        if not (life is not None and life.ended) and not isinstance(error, Killed):
            self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")

    def get_task_factory(self) -> None:
        """Returns None: tasks are made by the loop."""

    def get_debug(self) -> bool:
        """Returns False."""
        return False

    def is_running(self) -> bool:
        """Returns whether code that asks for the running loop gets this one."""
        return asyncio._get_running_loop() is self  # noqa: SLF001

    def is_closed(self) -> bool:
        """Returns whether nothing is taken any more."""
        return self._closed

    def close(self) -> None:
        """Forgets what is due, and takes nothing any more."""
        self._closed = True
        self._due.clear()


class VirtualThread(concurrent.futures.Executor):
    """
    A thread as it looks from the loop: one job after the other, each in no time of its own.

    ``takes`` draws the seconds from the beginning of a job until its result is known. What a job
    does is done at its beginning: others see that before its caller hears of it, or never does.
    """

    def __init__(self, loop: VirtualLoop, takes: Callable[[], float]) -> None:
        self._loop = loop
        self._takes = takes
        self._free_at = 0.0

    def submit(
        self, fn: Callable[..., T], /, *args: Any, **rest: Any
    ) -> concurrent.futures.Future[T]:
        """Returns the future of a job that begins when those before it are over."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        begins, seconds = max(self._loop.time(), self._free_at), self._takes()
        self._free_at = begins + seconds

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **rest)
            except BaseException as error:
                self._loop.call_later(seconds, future.set_exception, error)
            else:
                self._loop.call_later(seconds, future.set_result, result)

        self._loop.call_at(begins, run)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Does nothing: there is no thread to end."""
