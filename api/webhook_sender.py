"""
Sends what happens to the webhooks of a zone, and sends it again until it is answered.

All that has to survive is in the database; what is under way when the service ends, or dies, is
sent again under the same id by the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from random import Random
from typing import Protocol

from api.clock import SystemClock
from api.news import Newsroom
from api.webhook_schedule import Answer
from api.webhook_signing import body_of, headers, test_body
from api.webhook_turn import Due, Key, Tried, Turn, forget_old, turn
from api.zone import Zone
from dispatch.errors import DispatchError
from dispatch.webhooks import Webhook

log = logging.getLogger(__name__)

AGAIN_S = 5.0
"""Seconds after which a database that failed is asked again."""

TIDY_S = 24 * 3600
"""Seconds from one look for old deliveries to the next."""


class Post(Protocol):
    """Sends one body; tests have one without a network."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Returns what became of it."""
        ...

    async def check(self, url: str) -> None:
        """Raises Forbidden for an address to which nothing would be sent."""
        ...

    async def close(self) -> None:
        """Ends what is open."""
        ...


class Sender:
    """
    Sends for one zone; ``chance`` spreads attempts that would come all at once.

    Mutable because it runs. Used on the event loop only.
    """

    def __init__(self, zone: Zone, newsroom: Newsroom, chance: Random, post: Post | None) -> None:
        self._zone = zone
        self._newsroom = newsroom
        self._chance = chance
        self._post = post
        self._tried: list[Tried] = []
        self._sending: dict[Key, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()
        self._idle = asyncio.Event()
        self._active = True
        self._tidy_at = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins with what was left by the process before."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._hear())]

    def wake(self) -> None:
        """Looks for what is due: webhooks changed, or the clock was moved."""
        self._idle.clear()
        self._awake.set()

    async def idle(self) -> None:
        """Returns when nothing is due by now and nothing is under way."""
        await self._idle.wait()

    async def check(self, url: str) -> None:
        """Raises Forbidden for an address to which nothing would be sent."""
        await self._poster().check(url)

    async def ping(self, webhook: Webhook, message: str) -> Answer:
        """Returns what became of a message that only asks whether anybody is there."""
        body = test_body(self._zone.settings.zone, self._zone.moment(self._zone.clock.now()))
        return await self._attempt(webhook, message, body)

    async def stop(self) -> None:
        """Ends at once; what is under way is left to the next process, what is known is stored."""
        tasks = [*self._tasks, *self._sending.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._tried:
            with suppress(DispatchError):
                await self._turn()
        if self._post is not None:
            await self._post.close()

    async def _hear(self) -> None:
        """Wakes the sender at what happens, as long as anybody wants to hear of it."""
        with self._zone.feed.listen() as listener:
            while not listener.closed:
                await listener.take()
                if self._active:
                    self.wake()

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                found = await self._turn()
            except Exception:
                # A full disk, say. Attempts that are over are kept until they can be written.
                log.exception("Webhooks cannot be seen to, again in %s s", AGAIN_S)
                await asyncio.sleep(AGAIN_S)
                continue
            self._active = found.active
            for due in found.due:
                key = due.webhook.id, due.delivery.seq
                self._sending[key] = asyncio.create_task(self._send(due))
            if found.left:
                continue
            if not (found.due or self._sending or self._awake.is_set()):
                self._idle.set()
            await self._wait(found.next_at)

    async def _turn(self) -> Turn:
        now = self._zone.clock.now()
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_S
            await self._zone.ask(forget_old, wake=False)
        tried = tuple(self._tried)
        over = {attempt.key for attempt in tried}
        busy = frozenset(self._sending.keys() - over)
        found = await self._zone.ask(
            partial(turn, tried=tried, busy=busy, chance=self._chance), wake=False
        )
        del self._tried[: len(tried)]
        for key in over:
            del self._sending[key]
        return found

    async def _wait(self, moment: int | None) -> None:
        """Returns when woken, or at a moment of the machine's clock; a manual one wakes by hand."""
        clock = self._zone.clock
        seconds = None
        if moment is not None and isinstance(clock, SystemClock):
            seconds = clock.wait_s(moment)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()

    async def _send(self, due: Due) -> None:
        news = self._newsroom.news_of(due.event)
        assert news is not None, "Only what is told has deliveries."
        body = body_of(self._zone.settings.zone, news)
        answer = await self._attempt(due.webhook, f"{due.webhook.id}-{news.seq}", body)
        self._tried.append(Tried(due.delivery, answer, self._zone.clock.now()))
        self.wake()

    async def _attempt(self, webhook: Webhook, message: str, body: bytes) -> Answer:
        signed = headers(message, self._zone.clock.now(), body, webhook.secrets)
        try:
            return await self._poster().post(webhook.url, signed, body)
        except Exception as error:
            # Whatever it is, it is one attempt that failed, and others go on.
            log.exception("A webhook could not be sent")
            return Answer(None, f"not sent: {type(error).__name__}")

    def _poster(self) -> Post:
        if self._post is None:
            # Its HTTP client takes a while to load, and most services need none.
            from api.webhook_post import Poster

            self._post = Poster(allow_loopback=self._zone.settings.webhooks_allow_loopback)
        return self._post
