"""
Bodies of requests about webhooks and of their answers.
"""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import AfterValidator, Field, model_validator

from api.bodies import In, Label, Moment, Out
from api.news import Name
from api.webhook_addresses import MAX_URL
from api.zone import Zone
from dispatch.webhook_deliveries import Delivery
from dispatch.webhooks import Webhook

Names = Annotated[list[Name], Field(min_length=1), AfterValidator(lambda names: sorted(set(names)))]
Url = Annotated[str, Field(min_length=1, max_length=MAX_URL)]


class WebhookIn(In):
    """An https address and the facts it is told of, all if none are named."""

    url: Url
    events: Annotated[Names, Field(default_factory=lambda: sorted(get_args(Name)))]
    description: Label = ""


class WebhookChange(In):
    """What shall be another; what is absent stays."""

    url: Url | None = None
    events: Names | None = None
    description: Label | None = None


class WebhookOut(Out):
    """
    A webhook. ``seen_seq`` is the last event it was considered for; ``secret`` is shown once.

    Disabled nothing is sent: ``disabled_for`` says why. ``failing_since`` is the first failure
    after the last success.
    """

    id: str
    url: str
    events: list[str]
    description: str
    created_at: Moment
    seen_seq: int
    failing_since: Moment | None
    disabled_at: Moment | None
    disabled_for: str | None
    secret: str | None = None


class DeliveryOut(Out):
    """An event on its way; ``id`` is its header ``webhook-id``, the same at every attempt."""

    id: str
    seq: int
    state: str
    attempts: int
    next_at: Moment | None
    tried_at: Moment | None
    status: int | None
    error: str | None


class ReplayIn(In):
    """What is sent again: every event from a number on, or all that failed."""

    from_seq: Annotated[int, Field(strict=True, ge=1)] | None = None
    failed: bool = False

    @model_validator(mode="after")
    def _says_one(self) -> ReplayIn:
        if (self.from_seq is not None) == self.failed:
            raise ValueError('give either "from_seq" or "failed": true')
        return self


class ReplayOut(Out):
    """From which number on all is sent, or how many that failed."""

    from_seq: int | None
    failed: int | None


class TestOut(Out):
    """What became of a message of type ``test``."""

    delivered: bool
    status: int | None
    error: str | None


def webhook_out(zone: Zone, hook: Webhook, secret: str | None = None) -> WebhookOut:
    return WebhookOut(
        id=hook.id,
        url=hook.url,
        events=list(hook.events),
        description=hook.description,
        created_at=zone.moment(hook.created_at),
        seen_seq=hook.seen_seq,
        failing_since=_moment(zone, hook.failing_since),
        disabled_at=_moment(zone, hook.disabled_at),
        disabled_for=hook.disabled_for or None,
        secret=secret,
    )


def delivery_out(zone: Zone, delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=f"{delivery.webhook}-{delivery.seq}",
        seq=delivery.seq,
        state=delivery.state,
        attempts=delivery.attempts,
        next_at=_moment(zone, delivery.next_at),
        tried_at=_moment(zone, delivery.tried_at),
        status=delivery.status,
        error=delivery.error or None,
    )


def _moment(zone: Zone, instant: int | None) -> str | None:
    return None if instant is None else zone.moment(instant)
