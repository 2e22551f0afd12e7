"""
Webhooks: addresses that are told of what happens in a zone.

Every function works in the transaction of the connection it is given. Instants are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from dispatch import schema
from dispatch.codec import from_json, to_json


@dataclass(frozen=True, slots=True)
class Secret:
    """A key in the form ``whsec_…`` that signs ``until`` an instant, None for as long as it is."""

    text: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """
    An address that is told of ``events``, names of facts.

    ``secrets`` begins with the present one; ``seen_seq`` is the last event that has its delivery,
    or needs none. ``failing_since`` is the first failure after the last success. ``disabled_at``
    says when the sending was ended, for the reason in ``disabled_for``.
    """

    id: str
    url: str
    events: tuple[str, ...]
    secrets: tuple[Secret, ...]
    created_at: int
    seen_seq: int
    description: str = ""
    failing_since: int | None = None
    disabled_at: int | None = None
    disabled_for: str = ""


_HOOK = schema.webhooks.c


def add(connection: Connection, zone: str, webhook: Webhook) -> None:
    """Stores a webhook with a new id."""
    row = {"zone": zone, "id": webhook.id, "seen_seq": webhook.seen_seq, "body": _body(webhook)}
    connection.execute(insert(schema.webhooks), row)


def change(connection: Connection, zone: str, webhook: Webhook) -> None:
    """Stores what a webhook is now; one that is gone stays so."""
    connection.execute(
        update(schema.webhooks)
        .where(_HOOK.zone == zone, _HOOK.id == webhook.id)
        .values(seen_seq=webhook.seen_seq, body=_body(webhook))
    )


def remove(connection: Connection, zone: str, webhook: str) -> None:
    """Forgets a webhook and all its deliveries."""
    rows = schema.webhook_deliveries
    connection.execute(delete(rows).where(rows.c.zone == zone, rows.c.webhook == webhook))
    connection.execute(delete(schema.webhooks).where(_HOOK.zone == zone, _HOOK.id == webhook))


def read_all(connection: Connection, zone: str) -> tuple[Webhook, ...]:
    """Returns the webhooks of a zone, the oldest first."""
    found = connection.execute(
        select(_HOOK.body, _HOOK.seen_seq).where(_HOOK.zone == zone).order_by(_HOOK.id)
    )
    hooks = [from_json(Webhook, {**body, "seen_seq": seen}) for body, seen in found]
    return tuple(sorted(hooks, key=lambda hook: hook.created_at))


def read(connection: Connection, zone: str, webhook: str) -> Webhook | None:
    """Returns a webhook, None if there is none of this id."""
    return next((hook for hook in read_all(connection, zone) if hook.id == webhook), None)


def _body(webhook: Webhook) -> Any:
    body = to_json(webhook)
    del body["seen_seq"]
    return body
