"""What is asked of a zone is done whole, or was never done: in the database and in memory."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Engine, event

from api.clock import ManualClock
from api.zone import MOST_TOGETHER, Room, Zone
from dispatch.areas import Area
from dispatch.crew import add_courier
from dispatch.errors import Conflict
from dispatch.live import AreaSpeed
from dispatch.ordering import place_order
from dispatch.orders import Item
from dispatch.requests import CourierRequest, DeskRequest, DropRequest, OrderRequest, Position
from dispatch.store import DatabaseError
from dispatch.traffic import set_traffic
from dispatch.traffic_checks import TrafficRequest
from tests.api_world import DESK, TEN, helsinki, settings_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from dispatch.dispatcher import Dispatcher
    from dispatch.memory import Memory

NOW = int(TEN.timestamp())
CENTRE = Area((((60.1, 24.8), (60.3, 24.8), (60.3, 25.1), (60.1, 25.1)),))


def play(folder: Path, story: Callable[[Zone], Awaitable[None]]) -> None:
    """Tells a story of a zone that runs, with one courier."""

    async def run() -> None:
        zone = Zone(settings_in(folder), ManualClock(NOW), city=helsinki())
        await zone.start()
        try:
            await zone.ask(joined)
            await story(zone)
        finally:
            await zone.stop()

    asyncio.run(run())


def joined(room: Room) -> None:
    """Lets a courier begin."""
    add_courier(room.dispatcher, CourierRequest("Aino", "st_1", 20, NOW, NOW + 28_800), room.now)


def ordered(room: Room) -> str:
    """Places an order and returns its id."""
    drop = DropRequest(DeskRequest(id=DESK), (Item("paper", 2),))
    return place_order(room.dispatcher, OrderRequest("urgent", (drop,)), room.now).id


def meddled(room: Room) -> None:
    """Changes all that can change of a zone."""
    dispatcher = room.dispatcher
    slow = AreaSpeed(CENTRE, 5.0)
    set_traffic(dispatcher, TrafficRequest(areas=(slow,)), room.now)
    ordered(room)
    where = helsinki().offices[DESK]
    dispatcher.note_positions("c_1", [Position(where.lat, where.lon, room.now)], room.now)
    dispatcher.present(room.now)
    dispatcher.next_moment()


def remembered(dispatcher: Dispatcher) -> tuple[Memory, object]:
    """Returns all that a dispatcher knows, the speeds on its streets too."""
    city = dispatcher.city
    ends = [city.place(office.building, 0) for office in list(city.offices.values())[:5]]
    return dispatcher.memory(), city.travel_times(ends, "day").tolist()


@contextmanager
def no_commit_succeeds() -> Iterator[None]:
    """A disk that fails as the last page is written."""

    def fail(connection: Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(Engine, "commit", fail)
    try:
        yield
    finally:
        event.remove(Engine, "commit", fail)


def test_what_fails_after_it_wrote_was_never_done(tmp_path: Path) -> None:
    async def story(zone: Zone) -> None:
        before = await zone.ask(lambda room: remembered(room.dispatcher))
        head = await zone.ask(lambda room: room.database.head(room.zone))
        with zone.feed.listen() as listener:
            with pytest.raises(Conflict):
                await zone.ask(refused)
            assert await zone.ask(lambda room: remembered(room.dispatcher)) == before
            assert await zone.ask(lambda room: room.database.head(room.zone)) == head
            # The numbers that were given out are free again, and nobody heard of the first.
            assert await zone.ask(ordered) == "o_1"
            news = await asyncio.wait_for(listener.take(), 10)
        assert [entry.seq for entry in news] == [head + 1, head + 2]
        assert [entry.kind for entry in news] == ["order_placed", "plan_published"]

    play(tmp_path, story)


def test_what_meddles_and_is_stored_changes_all_that_the_test_above_compares(
    tmp_path: Path,
) -> None:
    async def story(zone: Zone) -> None:
        before, times = await zone.ask(lambda room: remembered(room.dispatcher))
        await zone.ask(meddled)
        after, slower = await zone.ask(lambda room: remembered(room.dispatcher))
        assert times != slower
        assert before.state is not after.state
        assert before.plan.version < after.plan.version
        assert before.positions != after.positions
        # The streets of the other tests are these.
        await zone.ask(lambda room: room.dispatcher.restore(before))

    play(tmp_path, story)


def test_what_could_not_be_stored_was_never_done_and_can_be_done_again(tmp_path: Path) -> None:
    async def story(zone: Zone) -> None:
        before = await zone.ask(lambda room: remembered(room.dispatcher))
        with zone.feed.listen() as listener:
            with no_commit_succeeds():
                for _ in range(2):
                    with pytest.raises(DatabaseError, match="disk I/O error"):
                        await zone.ask(meddled)
                # What only reads goes on.
                assert await zone.ask(lambda room: remembered(room.dispatcher)) == before
            assert await zone.ask(ordered) == "o_1"
            news = await asyncio.wait_for(listener.take(), 10)
        assert [entry.kind for entry in news] == ["order_placed", "plan_published"]

    play(tmp_path, story)


def test_several_changes_of_one_ask_are_published_together_after_they_are_durable(
    tmp_path: Path,
) -> None:
    async def story(zone: Zone) -> None:
        def twice(room: Room) -> int:
            ordered(room)
            ordered(room)
            # Other connections see nothing of it yet; this one does.
            with sqlite3.connect(f"file:{tmp_path}/dispatch.db?mode=ro", uri=True) as other:
                (stored,) = other.execute("SELECT count(*) FROM orders").fetchone()
            other.close()
            assert room.database.head(room.zone) > zone_head
            return int(stored)

        zone_head = await zone.ask(lambda room: room.database.head(room.zone))
        with zone.feed.listen() as listener:
            assert await zone.ask(twice) == 0
            news = await asyncio.wait_for(listener.take(), 10)
        kinds = [entry.kind for entry in news]
        assert kinds == ["order_placed", "plan_published", "order_placed", "plan_published"]

    play(tmp_path, story)


def test_what_fell_due_is_kept_though_the_ask_that_noticed_it_is_refused(tmp_path: Path) -> None:
    def refused(room: Room) -> None:
        raise Conflict("Not this.", at="here", cure="Do not.")

    async def story(zone: Zone) -> None:
        await zone.ask(ordered)
        moment = await zone.ask(lambda room: room.dispatcher.next_moment())
        assert moment is not None
        assert isinstance(zone.clock, ManualClock)
        zone.clock.move_to(moment)
        with zone.feed.listen() as listener:
            with pytest.raises(Conflict):
                await zone.ask(refused)
            news = await asyncio.wait_for(listener.take(), 10)
        assert {entry.kind for entry in news} <= {"promise_warned", "promise_breached"}
        assert news

    play(tmp_path, story)


async def together(zone: Zone, *works: Callable[[Room], object]) -> list[Any]:
    """Returns what works gave or raised that waited while the zone's thread was busy."""
    loop, taken, over = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def busy(_: Room) -> None:
        loop.call_soon_threadsafe(taken.set)
        over.wait(30)

    asked: list[asyncio.Future[Any]] = [asyncio.ensure_future(zone.ask(busy))]
    await taken.wait()
    asked += [asyncio.ensure_future(zone.ask(work)) for work in works]
    # Each asks as soon as it runs.
    await asyncio.sleep(0)
    over.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    return found[1:]


@contextmanager
def at_each_commit(call: Callable[[], None]) -> Iterator[None]:
    """Calls something just before each COMMIT of what was written."""

    def listener(connection: Connection) -> None:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        # The connection that reads changes nothing, ever.
        if raw.total_changes:
            call()

    event.listen(Engine, "commit", listener)
    try:
        yield
    finally:
        event.remove(Engine, "commit", listener)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, what waits is done together."""
    monkeypatch.setattr("api.zone.TOGETHER_S", 60.0)


def refused(room: Room) -> None:
    """Changes everything, and then fails."""
    meddled(room)
    raise Conflict("Not this.", at="here", cure="Do not.")


@pytest.mark.usefixtures("patient")
def test_what_waits_is_stored_by_one_commit_and_each_sees_what_those_before_it_did(
    tmp_path: Path,
) -> None:
    async def story(zone: Zone) -> None:
        commits: list[int] = []
        with zone.feed.listen() as listener, at_each_commit(lambda: commits.append(1)):
            found = await together(zone, ordered, ordered, numbers)
            news = await asyncio.wait_for(listener.take(), 10)
        assert found == ["o_1", "o_2", ["o_1", "o_2"]]
        assert len(commits) == 1
        # Two orders and their plans, in the order of the log.
        assert [e.seq for e in news] == list(range(news[0].seq, news[0].seq + 4))

    def numbers(room: Room) -> list[str]:
        return list(room.dispatcher.state.orders)

    play(tmp_path, story)


@pytest.mark.usefixtures("patient")
def test_of_what_waits_together_the_one_that_fails_is_undone_alone(tmp_path: Path) -> None:
    async def story(zone: Zone) -> None:
        first, second, third = await together(zone, ordered, refused, ordered)
        assert (first, third) == ("o_1", "o_2")
        assert isinstance(second, Conflict)
        assert not await zone.ask(lambda room: room.dispatcher.state.traffic)
        kept, held = await zone.ask(
            lambda room: (
                room.database.fold(room.zone, room.dispatcher.state.stores),
                room.dispatcher.state,
            )
        )
        assert (kept.orders, kept.live, kept.couriers) == (held.orders, held.live, held.couriers)

    play(tmp_path, story)


@pytest.mark.usefixtures("patient")
def test_when_the_one_commit_fails_all_who_waited_are_told_so_and_all_is_as_before(
    tmp_path: Path,
) -> None:
    async def story(zone: Zone) -> None:
        before = await zone.ask(lambda room: remembered(room.dispatcher))
        with zone.feed.listen() as listener:
            with no_commit_succeeds():
                # Also who only read what was never stored, and who was refused because of it.
                found = await together(
                    zone, ordered, lambda room: room.dispatcher.state, refused, ordered
                )
            assert [type(each) for each in found] == [DatabaseError] * 4
            assert await zone.ask(lambda room: remembered(room.dispatcher)) == before
            assert await zone.ask(ordered) == "o_1"
            news = await asyncio.wait_for(listener.take(), 10)
        assert [entry.kind for entry in news] == ["order_placed", "plan_published"]

    play(tmp_path, story)


@pytest.mark.usefixtures("patient")
def test_nobody_is_told_before_the_commit_is_over(tmp_path: Path) -> None:
    async def story(zone: Zone) -> None:
        told: list[str] = []
        told_before: list[list[str]] = []
        loop = asyncio.get_running_loop()

        def look() -> None:
            # On the zone's thread: the loop gets a moment to tell what it knows.
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01), loop).result(10)
            told_before.append(list(told))

        async def ask() -> None:
            await zone.ask(ordered)
            told.append("answer")

        async def listen() -> None:
            with zone.feed.listen() as listener:
                await listener.take()
                told.append("news")

        hearing = asyncio.ensure_future(listen())
        with at_each_commit(look):
            await asyncio.gather(ask(), ask(), hearing)
        assert told_before[0] == []
        assert sorted(told) == ["answer", "answer", "news"]

    play(tmp_path, story)


@pytest.mark.usefixtures("patient")
def test_a_transaction_holds_a_bounded_number_of_asks(tmp_path: Path) -> None:
    async def story(zone: Zone) -> None:
        commits: list[int] = []
        with at_each_commit(lambda: commits.append(1)):
            await together(zone, *(located(i) for i in range(MOST_TOGETHER)))
        # One was the work that kept the thread busy.
        assert len(commits) == 2

    play(tmp_path, story)


def located(number: int) -> Callable[[Room], None]:
    """Returns work that writes where the courier is."""
    position = Position(60.17, 24.94, NOW + number)
    return lambda room: room.database.save_positions(room.zone, "c_1", [position])


@pytest.mark.usefixtures("patient")
def test_a_full_disk_that_undoes_the_transaction_fails_all_of_it(tmp_path: Path) -> None:
    def undone_by_itself(room: Room) -> None:
        ordered(room)
        with room.database.write() as connection:
            # As SQLite does by itself where a page cannot be written.
            connection.exec_driver_sql("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")

    async def story(zone: Zone) -> None:
        before = await zone.ask(lambda room: remembered(room.dispatcher))
        found = await together(zone, ordered, undone_by_itself, ordered)
        assert ["disk is full" in str(each) for each in found] == [True] * 3
        assert await zone.ask(lambda room: remembered(room.dispatcher)) == before
        assert await zone.ask(ordered) == "o_1"

    play(tmp_path, story)
