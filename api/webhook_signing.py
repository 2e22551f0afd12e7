"""
What is sent to a webhook: a small JSON body, and headers that prove who sent it.

Signed as Standard Webhooks 1.0 says: HMAC-SHA256 of id, timestamp and body, by the library
``standardwebhooks``, by which a receiver verifies it too.

References
----------
Standard Webhooks (2023). *Specification 1.0.0*.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook as Signer

from api.news import News
from dispatch.codec import dumps
from dispatch.webhooks import Secret

SECRET_BYTES = 32

OVERLAP_S = 24 * 3600
"""Seconds for which a secret that was replaced signs beside the new one."""

MOST_SECRETS = 3
"""Secrets that sign at once at most."""

MAX_BYTES = 20_000
"""Bytes of a body at most."""


def new_secret() -> str:
    """Returns a new secret: ``whsec_`` and 32 random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def rotated(known: Sequence[Secret], text: str, now: int) -> tuple[Secret, ...]:
    """Returns the secrets with a new one in front; what was the present one signs for a day."""
    present, *older = known
    kept = [secret for secret in older if secret.until is not None and secret.until > now]
    new = (Secret(text), replace(present, until=now + OVERLAP_S), *kept)
    return new[:MOST_SECRETS]


def headers(message: str, now: int, body: bytes, known: Sequence[Secret]) -> dict[str, str]:
    """Returns the headers of a message sent now, signed by each secret that is in force."""
    moment = datetime.fromtimestamp(now, UTC)
    signatures = [
        Signer(secret.text).sign(message, moment, body.decode())
        for secret in known
        if secret.until is None or secret.until > now
    ]
    return {
        "content-type": "application/json",
        "user-agent": "dispatch-webhooks/1",
        "webhook-id": message,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(signatures),
    }


def body_of(zone: str, news: News) -> bytes:
    """
    Returns the body that tells a fact, the same at every attempt.

    Where it would be too long its lists are left out, and ``cut`` is true: fetch what is shown.
    """
    data = {"zone": zone, "seq": news.seq, **news.data}
    body = _body(news.name, data)
    if len(body) < MAX_BYTES:
        return body
    short = {name: value for name, value in data.items() if not isinstance(value, list)}
    return _body(news.name, short | {"cut": True})


def test_body(zone: str, moment: str) -> bytes:
    """Returns the body that only asks whether anybody is there."""
    return _body("test", {"zone": zone, "at": moment})


def _body(name: str, data: dict[str, Any]) -> bytes:
    return dumps({"type": name, "timestamp": data["at"], "data": data}).encode()
