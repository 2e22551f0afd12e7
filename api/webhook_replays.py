"""
What was sent to a webhook, sending it again, and trying whether anybody is there.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.access import needs
from api.answers import Answer
from api.bodies import Page
from api.depends import Here, Who
from api.once import Sent
from api.paging import Limit
from api.webhook_access import Sends, WebhookId, changed, enabled, found
from api.webhook_bodies import DeliveryOut, ReplayIn, ReplayOut, TestOut, delivery_out
from api.zone import Room
from dispatch import webhook_deliveries as deliveries
from dispatch import webhooks
from dispatch.errors import InvalidRequest
from dispatch.webhook_deliveries import Delivery

router = APIRouter(prefix="/v1/webhooks/{webhook_id}", tags=["webhooks"])

LAST = 10**18
"""More than any event's number."""


@router.get(
    "/deliveries", summary="List what is sent to a webhook", dependencies=[needs("webhooks.read")]
)
async def list_deliveries(
    webhook_id: WebhookId,
    zone: Here,
    _: Who,
    state: Literal["pending", "delivered", "failed"] | None = None,
    cursor: Annotated[
        str | None, Query(pattern=r"^\d{1,18}$", description="`next` of the part before")
    ] = None,
    limit: Limit = 100,
) -> Page[DeliveryOut]:
    """Answers the deliveries, the latest event first."""
    below = LAST if cursor is None else int(cursor)

    def work(room: Room) -> list[Delivery]:
        with room.database.read() as connection:
            found(connection, room.zone, webhook_id)
            return deliveries.page(connection, room.zone, webhook_id, state, below, limit + 1)

    listed = await zone.ask(work, wake=False)
    following = str(listed[limit - 1].seq) if len(listed) > limit else None
    return Page(items=[delivery_out(zone, one) for one in listed[:limit]], next=following)


@router.post(
    "/replay",
    summary="Send to a webhook what it missed",
    response_model=ReplayOut,
    dependencies=[needs("webhooks.change")],
)
async def replay(
    webhook_id: WebhookId, body: ReplayIn, zone: Here, sender: Sends, once: Sent
) -> Response:
    """Answers at once; what the webhook had already comes again under the same ``webhook-id``."""

    def work(room: Room) -> Answer:
        with room.write() as connection:
            hook = enabled(found(connection, room.zone, webhook_id))
            if body.from_seq is None:
                failed = deliveries.retry_failed(connection, room.zone, hook.id, room.now)
                return Answer(ReplayOut(from_seq=None, failed=failed))
            _check_seq(body.from_seq, room.database.head(room.zone))
            back = replace(hook, seen_seq=min(hook.seen_seq, body.from_seq - 1))
            webhooks.change(connection, room.zone, back)
            return Answer(ReplayOut(from_seq=body.from_seq, failed=None))

    answer = await once.ask(zone, work, wake=False)
    sender.wake()
    return answer


@router.post("/test", summary="Try a webhook", dependencies=[needs("webhooks.change")])
async def test(webhook_id: WebhookId, zone: Here, sender: Sends, _: Who) -> TestOut:
    """Sends a message of type ``test`` once and answers what became of it."""
    hook = enabled(await zone.ask(lambda room: changed(room, webhook_id), wake=False))
    answer = await sender.ping(hook, f"{hook.id}-test-{secrets.token_hex(4)}")
    return TestOut(delivered=answer.is_success, status=answer.status, error=answer.fault or None)


def _check_seq(seq: int, head: int) -> None:
    if seq > head:
        raise InvalidRequest(
            f"The last event is number {head}.",
            at="from_seq",
            cure="Give the number of an event that happened.",
            value=seq,
        )
