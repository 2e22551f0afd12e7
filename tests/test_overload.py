"""A zone that is asked for more than it can do: what it gives up, in which order, and when not."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

import pytest

from api.asked import Bounds, Load, Room, Waiting
from api.clock import ManualClock
from api.zone import Zone
from tests.api_world import (
    InlineSearch,
    a_courier,
    an_order,
    at,
    helsinki,
    placed,
    service,
    settings_in,
)
from tests.test_zone_units import NOW, joined, ordered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

BOUNDS = Bounds(shed_s=1, refuse_s=10, refuse_all_s=30)


class Watch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class HeldThread(Executor):
    """A thread that does nothing while it is held, on the thread of the test."""

    def __init__(self) -> None:
        self.held = False
        self._jobs: list[Callable[[], None]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **rest: Any) -> Future[Any]:
        """Does a job, or keeps it for later."""
        future: Future[Any] = Future()

        def run() -> None:
            future.set_result(fn(*args, **rest))

        self._jobs.append(run)
        if not self.held:
            self.release()
        return future

    def release(self) -> None:
        """Does all that was kept."""
        self.held = False
        while self._jobs:
            self._jobs.pop(0)()


def waiting(watch: Watch, asks: int = 0) -> Waiting:
    """Returns a queue in which so much waits since now."""
    queue = Waiting(BOUNDS, watch)
    for _ in range(asks):
        queue.add(lambda room: room, True, None)
    return queue


def test_what_comes_waits_as_long_as_the_oldest_has() -> None:
    watch = Watch()
    queue = waiting(watch, asks=2)
    assert queue.backlog_s == 0
    watch.now = 7
    assert queue.backlog_s == 7
    queue.take()
    assert queue.backlog_s == 7
    queue.take()
    assert queue.backlog_s == 0


def test_many_at_once_are_known_to_take_long_before_they_did() -> None:
    watch = Watch()
    queue = waiting(watch)
    # Of 0.5 s each a fifth counts at once: 0.1 s.
    queue.worked(seconds=5, asks=10)
    for _ in range(200):
        queue.add(lambda room: room, True, None)
    assert queue.backlog_s == pytest.approx(20)
    assert queue.load is Load.REFUSING


@pytest.mark.parametrize(
    ("seconds", "load"),
    [
        (1, Load.CALM),
        (1.01, Load.SHEDDING),
        (10, Load.SHEDDING),
        (10.01, Load.REFUSING),
        (30, Load.REFUSING),
        (30.01, Load.CLOSED),
    ],
)
def test_more_is_given_up_the_longer_it_takes(seconds: float, load: Load) -> None:
    watch = Watch()
    queue = waiting(watch, asks=1)
    watch.now = seconds
    assert queue.load is load


def test_searches_begin_again_once_half_of_the_backlog_is_gone() -> None:
    watch = Watch()
    queue = waiting(watch)
    told = []
    # What the queue's oldest waits for, and then there is nothing.
    for age in (1.0, 1.1, 0.9, 0.6, 0.4):
        queue.add(lambda room: room, True, None)
        watch.now += age
        told.append((queue.weigh(), queue.is_shedding))
        queue.take()
    assert told == [(False, False), (True, True), (False, True), (False, True), (True, False)]


def test_a_thread_is_stuck_only_while_something_waits() -> None:
    watch = Watch()
    queue = waiting(watch)
    watch.now = 100
    assert queue.stuck_s == 0
    queue.add(lambda room: room, True, None)
    # That it had nothing to do before is not held against it.
    assert queue.stuck_s == 0
    watch.now = 131
    assert queue.stuck_s == 31
    queue.worked(1, 1)
    assert queue.stuck_s == 0


def play(
    folder: Path, story: Callable[[Zone, HeldThread, Watch, InlineSearch], Awaitable[None]]
) -> None:
    """Tells a story of a zone with one courier, whose thread can be held."""

    async def run() -> None:
        thread, watch, search = HeldThread(), Watch(), InlineSearch(iterations=0)
        clock = ManualClock(NOW)
        zone = Zone(settings_in(folder), clock, city=helsinki(), search=search, thread=thread)
        await zone.start()
        zone.waiting = Waiting(BOUNDS, watch)
        try:
            await zone.ask(joined)
            await zone.idle()
            await story(zone, thread, watch, search)
        finally:
            await zone.stop()

    asyncio.run(run())


async def until(is_so: Callable[[], bool]) -> None:
    """Returns once something is so that the next turns of the event loop bring about."""
    for _ in range(100):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("It never was so.")


async def held_for(seconds: float, zone: Zone, thread: HeldThread, watch: Watch) -> list[Any]:
    """Returns what two orders gave of which the second came so many seconds after the first."""
    thread.held = True
    first = asyncio.ensure_future(zone.ask(seen))
    await asyncio.sleep(0)
    watch.now += seconds
    second = asyncio.ensure_future(zone.ask(seen))
    await asyncio.sleep(0)
    improver = zone.improver
    assert improver is not None
    # A lull, in which nobody waits, would come after what is tried here.
    improver._lull = at_once  # noqa: SLF001
    improver.wake()
    # The improver looks what there is to do: nothing, or a snapshot by the held thread.
    await until(lambda: improver.is_idle or len(zone.waiting) == 3)
    thread.release()
    return [await first, await second]


async def at_once() -> None:
    """A lull that is there."""


def seen(room: Room) -> tuple[str, float]:
    """Places an order; returns its id and for how long a quote would search."""
    return ordered(room), room.dispatcher.policy.quote_search_s


def test_under_load_plans_are_by_insertion_only_and_searched_for_later(tmp_path: Path) -> None:
    async def story(zone: Zone, thread: HeldThread, watch: Watch, search: InlineSearch) -> None:
        found = await held_for(1.5, zone, thread, watch)
        # Both orders are planned, without a search for either.
        assert found == [("o_1", 0.0), ("o_2", 0.0)]
        assert zone.metrics.search.searches.labels("shed")._value.get() == 1  # noqa: SLF001
        # The queue is empty: what was passed over is made up for, and quotes search again.
        await until(lambda: not zone.is_shedding)
        await zone.idle()
        assert search.searches == 2
        assert await zone.ask(seen) == ("o_3", 0.15)

    play(tmp_path, story)


def test_without_load_an_order_is_searched_for_at_once(tmp_path: Path) -> None:
    async def story(zone: Zone, thread: HeldThread, watch: Watch, search: InlineSearch) -> None:
        found = await held_for(0.9, zone, thread, watch)
        assert found == [("o_1", 0.15), ("o_2", 0.15)]
        await zone.idle()
        assert search.searches >= 2

    play(tmp_path, story)


def test_what_a_search_found_is_not_adopted_once_it_rests(tmp_path: Path) -> None:
    class Overtaken(InlineSearch):
        """While it searches, so much comes that searches are to rest."""

        zone: Zone

        async def find(self, snapshot: Any, *, polish: bool = False) -> Any:
            found = await super().find(snapshot)
            assert self.zone.improver is not None
            self.zone.improver.rest(rests=True)
            return found or object()

    async def run() -> None:
        search = Overtaken()
        zone = Zone(settings_in(tmp_path), ManualClock(NOW), city=helsinki(), search=search)
        search.zone = zone
        await zone.start()
        try:
            await zone.ask(joined)
            await zone.ask(ordered)
            await zone.idle()
            shed = zone.metrics.search.searches.labels("shed")
            assert search.searches == 1
            assert shed._value.get() == 1  # noqa: SLF001
        finally:
            await zone.stop()

    asyncio.run(run())


class Backlog(Waiting):
    """A queue in which what comes waits as long as a test says."""

    told_s = 0.0

    @property
    def backlog_s(self) -> float:
        """Seconds."""
        return self.told_s


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with a courier and an order, whose queue a test fills."""
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        client.app.state.zone.waiting = Backlog(BOUNDS, lambda: 0.0)  # type: ignore[attr-defined]
        yield client


def fill(client: TestClient, seconds: float) -> None:
    """Lets what comes wait."""
    client.app.state.zone.waiting.told_s = seconds  # type: ignore[attr-defined]


TAP = {"actions": [{"action_id": "a", "seq": 1, "kind": "paused"}]}
POSITION = {"positions": [{"lat": 60.17, "lon": 24.94, "at": at(0)}]}


def test_new_work_is_refused_while_couriers_and_readers_are_served(client: TestClient) -> None:
    fill(client, 12.3)
    for path in ("/v1/orders", "/v1/quotes"):
        refused = client.post(path, json=an_order())
        assert refused.status_code == 503
        assert refused.json()["type"] == "/problems/overloaded"
        assert refused.headers["Retry-After"] == "13"
        assert refused.headers["X-Request-Id"]
    assert client.delete("/v1/orders/o_1").status_code == 503
    assert client.post("/v1/couriers/c_1/actions", json=TAP).status_code == 200
    assert client.post("/v1/couriers/c_1/positions", json=POSITION).status_code < 300
    assert client.get("/v1/couriers/c_1/route").status_code == 200
    assert [order["id"] for order in client.get("/v1/orders").json()["items"]] == ["o_1"]
    fill(client, 10)
    assert client.post("/v1/orders", json=an_order()).status_code == 201


def test_at_last_nobody_is_served_but_who_asks_how_the_service_is(client: TestClient) -> None:
    fill(client, 100)
    assert client.get("/v1/orders").status_code == 503
    refused = client.post("/v1/couriers/c_1/actions", json=TAP)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
    assert client.get("/livez").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["load"]) == (200, "closed")
    shown = client.get("/metrics").text
    assert 'dispatch_refused_total{what="anything"} 2.0' in shown
    assert "dispatch_load 3.0" in shown
    assert "dispatch_backlog_seconds 100.0" in shown


def test_a_request_refused_under_its_key_is_taken_when_it_is_sent_again(
    client: TestClient,
) -> None:
    key = {"Idempotency-Key": "once"}
    fill(client, 12)
    assert client.post("/v1/orders", json=an_order(), headers=key).status_code == 503
    fill(client, 0)
    again = client.post("/v1/orders", json=an_order(), headers=key)
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again.headers
