"""
Webhooks: other programs that want to hear of what happens. For dispatchers.

How they are signed, retried and kept out of the network around is in ``webhook_*.py``.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from fastapi import APIRouter, Response

from api.access import needs
from api.answers import SAME, Answer, IfMatch, IfNoneMatch, check_match, shown
from api.bodies import Page
from api.depends import Here, Who
from api.once import Sent
from api.webhook_access import Sends, WebhookId, changed, found, tag_of
from api.webhook_addresses import Forbidden
from api.webhook_bodies import WebhookChange, WebhookIn, WebhookOut, webhook_out
from api.webhook_schedule import enabled_again
from api.webhook_sender import Sender
from api.webhook_signing import new_secret, rotated
from api.zone import Room
from dispatch import webhooks
from dispatch.errors import Conflict, InvalidRequest
from dispatch.webhooks import Secret, Webhook

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

MOST = 20
"""Webhooks of a zone at most."""


@router.post(
    "",
    status_code=201,
    summary="Add a webhook",
    response_model=WebhookOut,
    dependencies=[needs("webhooks.change")],
)
async def add(body: WebhookIn, zone: Here, sender: Sends, once: Sent) -> Response:
    """Answers the webhook with its secret, which is never shown again; it hears what follows."""
    await _check(sender, body.url)

    def work(room: Room) -> Answer:
        with room.write() as connection:
            if len(webhooks.read_all(connection, room.zone)) >= MOST:
                raise Conflict(
                    f"There are {MOST} webhooks already.",
                    cure="Delete one first.",
                    code="too-many-webhooks",
                )
            secret = new_secret()
            made = Webhook(
                id=f"wh_{secrets.token_hex(6)}",
                url=body.url,
                events=tuple(body.events),
                secrets=(Secret(secret),),
                created_at=room.now,
                seen_seq=room.database.head(room.zone),
                description=body.description,
            )
            webhooks.add(connection, room.zone, made)
        return Answer(webhook_out(zone, made, secret), 201, tag_of(made))

    answer = await once.ask(zone, work, wake=False)
    sender.wake()
    return answer


@router.get("", summary="List the webhooks", dependencies=[needs("webhooks.read")])
async def list_webhooks(zone: Here, _: Who) -> Page[WebhookOut]:
    """Answers all of them, the oldest first."""

    def work(room: Room) -> tuple[Webhook, ...]:
        with room.database.read() as connection:
            return webhooks.read_all(connection, room.zone)

    return Page(items=[webhook_out(zone, hook) for hook in await zone.ask(work, wake=False)])


@router.get(
    "/{webhook_id}",
    summary="Show a webhook",
    response_model=WebhookOut,
    responses=SAME,
    dependencies=[needs("webhooks.read")],
)
async def show(
    webhook_id: WebhookId, zone: Here, _: Who, if_none_match: IfNoneMatch = None
) -> Response:
    """Answers the webhook, without its secret."""
    hook = await zone.ask(lambda room: changed(room, webhook_id), wake=False)
    return shown(webhook_out(zone, hook), tag_of(hook), if_none_match)


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    response_model=WebhookOut,
    dependencies=[needs("webhooks.change")],
)
async def change(
    webhook_id: WebhookId,
    body: WebhookChange,
    zone: Here,
    sender: Sends,
    once: Sent,
    if_match: IfMatch = None,
) -> Response:
    """Answers the webhook as it is now; other events count from now on."""
    if body.url is not None:
        await _check(sender, body.url)
    given = body.model_dump(exclude_none=True)
    if body.events is not None:
        given["events"] = tuple(body.events)

    def work(room: Room) -> Answer:
        def edited(hook: Webhook) -> Webhook:
            check_match(if_match, tag_of(hook), lambda: webhook_out(zone, hook))
            return replace(hook, **given)

        made = changed(room, webhook_id, edited)
        return Answer(webhook_out(zone, made), tag=tag_of(made))

    return await once.ask(zone, work, wake=False)


@router.delete(
    "/{webhook_id}",
    summary="Delete a webhook",
    response_model=WebhookOut,
    dependencies=[needs("webhooks.change")],
)
async def delete(
    webhook_id: WebhookId, zone: Here, sender: Sends, once: Sent, if_match: IfMatch = None
) -> Response:
    """Answers the webhook that is no more, nor what was on its way to it."""

    def work(room: Room) -> Answer:
        with room.write() as connection:
            gone = found(connection, room.zone, webhook_id)
            check_match(if_match, tag_of(gone), lambda: webhook_out(zone, gone))
            webhooks.remove(connection, room.zone, webhook_id)
        return Answer(webhook_out(zone, gone))

    answer = await once.ask(zone, work, wake=False)
    sender.wake()
    return answer


@router.post(
    "/{webhook_id}/rotate",
    summary="Give a webhook a new secret",
    response_model=WebhookOut,
    dependencies=[needs("webhooks.change")],
)
async def rotate(webhook_id: WebhookId, zone: Here, once: Sent) -> Response:
    """Answers the new secret, once. For a day the one before signs beside it."""

    def work(room: Room) -> Answer:
        secret = new_secret()
        made = changed(
            room,
            webhook_id,
            lambda hook: replace(hook, secrets=rotated(hook.secrets, secret, room.now)),
        )
        return Answer(webhook_out(zone, made, secret))

    return await once.ask(zone, work, wake=False)


@router.post(
    "/{webhook_id}/enable",
    summary="Send to a webhook again",
    response_model=WebhookOut,
    dependencies=[needs("webhooks.change")],
)
async def enable(webhook_id: WebhookId, zone: Here, sender: Sends, once: Sent) -> Response:
    """
    Answers the webhook, which hears what follows.

    What it missed is sent by ``replay`` from the ``seen_seq`` it had on.
    """

    def work(room: Room) -> Answer:
        head = room.database.head(room.zone)
        made = changed(room, webhook_id, lambda hook: enabled_again(hook, head))
        return Answer(webhook_out(zone, made))

    answer = await once.ask(zone, work, wake=False)
    sender.wake()
    return answer


async def _check(sender: Sender, url: str) -> None:
    """Refuses at once an address to which nothing would ever be sent."""
    try:
        await sender.check(url)
    except Forbidden as error:
        raise InvalidRequest(
            f"Nothing can be sent to this address: {error}.",
            at="url",
            cure="Give one like https://hooks.example.com/dispatch, port 443, of a machine on the "
            "public internet.",
            code="webhook-url",
            value=url,
        ) from error
