"""
What is new, as server-sent events: small facts, after which a client fetches what it shows.

The number of an event is its number in the zone's log, so that a client that comes back after a
break, or after a restart of the service, goes on where it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.depends import Here, Who
from api.feed import Listener
from api.zone import Room, Zone
from dispatch.store import LoggedEvent

router = APIRouter(prefix="/v1/stream", tags=["stream"])

RETRY_MS = 2000
"""Milliseconds after which a client should come back."""

PART = 500
"""Events read from the log at once."""

MOST_MISSED = 5000
"""Missed events that are sent after a break; after more a client starts anew."""

PREFIXES = {"o": "orders", "d": "drops", "c": "couriers", "t": "traffic"}
"""What the prefixes of ids name."""

UNTOLD = frozenset({"quote_given", "hold_lapsed", "desks_replaced", "desk_put"})
"""Kinds of events that concern nobody but who asked."""

SHOWN = {
    "promise_warned": ("kind", "text"),
    "breach_foreseen": ("drop", "p_on_time", "rescue", "reason"),
    "evidence_kept": ("tap", "result", "reason"),
}
"""Fields of events that are sent along, by kind: what somebody should see at once."""


@router.get("", summary="Listen to what happens", response_class=EventSourceResponse)
async def listen(
    zone: Here, _: Who, last_event_id: Annotated[str | None, Header()] = None
) -> AsyncIterator[ServerSentEvent]:
    """
    Sends ``plan``, ``order``, ``courier``, ``traffic`` and ``breach_foreseen`` as they happen, from
    ``Last-Event-ID`` on. An ``order`` of kind ``promise_warned`` says in ``warning`` which.

    ``reset`` says that events were missed for good: fetch everything anew. ``bye`` says that the
    service stops: come back later.
    """
    with zone.feed.listen() as listener:
        head = await _head(zone)
        position = position_of(last_event_id, zone.settings.zone, head)
        if position is None:
            yield _reset(zone, head)
            position = head
        # An id without data is no event to a client, but tells it where it stands.
        yield ServerSentEvent(id=f"{zone.settings.zone}:{position}", retry=RETRY_MS)
        while position < head:
            missed = await zone.ask(partial(_missed, after=position))
            for event in missed:
                if (told := _told(zone, event)) is not None:
                    yield told
            position = missed[-1].seq
        async for news in _live(zone, listener, position):
            yield news


async def _live(zone: Zone, listener: Listener, position: int) -> AsyncIterator[ServerSentEvent]:
    """Yields what is published after a position, until the listener is too slow or all ends."""
    while True:
        for event in await listener.take():
            if event.seq > position and (told := _told(zone, event)) is not None:
                yield told
        if listener.lost:
            yield _reset(zone, await _head(zone))
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


def _told(zone: Zone, event: LoggedEvent) -> ServerSentEvent | None:
    """Returns an entry of the log as it is sent, None for one that concerns nobody else."""
    if event.kind in UNTOLD:
        return None
    data: dict[str, Any] = {"kind": event.kind, "at": zone.moment(event.at)}
    for prefix, name in PREFIXES.items():
        data[name] = [s for s in event.subjects if s.startswith(f"{prefix}_")]
    for name in SHOWN.get(event.kind, ()):
        data["warning" if name == "kind" else name] = event.body.get(name)
    if event.kind == "plan_published":
        data["version"] = event.body["version"]
        data["changes"] = [
            {"drop": c["drop"], "from": c["before"], "to": c["after"]}
            for c in event.body["changes"]
        ]
        name = "plan"
    elif event.kind == "breach_foreseen":
        name = event.kind
    else:
        name = "order" if data["orders"] else "traffic" if data["traffic"] else "courier"
    return ServerSentEvent(event=name, data=data, id=f"{zone.settings.zone}:{event.seq}")
