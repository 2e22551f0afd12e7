"""
How a request reaches a webhook: found, changed and stored on the zone's thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy import Connection

from api.webhook_sender import Sender
from api.zone import Room
from dispatch import webhooks
from dispatch.codec import dumps
from dispatch.errors import Conflict, NotFound
from dispatch.webhooks import Webhook

WebhookId = Annotated[str, Path(max_length=100)]


async def _sender(request: Request) -> Sender:
    found: Sender = request.app.state.sender
    return found


Sends = Annotated[Sender, Depends(_sender)]
"""The parameter by which a handler reaches what sends."""


def tag_of(hook: Webhook) -> str:
    """Returns id and revision of a webhook: it is another when what can be edited is."""
    edited = dumps([hook.url, hook.events, hook.description]).encode()
    return f"{hook.id}-r{hashlib.sha256(edited).hexdigest()[:12]}"


def changed(
    room: Room, webhook_id: str, work: Callable[[Webhook], Webhook] = lambda hook: hook
) -> Webhook:
    """Returns a webhook as work made it, which is stored; raises NotFound where there is none."""
    with room.write() as connection:
        before = found(connection, room.zone, webhook_id)
        after = work(before)
        if after != before:
            webhooks.change(connection, room.zone, after)
        return after


def found(connection: Connection, zone: str, webhook_id: str) -> Webhook:
    hook = webhooks.read(connection, zone, webhook_id)
    if hook is None:
        raise NotFound(
            f"There is no webhook {webhook_id!r}.",
            at="path.webhook_id",
            cure="See GET /v1/webhooks.",
            code="unknown-webhook",
            value=webhook_id,
        )
    return hook


def enabled(hook: Webhook) -> Webhook:
    if hook.disabled_at is not None:
        raise Conflict(
            f"The webhook is disabled: {hook.disabled_for}",
            at="path.webhook_id",
            cure="Mend the receiver, then POST /v1/webhooks/{id}/enable.",
            code="webhook-disabled",
            value=hook.id,
        )
    return hook
