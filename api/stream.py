"""
What is new, as server-sent events: small facts, after which a client fetches what it shows.

The number of an event is its number in the zone's log, so that a client that comes back after a
break, or after a restart of the service, goes on where it was.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.access import needs
from api.depends import Here, Who
from api.feed import Listener
from api.news import Newsroom, for_courier
from api.problems import Problem
from api.zone import Room, Zone
from dispatch.errors import NotFound
from dispatch.store import DatabaseError, LoggedEvent

log = logging.getLogger(__name__)

router = APIRouter(prefix="/v1/stream", tags=["stream"])

RETRY_MS = 2000
"""Milliseconds after which a client should come back."""

PART = 500
"""Events read from the log at once."""

MOST_MISSED = 5000
"""Missed events that are sent after a break; after more a client starts anew."""

MOST_UNTOLD = 500
"""
Events that pass without a word to a client before it is told where it stands.

Less than ``MOST_MISSED``: who hears little could otherwise not continue after a break.
"""

MOST_STREAMS = 1000
"""Streams of one principal at most."""

MOST_OWN_STREAMS = 5
"""The same for a courier, who has one phone."""


async def _listener(zone: Here, who: Who) -> AsyncIterator[Listener]:
    """Yields a queue from before the answer begins until it has ended."""
    most = MOST_STREAMS if who.sees_all else MOST_OWN_STREAMS
    if zone.feed.listeners_of(who.name) >= most:
        raise Problem(
            429,
            "too-many-streams",
            f"{most} streams are open in the name of {who.name} already.",
            cure="Close some of them first; one stream tells everything.",
        )
    with zone.feed.listen(who.name, credential=who.credential) as listener:
        yield listener


async def _newsroom(request: Request) -> Newsroom:
    found: Newsroom = request.app.state.newsroom
    return found


async def _known(
    zone: Here, who: Who, courier: Annotated[str | None, Query(max_length=100)] = None
) -> str | None:
    """
    Returns the courier whose events are wanted; a courier hears of nobody else.

    Raises NotFound for one that the zone does not know, or who is another than who asks.
    """
    if who.courier is not None and courier is None:
        courier = who.courier
    if courier is None:
        return None
    is_hidden = who.courier not in (None, courier)
    if is_hidden or courier not in (await zone.look()).state.couriers:
        raise NotFound(
            f"There is no courier {courier!r}.",
            at="query.courier",
            cure="See GET /v1/couriers.",
            code="unknown-courier",
            value=courier,
        )
    return courier


@router.get(
    "",
    summary="Listen to what happens",
    response_class=EventSourceResponse,
    dependencies=[needs("stream.read")],
)
async def listen(
    zone: Here,
    courier: Annotated[str | None, Depends(_known)],
    listener: Annotated[Listener, Depends(_listener)],
    newsroom: Annotated[Newsroom, Depends(_newsroom)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """
    Sends ``plan``, ``order``, ``courier``, ``traffic``, ``breach_foreseen`` and
    ``webhook_disabled`` as they happen, from ``Last-Event-ID`` on; with ``courier`` only what
    concerns that one. An ``order`` of kind ``promise_warned`` says in ``warning`` which.

    ``reset`` says that events were missed for good: fetch everything anew. ``bye`` says that the
    service stops, cannot read its database now, or that the token is no longer in force: come back
    later. A courier hears what concerns them, with or without ``courier``.
    """
    told = _stream(zone, courier, listener, newsroom, last_event_id)
    try:
        async for news in told:
            yield news
    except DatabaseError as error:
        # The answer began long ago, so that it cannot say 503 any more.
        log.error("A stream ends: %s", error)
        yield ServerSentEvent(event="bye", data={}, retry=RETRY_MS)


async def _stream(
    zone: Zone,
    courier: str | None,
    listener: Listener,
    newsroom: Newsroom,
    last_event_id: str | None,
) -> AsyncIterator[ServerSentEvent]:
    """Yields all that a client hears; raises DatabaseError where it cannot be read."""
    head = await _head(zone)
    position = position_of(last_event_id, zone.settings.zone, head)
    if position is None:
        yield _reset(zone, head)
        position = head
    # An id without data is no event to a client, but tells it where it stands.
    yield ServerSentEvent(id=f"{zone.settings.zone}:{position}", retry=RETRY_MS)
    told = _Told(zone, newsroom, courier, position)
    while told.position < head and not listener.ended:
        missed = await zone.ask(partial(_missed, after=told.position))
        for news in told.of(missed):
            yield news
    async for news in _live(told, listener):
        yield news


class _Told:
    """
    How far one client was told: ``position`` is the last event looked at.

    Mutable because a stream goes on.
    """

    def __init__(self, zone: Zone, newsroom: Newsroom, courier: str | None, position: int) -> None:
        self.zone = zone
        self.position = position
        self._newsroom = newsroom
        self._courier = courier
        self._said = position

    def of(self, events: Sequence[LoggedEvent]) -> Iterator[ServerSentEvent]:
        """Yields what of these entries of the log the client has to hear still."""
        name = self.zone.settings.zone
        for event in events:
            if event.seq <= self.position:
                continue
            self.position = event.seq
            news = self._newsroom.news_of(event)
            if news is not None and self._courier is not None:
                news = for_courier(news, self._courier)
            if news is not None:
                self._said = news.seq
                yield ServerSentEvent(event=news.name, raw_data=news.text, id=f"{name}:{news.seq}")
            elif self.position - self._said >= MOST_UNTOLD:
                self._said = self.position
                yield ServerSentEvent(id=f"{name}:{self.position}")


async def _live(told: _Told, listener: Listener) -> AsyncIterator[ServerSentEvent]:
    """Yields what is published from now on, until the listener is too slow or all ends."""
    while True:
        for news in told.of(await listener.take()):
            # The next one may be long after this one, where the client is slow to take it.
            if listener.ended:
                break
            yield news
        if listener.lost:
            yield _reset(told.zone, await _head(told.zone))
            return
        if listener.closed:
            yield ServerSentEvent(event="bye", data={}, retry=RETRY_MS)
            return


def position_of(last_event_id: str | None, zone: str, head: int) -> int | None:
    """
    Returns the number of the last event a client saw; ``head`` for a new client.

    None where that cannot be continued from: another zone's or no number, one that this log has not
    reached, or one too long ago.
    """
    if last_event_id is None:
        return head
    name, _, number = last_event_id.rpartition(":")
    if name != zone or not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    position = int(number)
    return position if head - MOST_MISSED <= position <= head else None


async def _head(zone: Zone) -> int:
    return await zone.ask(lambda room: room.database.head(room.zone))


def _missed(room: Room, after: int) -> tuple[LoggedEvent, ...]:
    return room.database.events_after(room.zone, after, PART)


def _reset(zone: Zone, head: int) -> ServerSentEvent:
    return ServerSentEvent(event="reset", data={}, id=f"{zone.settings.zone}:{head}")
