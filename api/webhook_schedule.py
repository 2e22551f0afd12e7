"""
When a delivery is tried again, and when a webhook is given up.

The schedule is that of Standard Webhooks 1.0, each pause from the failure before it on.

References
----------
Standard Webhooks (2023). *Specification 1.0.0*, Operational considerations.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from dispatch.webhook_deliveries import DELIVERED, FAILED, PENDING, Delivery
from dispatch.webhooks import Webhook

HOUR = 3600

PAUSES_S = (5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds from a failure to the next attempt; the first is at once, after the last none follows."""

JITTER = 0.1
"""By which share of itself a pause becomes longer at most, so that not all come at once."""

MOST_WAIT_S = 24 * HOUR
"""Seconds that a receiver can ask us to wait at most."""

GIVEN_UP_S = 5 * 24 * HOUR
"""Seconds of failures without one success after which nothing is sent any more."""

GONE = 410
BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What an attempt led to: a status, or None and an ``error`` that says what went wrong.

    ``wait_s`` are the seconds that the receiver asked us to wait, None if it did not.
    """

    status: int | None
    error: str = ""
    wait_s: int | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver has it: 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def fault(self) -> str:
        """What went wrong, empty after a success."""
        if self.is_success or self.error:
            return self.error
        if self.status is not None and 300 <= self.status < 400:
            return f"it answered {self.status}, and redirects are not followed"
        return f"it answered {self.status}"


def after(delivery: Delivery, answer: Answer, now: int, chance: Random) -> Delivery:
    """Returns how a delivery stands after an attempt that ended now."""
    tried = replace(
        delivery,
        attempts=delivery.attempts + 1,
        next_at=None,
        tried_at=now,
        status=answer.status,
        error=answer.fault,
    )
    if answer.is_success:
        return replace(tried, state=DELIVERED)
    if answer.status == GONE or tried.attempts > len(PAUSES_S):
        return replace(tried, state=FAILED)
    pause = PAUSES_S[tried.attempts - 1] * (1 + JITTER * chance.random())
    asked = min(answer.wait_s or 0, MOST_WAIT_S) if answer.status in BUSY else 0
    return replace(tried, state=PENDING, next_at=now + max(round(pause), asked))


def judged(webhook: Webhook, answer: Answer, now: int) -> Webhook:
    """Returns a webhook as it is after an attempt: well, failing, or disabled."""
    if webhook.disabled_at is not None:
        return webhook
    if answer.is_success:
        return replace(webhook, failing_since=None)
    since = now if webhook.failing_since is None else webhook.failing_since
    failing = replace(webhook, failing_since=since)
    if answer.status == GONE:
        return replace(failing, disabled_at=now, disabled_for="The receiver answered 410 Gone.")
    if now - since >= GIVEN_UP_S:
        reason = f"Not one success in {(now - since) // (24 * HOUR)} days; last {answer.fault}."
        return replace(failing, disabled_at=now, disabled_for=reason)
    return failing


def enabled_again(webhook: Webhook, head: int) -> Webhook:
    """Returns a disabled webhook as one that hears what follows event ``head``."""
    if webhook.disabled_at is None:
        return webhook
    return replace(webhook, disabled_at=None, disabled_for="", failing_since=None, seen_seq=head)
