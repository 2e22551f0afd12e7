"""Webhooks when the service ends, or dies, at the worst moment: nothing is forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.webhook_schedule import Answer
from api.webhook_turn import Due, Tried, turn
from dispatch import webhooks
from dispatch.commit import Commit
from dispatch.events import CourierChanged
from dispatch.store import Database
from dispatch.webhooks import Secret, Webhook
from tests.store_worlds import ZONE, joined
from tests.webhook_worlds import Receiver, sending

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webhook_worlds import Sending


def as_after_a_crash(folder: Path, to: Path) -> Path:
    """Returns a folder with what of a database was committed by now."""
    to.mkdir()
    with (
        closing(sqlite3.connect(folder / "dispatch.db")) as live,
        closing(sqlite3.connect(to / "dispatch.db")) as copy,
    ):
        live.backup(copy)
    return to


def heard_after(folder: Path) -> Receiver:
    """Starts the service anew and returns the receiver when all was sent."""

    async def story() -> Receiver:
        receiver = Receiver()
        async with sending(folder, receiver) as service:
            await service.settled()
        return receiver

    return asyncio.run(story())


def test_what_happened_before_a_crash_is_sent_after_it(tmp_path: Path) -> None:
    async def story() -> str:
        async with sending(tmp_path, Receiver()) as service:
            hook = await service.hook()
            await service.settled()
            # It dies between the commit of an event and the writing of its delivery.
            for task in service.sender._tasks:  # noqa: SLF001
                task.cancel()
            await service.happens(2)
            as_after_a_crash(tmp_path, tmp_path / "crashed")
            return str(hook["id"])

    name = asyncio.run(story())
    assert heard_after(tmp_path / "crashed").ids == [f"{name}-2", f"{name}-3"]


def test_what_was_under_way_at_a_crash_is_sent_again_under_its_id(tmp_path: Path) -> None:
    receiver = Receiver()

    async def story() -> None:
        async with sending(tmp_path, receiver) as service:
            await service.hook()
            receiver.hold()
            await service.happens(6)
            await receiver.until(4)
            # Four are with the receiver, whose answers nobody hears; two are written down only.
            as_after_a_crash(tmp_path, tmp_path / "crashed")

    asyncio.run(story())
    again = heard_after(tmp_path / "crashed")
    assert again.numbers() == [2, 3, 4, 5, 6, 7]
    assert again.heard[:4] == receiver.heard[:4]


def test_what_was_answered_and_written_down_is_not_sent_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with sending(tmp_path, Receiver()) as service:
            await service.hook()
            await service.happens(3)
            await service.settled()
            as_after_a_crash(tmp_path, tmp_path / "crashed")

    asyncio.run(story())
    assert heard_after(tmp_path / "crashed").heard == []


def test_a_stop_with_requests_under_way_is_quick_and_loses_none(tmp_path: Path) -> None:
    receiver = Receiver()

    async def story() -> float:
        async with sending(tmp_path, receiver) as service:
            await service.hook()
            receiver.hold()
            await service.happens(6)
            await receiver.until(4)
            began = time.monotonic()
            await service.sender.stop()
            return time.monotonic() - began

    assert asyncio.run(story()) < 3
    assert receiver.under_way == 0
    again = heard_after(tmp_path)
    assert again.numbers() == [2, 3, 4, 5, 6, 7]
    assert again.heard[:4] == receiver.heard[:4]


def test_a_database_that_fails_for_a_while_loses_no_answer(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("api.webhook_sender.AGAIN_S", 0.0)

    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        await service.settled()
        receiver.hold()
        await service.happens(2)
        await receiver.until(2)
        ask, left = service.app.state.zone.ask, [3]

        async def failing(work: Any, *, wake: bool = True) -> Any:
            if getattr(work, "func", None) is turn and left[0]:
                left[0] -= 1
                raise OSError("No space left on device")
            return await ask(work, wake=wake)

        monkeypatch.setattr(service.app.state.zone, "ask", failing)
        receiver.release()
        await service.settled()
        assert left == [0]
        assert receiver.numbers() == [2, 3]
        assert {d["state"] for d in await service.deliveries(hook)} == {"delivered"}

    async def play() -> None:
        receiver = Receiver()
        async with sending(tmp_path, receiver) as service:
            await story(service, receiver)

    asyncio.run(play())


class Play:
    """A database with one webhook, driven by hand through crashes; time passes with each step."""

    def __init__(self, folder: str) -> None:
        self._url = f"sqlite:///{folder}/dispatch.db"
        self.now = 1000
        self.due: list[Due] = []
        self.tried: list[Tried] = []
        self.events: list[int] = []
        self.answered: list[int] = []
        self._open()
        self._commit(joined(1))
        with self.database.write() as connection:
            names = ("courier", "plan")
            hook = Webhook("wh_1", "https://x.com/", names, (Secret("whsec_eA=="),), 0, 1)
            webhooks.add(connection, ZONE, hook)

    def _open(self) -> None:
        self.database = Database.open(self._url)
        self.database.start_zone(ZONE)

    def _commit(self, event: Any) -> None:
        self.database.commit(ZONE, Commit(self.now, (event,)))

    def event(self) -> None:
        self._commit(CourierChanged(self.now, "c_1", 0, 10_000, 1 + len(self.events), False))
        self.events.append(self.database.head(ZONE))

    def turn(self) -> None:
        busy = {(d.webhook.id, d.delivery.seq) for d in self.due}
        room: Any = SimpleNamespace(
            zone=ZONE, database=self.database, now=self.now, write=self.database.write
        )
        found = turn(room, self.tried, busy, Random(0))
        self.tried = []
        self.due += found.due

    def send(self, status: int) -> None:
        if self.due:
            due = self.due.pop(0)
            if status == 200:
                self.answered.append(due.event.seq)
            self.tried.append(Tried(due.delivery, Answer(status), self.now))

    def crash(self) -> None:
        self.due, self.tried = [], []
        self.database.close()
        self._open()


STEPS = st.sampled_from(["event", "event", "turn", "turn", "200", "500", "429", "crash", "wait"])


@given(st.lists(STEPS, max_size=30))
@settings(max_examples=15, deadline=None)
def test_whatever_happens_every_event_is_answered_for_in_the_end(steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        play = Play(folder)
        for step in steps:
            if step.isdigit():
                play.send(int(step))
            elif step == "wait":
                play.now += 3600
            else:
                getattr(play, step)()
        # A day later everything that failed is due again, and the receiver is well.
        for _ in range(len(play.events) + 3):
            play.now += 2 * 86_400
            play.turn()
            while play.due:
                play.send(200)
        play.turn()
        assert set(play.answered) == set(play.events)
        with play.database.read() as connection:
            told = webhooks.read(connection, ZONE, "wh_1")
            assert told is not None
            assert replace(told, seen_seq=play.database.head(ZONE)) == told
        play.database.close()
