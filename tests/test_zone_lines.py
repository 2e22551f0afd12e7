"""A zone whose line to its database breaks: nothing is half-done, and nothing half-known."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from api.clock import ManualClock
from api.zone import Room, Zone
from dispatch.store import DatabaseError
from tests.api_world import helsinki, settings_in
from tests.cutting_proxy import CuttingProxy
from tests.homes import Home
from tests.test_zone_units import NOW, joined, meddled, ordered, remembered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from api.feed import Listener
    from benchmarks.postgres_server import PostgresServer

    Story = Callable[[Zone, CuttingProxy, Home], Awaitable[None]]
    Play = Callable[[Story], None]


@pytest.fixture
def play(postgres: PostgresServer, tmp_path: Path) -> Play:
    """Tells a story of a zone with one courier, at the other end of a line that breaks."""
    home = Home(postgres.url("zone"))
    home.empty()

    async def run(story: Story) -> None:
        with closing(CuttingProxy(postgres.port)) as line:
            settings = settings_in(tmp_path, db=postgres.url("zone", line.port))
            zone = Zone(settings, ManualClock(NOW), city=helsinki())
            await zone.start()
            try:
                await zone.ask(joined)
                await story(zone, line, home)
            finally:
                await zone.stop()

    return lambda story: asyncio.run(run(story))


def told(room: Room) -> tuple[object, ...]:
    """Returns what the dispatcher knows, and what its tables and its log do."""
    state, plan = room.dispatcher.state, room.dispatcher.plan
    stored, published = room.database.load(room.zone, state.stores)
    folded = room.database.fold(room.zone, state.stores)
    assert (state.orders, state.live, state.traffic) == (folded.orders, folded.live, folded.traffic)
    assert (stored.orders, stored.live, stored.traffic) == (state.orders, state.live, state.traffic)
    assert plan == published
    return tuple(state.orders), plan.version


def test_an_order_that_never_reached_the_server_was_never_placed(play: Play) -> None:
    async def story(zone: Zone, line: CuttingProxy, home: Home) -> None:
        before = await zone.ask(told)
        line.armed = "before"
        with pytest.raises(DatabaseError):
            await zone.ask(meddled)
        assert line.cuts == 1
        assert await zone.ask(told) == before
        assert await zone.ask(ordered) == "o_1"

    play(story)


def test_an_order_whose_answer_was_lost_is_there_and_everybody_hears_of_it(play: Play) -> None:
    async def story(zone: Zone, line: CuttingProxy, home: Home) -> None:
        memory, times = await zone.ask(lambda room: remembered(room.dispatcher))
        with zone.feed.listen() as listener:
            line.armed = "after"
            with pytest.raises(DatabaseError):
                await zone.ask(meddled)
            assert line.cuts == 1
            # Whoever asks next makes the zone look what became of it.
            assert await zone.ask(told) == (("o_1",), memory.plan.version + 1)
            assert [kind async for kind in _until_plan(listener)][:2] == [
                "traffic_changed",
                "order_placed",
            ]
            assert await zone.ask(ordered) == "o_2"
        _memory, slower = await zone.ask(lambda room: remembered(room.dispatcher))
        assert slower != times
        # The streets of the other tests are these.
        await zone.ask(lambda room: room.dispatcher.restore(memory))

    play(story)


async def _until_plan(listener: Listener) -> AsyncIterator[str]:
    """Yields the kinds of what is heard, up to a plan."""
    while True:
        for entry in await asyncio.wait_for(listener.take(), 10):
            yield entry.kind
            if entry.kind == "plan_published":
                return


def test_what_reads_goes_on_while_it_is_not_known_what_became_of_a_commit(play: Play) -> None:
    async def story(zone: Zone, line: CuttingProxy, home: Home) -> None:
        line.armed = "after"
        with pytest.raises(DatabaseError):
            await zone.ask(ordered)
        # Nor can it be found out: the line stays cut.
        line.is_open = False
        assert not await zone.ask(lambda room: room.dispatcher.state.orders)
        with pytest.raises(DatabaseError):
            await zone.ask(ordered)
        line.is_open = True
        assert list(await zone.ask(lambda room: room.dispatcher.state.orders)) == ["o_1"]
        assert await zone.ask(ordered) == "o_2"

    play(story)


def test_while_the_last_commit_cannot_be_read_nothing_more_is_stored(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(zone: Zone, line: CuttingProxy, home: Home) -> None:
        def unreadable(*_: object) -> None:
            raise DatabaseError("The line broke again.")

        line.armed = "after"
        with pytest.raises(DatabaseError):
            await zone.ask(ordered)
        with monkeypatch.context() as broken:
            broken.setattr("api.zone.reload_zone", unreadable)
            for _ in range(2):
                with pytest.raises(DatabaseError, match="is not read yet"):
                    await zone.ask(ordered)
                # What was so before is still to be seen.
                assert not await zone.ask(lambda room: room.dispatcher.state.orders)
        assert await zone.ask(told) == (("o_1",), 1)
        assert await zone.ask(ordered) == "o_2"

    play(story)


def test_a_zone_without_a_line_goes_on_answering_and_takes_orders_when_there_is_one(
    play: Play,
) -> None:
    async def story(zone: Zone, _: CuttingProxy, home: Home) -> None:
        assert await zone.ask(ordered) == "o_1"
        home.cut()
        with pytest.raises(DatabaseError):
            await zone.ask(ordered)
        assert await zone.ask(lambda room: list(room.dispatcher.state.orders)) == ["o_1"]
        assert await zone.ask(ordered) == "o_2"
        orders, _version = await zone.ask(told)
        assert orders == ("o_1", "o_2")

    play(story)


def test_a_zone_that_another_program_started_stores_nothing_more(play: Play) -> None:
    async def story(zone: Zone, _: CuttingProxy, home: Home) -> None:
        home.run("UPDATE zone SET epoch = epoch + 1")
        for _again in range(2):
            with pytest.raises(DatabaseError) as fenced:
                await zone.ask(ordered)
            assert fenced.value.code == "fenced"
        assert await zone.ask(told) == ((), 0)

    play(story)
