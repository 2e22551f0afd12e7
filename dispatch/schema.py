"""
The tables of the durable store.

``event`` is the log of a zone, only ever appended to, numbered without gaps by ``zone.head_seq``.
``orders`` to ``observed`` are what folding it gives: one row per thing, whole in ``body``; the
other columns repeat what a query asks for. ``ordinal`` is the place in the order of things: that
of the event that brought the thing. Of persons all of these hold references into ``contact`` only,
so that what is known of somebody can be erased while the log stays. Instants are Unix seconds.

A change here needs a new version under ``dispatch/migrations``; a test compares the two.
"""

from __future__ import annotations

import zlib
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from dispatch.codec import dumps, loads


class PackedJSON(TypeDecorator[Any]):
    """JSON under zlib: a plan repeats itself, packed it takes a tenth of the room."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes:
        """Returns the bytes to store."""
        # Level 1: the next levels take longer than the room they save is worth.
        return zlib.compress(dumps(value).encode(), level=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Returns the data stored."""
        return loads(zlib.decompress(value))


metadata = MetaData()


def _zone() -> Column[str]:
    return Column("zone", String, ForeignKey("zone.id"), primary_key=True)


def _key(name: str) -> Column[str]:
    return Column(name, String, primary_key=True)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, String, nullable=False, server_default="")


zones = Table(
    "zone",
    metadata,
    _key("id"),
    _count("epoch"),
    _count("head_seq"),
    _count("plan_version"),
    _count("quotes_given"),
    Column("traffic_given", BigInteger, nullable=False, server_default="0"),
    # The hash of the last event.
    _text("head_hash"),
)

events = Table(
    "event",
    metadata,
    _zone(),
    Column("seq", BigInteger, primary_key=True),
    _count("at"),
    # `at` is when it took effect, this when it was decided.
    _count("recorded_at"),
    Column("kind", String, nullable=False),
    Column("body", JSON, nullable=False),
    Column("subjects", JSON, nullable=False),
    # Who caused it, empty for the program itself; and the link of `dispatch.chain`.
    _text("actor"),
    _text("hash"),
    sqlite_with_rowid=False,
)

event_subjects = Table(
    "event_subject",
    metadata,
    _zone(),
    _key("subject"),
    Column("seq", BigInteger, primary_key=True),
    ForeignKeyConstraint(["zone", "seq"], ["event.zone", "event.seq"]),
    sqlite_with_rowid=False,
)

orders = Table(
    "orders",
    metadata,
    _zone(),
    _key("id"),
    _count("ordinal"),
    Column("external_id", String),
    Column("service", String, nullable=False),
    _count("placed_at"),
    Column("cancelled_at", BigInteger),
    Column("body", JSON, nullable=False),
    UniqueConstraint("zone", "external_id", name="orders_external_id"),
)

drops = Table(
    "drops",
    metadata,
    _zone(),
    _key("id"),
    _count("ordinal"),
    Column("order_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("courier", String),
    # Where it stands among the drops that planning has to do with, null when it is none of them.
    Column("live", BigInteger),
    Column("body", JSON, nullable=False),
    ForeignKeyConstraint(["zone", "order_id"], ["orders.zone", "orders.id"]),
)

couriers = Table(
    "couriers",
    metadata,
    _zone(),
    _key("id"),
    _count("ordinal"),
    Column("body", JSON, nullable=False),
)

quotes = Table(
    "quotes",
    metadata,
    _zone(),
    _key("id"),
    _count("ordinal"),
    Column("body", JSON, nullable=False),
)

desks = Table(
    "desks",
    metadata,
    _zone(),
    _key("id"),
    _count("ordinal"),
    Column("body", JSON, nullable=False),
)

traffic = Table(
    "traffic",
    metadata,
    _zone(),
    _key("id"),
    _count("ordinal"),
    Column("body", JSON, nullable=False),
)

observed = Table(
    "observed",
    metadata,
    _zone(),
    _key("id"),
    _count("ordinal"),
    Column("body", JSON, nullable=False),
)

plans = Table(
    "plan",
    metadata,
    _zone(),
    Column("version", BigInteger, primary_key=True),
    # The number of the event that published it, and the epoch of the process that did.
    _count("seq"),
    _count("epoch"),
    _count("made_at"),
    Column("body", PackedJSON, nullable=False),
)

courier_actions = Table(
    "courier_action",
    metadata,
    # In this order, so that the key also finds a tap by courier and action alone.
    _key("courier"),
    _key("action_id"),
    _zone(),
    _count("seq"),
    Column("result", String, nullable=False),
    Column("reason", String, nullable=False),
    # Evidence: the phone's number of the tap, its clock, and all that it sent. Null before 0005.
    Column("number", BigInteger),
    Column("occurred_at", BigInteger),
    Column("device_now", BigInteger),
    Column("received_at", BigInteger),
    Column("body", JSON),
    Index("courier_action_number", "courier", "number"),
)

idempotency = Table(
    "idempotency",
    metadata,
    _key("principal"),
    _key("key"),
    Column("zone", String, ForeignKey("zone.id"), nullable=False),
    # SHA-256 of method, path and body.
    Column("fingerprint", String, nullable=False),
    _count("status"),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False),
    _count("expires_at"),
    Index("idempotency_expires_at", "expires_at"),
)

webhooks = Table(
    "webhook",
    metadata,
    _zone(),
    _key("id"),
    Column("body", JSON, nullable=False),
    # Events up to this one have their rows in webhook_delivery.
    _count("seen_seq"),
)

webhook_deliveries = Table(
    "webhook_delivery",
    metadata,
    _key("zone"),
    _key("webhook"),
    Column("seq", BigInteger, primary_key=True),
    Column("state", String, nullable=False),
    _count("attempts"),
    # Unix seconds of the next attempt, null when there is none.
    Column("next_at", BigInteger),
    Column("tried_at", BigInteger),
    Column("status", BigInteger),
    _text("error"),
    ForeignKeyConstraint(["zone", "webhook"], ["webhook.zone", "webhook.id"]),
    Index("webhook_delivery_next", "zone", "webhook", "next_at"),
)

positions = Table(
    "position",
    metadata,
    _zone(),
    _key("courier"),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    _count("at"),
)

credentials = Table(
    "credential",
    metadata,
    _key("id"),
    Column("zone", String, nullable=False),
    # SHA-256 of the secret, in hex: what was shown once is not here.
    Column("digest", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    # Who it is the phone of, and the token that a browser's session rests on; null for none.
    Column("courier", String),
    Column("parent", String),
    _text("created_by"),
    _count("created_at"),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("credential_zone", "zone"),
)

owners = Table(
    "owner",
    metadata,
    _zone(),
    _key("id"),
    # The principal in whose name the order was placed.
    Column("principal", String, nullable=False),
    Index("owner_principal", "zone", "principal"),
)

contacts = Table(
    "contact",
    metadata,
    _zone(),
    Column("number", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    # A digest of the words, by which equal ones are found; null like these where they are erased.
    Column("key", String),
    Column("body", JSON(none_as_null=True)),
    _count("created_at"),
    # Until when it is known to have been needed.
    _count("used_at"),
    Column("erased_at", BigInteger),
    Index("contact_key", "zone", "key"),
    Index("contact_used_at", "zone", "used_at"),
)

links = Table(
    "link",
    metadata,
    _key("id"),
    Column("zone", String, ForeignKey("zone.id"), nullable=False),
    Column("order_id", String, nullable=False),
    # SHA-256 of the secret, in hex: what was shown once is not here.
    Column("digest", String, nullable=False),
    _text("created_by"),
    _count("created_at"),
    _count("expires_at"),
    Index("link_order", "zone", "order_id"),
)

pins = Table(
    "pin",
    metadata,
    _zone(),
    _key("drop_id"),
    Column("digits", String, nullable=False),
    # How often something else was told at the desk.
    _count("wrong"),
    _count("created_at"),
)

proofs = Table(
    "proof",
    metadata,
    _zone(),
    _key("drop_id"),
    _key("action_id"),
    Column("courier", String, nullable=False),
    Column("kind", String, nullable=False),
    # The strokes of a signature, empty for a PIN.
    Column("body", Text, nullable=False),
    _count("at"),
    Index("proof_at", "zone", "at"),
)

photos = Table(
    "photo",
    metadata,
    _zone(),
    _key("drop_id"),
    _key("photo_id"),
    Column("courier", String, nullable=False),
    # The line it is of, empty for the hand-over as a whole.
    Column("sku", String, nullable=False),
    _count("size"),
    _count("at"),
    # JPEG.
    Column("body", LargeBinary, nullable=False),
    Index("photo_at", "zone", "at"),
)

sign_in_codes = Table(
    "sign_in_code",
    metadata,
    _zone(),
    _key("courier"),
    # Of the code, in hex: what was shown once is not here.
    Column("digest", String, nullable=False),
    _count("expires_at"),
)
