"""
When work that can wait is done: as soon as nobody asks, and after three seconds at the latest.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from api.lull import LONGEST_S, LULL_S, Lull
from benchmarks.simulator_loop import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Coroutine


def played(story: Coroutine[Any, Any, float]) -> float:
    """Returns what a story gives that runs on a clock which nobody waits for."""
    loop = VirtualLoop()
    task = loop.create_task(story)
    loop.run_until(task.done)
    return task.result()


async def waited(lull: Lull) -> float:
    """Returns the seconds until a lull comes."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await lull.come()
    return loop.time() - began


async def asks(lull: Lull, seconds: float) -> None:
    with lull.asking():
        await asyncio.sleep(seconds)


def test_where_nobody_ever_asked_there_is_one_at_once() -> None:
    assert played(waited(Lull())) == pytest.approx(0, abs=0.001)


def test_one_comes_a_little_after_the_last_answer() -> None:
    async def story() -> float:
        lull = Lull()
        await asks(lull, 0.2)
        await asyncio.sleep(0.02)
        return await waited(lull)

    assert played(story()) == pytest.approx(LULL_S - 0.02, abs=0.001)


def test_an_ask_that_is_being_answered_is_waited_for() -> None:
    async def story() -> float:
        lull = Lull()
        asking = asyncio.create_task(asks(lull, 0.12))
        await asyncio.sleep(0)
        found = await waited(lull)
        await asking
        return found

    # Answered after 0.12 s, looked at every 0.05 s: seen at 0.15 s, as 0.03 s of the lull are over.
    assert played(story()) == pytest.approx(0.17, abs=0.001)


def test_a_crowd_is_not_waited_for_longer_than_that() -> None:
    async def story() -> float:
        lull = Lull()

        async def crowd() -> None:
            while True:
                await asks(lull, 0.03)
                await asyncio.sleep(0.03)

        crowding = asyncio.create_task(crowd())
        await asyncio.sleep(0)
        found = await waited(lull)
        crowding.cancel()
        return found

    assert played(story()) == pytest.approx(LONGEST_S, abs=0.001)
