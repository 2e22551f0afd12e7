"""What is sent to webhooks: verified by the library of those who receive it."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from api.news import News
from api.webhook_signing import MAX_BYTES, body_of, headers, new_secret, rotated
from dispatch.webhooks import Secret

NOW = int(time.time())
"""The verifier believes in its own clock only."""


def news(**more: Any) -> News:
    data = {"kind": "order_placed", "at": "2026-11-23T10:00:00+02:00", "orders": ["o_1"], **more}
    return News(7, "order", data)


def test_a_receiver_verifies_what_was_sent() -> None:
    secret = new_secret()
    body = body_of("helsinki", news())
    signed = headers("wh_1-7", NOW, body, [Secret(secret)])
    assert signed["webhook-id"] == "wh_1-7"
    assert Verifier(secret).verify(body, signed) == {
        "type": "order",
        "timestamp": "2026-11-23T10:00:00+02:00",
        "data": {
            "zone": "helsinki",
            "seq": 7,
            "kind": "order_placed",
            "at": "2026-11-23T10:00:00+02:00",
            "orders": ["o_1"],
        },
    }


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_a_receiver_notices_what_was_changed_on_the_way(changed: str) -> None:
    secret = new_secret()
    body = body_of("helsinki", news())
    signed = headers("wh_1-7", NOW, body, [Secret(secret)])
    if changed == "webhook-id":
        signed[changed] = "wh_1-8"
    if changed == "webhook-timestamp":
        signed[changed] = str(NOW + 1)
    known = new_secret() if changed == "secret" else secret
    with pytest.raises(WebhookVerificationError):
        Verifier(known).verify(body + (b" " if changed == "body" else b""), signed)


def test_a_secret_is_32_random_bytes() -> None:
    secret = new_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != new_secret()


def test_for_a_day_after_a_rotation_old_and_new_secret_verify() -> None:
    old, new = new_secret(), new_secret()
    known = rotated([Secret(old)], new, NOW - 86_399)
    signed = headers("wh_1-7", NOW, b"{}", known)
    assert len(signed["webhook-signature"].split(" ")) == 2
    Verifier(old).verify(b"{}", signed)
    Verifier(new).verify(b"{}", signed)
    known = rotated([Secret(old)], new, NOW - 86_400)
    signed = headers("wh_1-7", NOW, b"{}", known)
    Verifier(new).verify(b"{}", signed)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(b"{}", signed)


def test_of_many_rotations_the_latest_three_secrets_sign() -> None:
    known: tuple[Secret, ...] = (Secret("a"),)
    for text in "bcd":
        known = rotated(known, text, NOW)
    assert known == (Secret("d"), Secret("c", NOW + 86_400), Secret("b", NOW + 86_400))
    # A day later only what is rotated out then is left beside the new one.
    assert rotated(known, "e", NOW + 86_400) == (Secret("e"), Secret("d", NOW + 2 * 86_400))


def test_a_long_body_loses_its_lists_and_says_so() -> None:
    short = body_of("helsinki", news(changes=["c" * 90] * 200))
    assert len(short) < MAX_BYTES
    assert json.loads(short)["data"]["changes"][0] == "c" * 90
    cut = json.loads(body_of("helsinki", news(changes=["c" * 90] * 250, version=3)))["data"]
    assert (cut["version"], cut["cut"], cut["seq"]) == (3, True, 7)
    assert not {"changes", "orders"} & cut.keys()
