"""Search workers: real processes that are warm, niced, and may die or hang without harm."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api.improver import MAX_ROUNDS, Improver, story
from api.search_pool import SearchLost, SearchPool, lanes_of
from dispatch.dispatcher import Snapshot
from solver.problem import Job, Problem, Task, Vehicle
from solver.solution import Activity, Kind, Solution
from solver.solve import SolveParams, solve
from tests.api_world import DeadSearch, InlineSearch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from solver.solve import Result


def a_snapshot() -> Snapshot:
    """A vehicle in a row of four places 60 s apart, sent to the far job first."""
    row = np.arange(4) * 60
    durations = np.abs(row[:, None] - row[None, :])
    jobs = tuple(Job(f"j{j}", Task(j), Task(0)) for j in (3, 1, 2))
    route = tuple(Activity(j, kind) for j in (0, 1, 2) for kind in (Kind.PICKUP, Kind.DELIVERY))
    return Snapshot(Problem((Vehicle("v", 0),), jobs, durations), Solution((route,)), 1, 0)


def workers() -> list[int]:
    """Returns the processes that this one started."""
    return [p.pid for p in multiprocessing.active_children() if p.pid is not None]


@pytest.mark.slow
def test_a_worker_finds_a_better_solution_and_is_polite() -> None:
    async def story() -> None:
        pool = SearchPool(workers=1, seconds=0.2)
        assert pool.state == "starting"
        await pool.start()
        assert pool.state == "ready"
        (pid,) = workers()
        assert os.getpriority(os.PRIO_PROCESS, pid) == 10
        assert await pool.find(a_snapshot()) is not None
        assert workers() == [pid]
        await pool.close()
        assert workers() == []

    asyncio.run(story())


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced() -> None:
    async def story() -> None:
        pool = SearchPool(workers=1, seconds=0.1)
        await pool.start()
        (pid,) = workers()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(SearchLost, match="died"):
            await pool.find(a_snapshot())
        assert pool.state == "lost"
        assert await pool.find(a_snapshot()) is not None
        assert pool.state == "ready"
        await pool.close()

    asyncio.run(story())


@pytest.mark.slow
def test_a_worker_that_hangs_is_killed_and_replaced() -> None:
    async def story() -> None:
        pool = SearchPool(workers=1, seconds=0.1, grace=1)
        await pool.start()
        (pid,) = workers()
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(SearchLost, match="hung"):
            await pool.find(a_snapshot())
        assert pid not in workers()
        assert await pool.find(a_snapshot()) is not None
        await pool.close()

    asyncio.run(story())


def test_cores_are_shared_out_in_processes_of_two_lanes() -> None:
    shares = [lanes_of(cores) for cores in range(1, 5)]
    assert shares == [(1,), (2,), (2, 1), (2, 2)]


@pytest.mark.slow
def test_one_process_searches_on_two_cores() -> None:
    async def story() -> None:
        pool = SearchPool(workers=2, seconds=0.2)
        await pool.start()
        assert len(workers()) == 1
        found = await pool.find(a_snapshot())
        assert found is not None
        assert found.improved
        await pool.close()

    asyncio.run(story())


def improving(
    search: InlineSearch,
    snapshot: Snapshot | None,
    gains: int,
    lull: Callable[[], Awaitable[None]] | None = None,
) -> tuple[Improver, list[int]]:
    """Returns an improver whose answers are adopted so many times, and the record of it."""
    adopted: list[int] = []

    async def give() -> Snapshot | None:
        return snapshot

    async def adopt(_: Snapshot, __: Solution) -> bool:
        adopted.append(len(adopted) < gains)
        return bool(adopted[-1])

    async def no_wait() -> None:
        pass

    return Improver(search, snapshot=give, adopt=adopt, lull=lull or no_wait), adopted


def run(improver: Improver, story: Coroutine[None, None, None]) -> None:
    """Plays a story while an improver runs."""

    async def both() -> None:
        task = asyncio.create_task(improver.run())
        async with asyncio.timeout(20):
            await story
        task.cancel()

    asyncio.run(both())


async def woken(improver: Improver) -> None:
    """Wakes an improver and waits until it rests."""
    improver.wake()
    await improver.idle()


def test_a_gain_is_followed_by_another_search_until_a_long_one_has_none() -> None:
    polished: list[bool] = []

    class Recorded(InlineSearch):
        async def find(self, snapshot: Snapshot, *, polish: bool = False) -> Result | None:
            polished.append(polish)
            return await super().find(snapshot)

    improver, adopted = improving(Recorded(), a_snapshot(), gains=2)
    run(improver, woken(improver))
    assert adopted == [True, True, False, False]
    assert polished == [False, False, False, True]


@pytest.mark.slow
def test_without_time_for_a_long_search_there_is_none() -> None:
    async def story() -> None:
        pool = SearchPool(workers=1, seconds=0.1, polish_seconds=0)
        assert await pool.find(a_snapshot(), polish=True) is None
        await pool.close()

    asyncio.run(story())


def test_gains_without_end_are_bounded() -> None:
    search = InlineSearch()
    improver, adopted = improving(search, a_snapshot(), gains=1000)
    run(improver, woken(improver))
    assert len(adopted) == MAX_ROUNDS


def test_nothing_is_searched_where_nothing_is_to_be_planned() -> None:
    search = InlineSearch()
    improver, _ = improving(search, None, gains=0)
    run(improver, woken(improver))
    assert search.searches == 0


def test_a_lost_search_leaves_the_improver_running() -> None:
    search = DeadSearch()
    improver, _ = improving(search, a_snapshot(), gains=0)

    async def twice() -> None:
        await woken(improver)
        await woken(improver)

    run(improver, twice())
    assert search.searches == 2


def test_a_search_that_fails_is_logged_and_the_next_one_is_made(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Faulty(InlineSearch):
        async def find(self, snapshot: Snapshot, *, polish: bool = False) -> Result | None:
            self.searches += 1
            raise ValueError("a fault of ours")

    search = Faulty()
    improver, _ = improving(search, a_snapshot(), gains=0)

    async def twice() -> None:
        await woken(improver)
        await woken(improver)

    run(improver, twice())
    assert search.searches == 2
    assert "a fault of ours" in caplog.text


def test_the_log_says_whether_the_model_of_record_read_what_was_adopted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    improver, _ = improving(InlineSearch(), a_snapshot(), gains=1)
    with caplog.at_level(logging.INFO, "api.improver"):
        run(improver, woken(improver))
    (told,) = (r.message for r in caplog.records if r.name == "api.improver")
    assert told == "A search upon plan 1 was adopted: read back by OR-Tools"
    alone = solve(a_snapshot().problem, SolveParams(iterations=1, engine="sisr"))
    assert story(alone) == "not read back by OR-Tools: Ruin and recreate alone was asked for."


def test_what_a_search_asks_of_the_zone_waits_for_a_lull() -> None:
    async def story() -> None:
        waiting, calm = asyncio.Event(), asyncio.Event()
        lulls: list[int] = []

        async def lull() -> None:
            lulls.append(len(adopted))
            waiting.set()
            await calm.wait()

        improver, adopted = improving(InlineSearch(), a_snapshot(), 0, lull)
        task = asyncio.create_task(improver.run())
        improver.wake()
        await waiting.wait()
        assert adopted == []
        idle = asyncio.create_task(improver.idle())
        calm.set()
        await idle
        task.cancel()
        # A short search and a long one, neither adopted; the rest is waited for, so not delayed.
        assert adopted == [False, False]
        assert lulls[0] == 0

    asyncio.run(story())


def test_who_waits_for_the_search_does_not_wait_for_a_lull() -> None:
    async def never() -> None:
        raise AssertionError("waited for a lull")

    improver, adopted = improving(InlineSearch(), a_snapshot(), 0, never)
    run(improver, woken(improver))
    assert adopted == [False, False]
