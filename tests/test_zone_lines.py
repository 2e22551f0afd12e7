"""A zone whose line to the database breaks at a commit: what was stored is known, or never was."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from api.clock import ManualClock
from api.zone import Room, Zone
from dispatch.crew import add_courier
from dispatch.ordering import place_order
from dispatch.orders import Item
from dispatch.requests import CourierRequest, DeskRequest, DropRequest, OrderRequest
from dispatch.store import DatabaseError
from tests.api_world import DESK, TEN, helsinki, settings_in
from tests.cutting_proxy import CuttingProxy
from tests.homes import Home

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from benchmarks.postgres_server import PostgresServer

NOW = int(TEN.timestamp())


def joined(room: Room) -> None:
    """Lets a courier begin."""
    add_courier(room.dispatcher, CourierRequest("Aino", "st_1", 20, NOW, NOW + 28_800), room.now)


def ordered(room: Room) -> str:
    """Places an order and returns its id."""
    drop = DropRequest(DeskRequest(id=DESK), (Item("paper", 2),))
    return place_order(room.dispatcher, OrderRequest("urgent", (drop,)), room.now).id


def seen(room: Room) -> tuple[list[str], int, int]:
    """Returns the orders and the plan as the dispatcher knows them, and the last event stored."""
    dispatcher = room.dispatcher
    return list(dispatcher.state.orders), dispatcher.plan.version, room.database.head(room.zone)


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_zone_finds_out_what_became_of_a_commit_whose_line_broke(
    tmp_path: Path, postgres: PostgresServer, how: str
) -> None:
    async def story(zone: Zone, line: CuttingProxy) -> None:
        await zone.ask(joined)
        orders, version, head = await zone.ask(seen)
        assert orders == []
        with zone.feed.listen() as listener:
            line.armed = how
            with pytest.raises(DatabaseError):
                await zone.ask(ordered)
            after = await zone.ask(seen)
            if how == "before":
                assert after == ([], version, head)
                assert await zone.ask(ordered) == "o_1"
            else:
                # An order and a plan: stored, known, and told to those who listen.
                assert after == (["o_1"], version + 1, head + 2)
            news = await asyncio.wait_for(listener.take(), 10)
            assert [entry.seq for entry in news] == [head + 1, head + 2]
        assert await zone.ask(ordered) == "o_2"
        assert (await zone.ask(seen))[0] == ["o_1", "o_2"]

    play(tmp_path, postgres, story)


def test_what_reads_goes_on_while_it_is_not_known_what_became_of_a_commit(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    async def story(zone: Zone, line: CuttingProxy) -> None:
        await zone.ask(joined)
        line.armed = "after"
        with pytest.raises(DatabaseError):
            await zone.ask(ordered)
        # Nor can it be found out: the line stays cut.
        line.is_open = False
        assert await zone.ask(lambda room: list(room.dispatcher.state.orders)) == []
        with pytest.raises(DatabaseError):
            await zone.ask(ordered)
        line.is_open = True
        assert await zone.ask(lambda room: list(room.dispatcher.state.orders)) == ["o_1"]
        assert await zone.ask(ordered) == "o_2"

    play(tmp_path, postgres, story)


def play(
    folder: Path, postgres: PostgresServer, story: Callable[[Zone, CuttingProxy], Awaitable[None]]
) -> None:
    """Tells a story of a zone at the other end of a line."""

    async def run(line: CuttingProxy) -> None:
        url = postgres.url("zone", line.port)
        zone = Zone(settings_in(folder, db=url), ManualClock(NOW), city=helsinki())
        await zone.start()
        try:
            await story(zone, line)
        finally:
            await zone.stop()

    Home(postgres.url("zone")).empty()
    with closing(CuttingProxy(postgres.port)) as line:
        asyncio.run(run(line))
