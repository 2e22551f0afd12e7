"""
Contacts in a table of their own: log and tables keep references to them.

Names, phone numbers and notes that are in the log already are taken out of it. No hash can cover
words that shall be erased one day, so the chain is made anew from the first such entry on; an entry
``log_rechained`` at the end tells the head that there was before. An empty log stays so.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

revision = "0007"
down_revision = "0006"

PART = 1000
"""Rows read at a time."""

_events = sa.table(
    "event",
    *(sa.column(name) for name in ("zone", "seq", "at", "recorded_at", "kind")),
    *(sa.column("body", sa.JSON), sa.column("subjects", sa.JSON)),
    *(sa.column("actor"), sa.column("hash")),
)
_zones = sa.table("zone", *(sa.column(name) for name in ("id", "head_seq", "head_hash")))
_contacts = sa.table(
    "contact",
    *(sa.column(name) for name in ("zone", "number", "kind", "key")),
    *(sa.column("body", sa.JSON), sa.column("created_at"), sa.column("used_at")),
)

Body = dict[str, Any]


def upgrade() -> None:
    """Adds the table, and moves into it what the log and the tables say of persons."""
    op.create_table(
        "contact",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String),
        sa.Column("body", sa.JSON),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        # Until when it is known to have been needed.
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("erased_at", sa.BigInteger),
    )
    op.create_index("contact_key", "contact", ["zone", "key"])
    op.create_index("contact_used_at", "contact", ["zone", "used_at"])
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # What is taken out shall not stay in the file until something else is written there.
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    for (zone,) in connection.execute(sa.select(_zones.c.id)).all():
        _move(connection, zone)


class _Book:
    """The contacts of one zone found so far; a class because equal words get one reference."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.rows: dict[str, Body] = {}

    def ref(self, at: int, kind: str, name: str = "", phone: str = "", text: str = "") -> str:
        """Returns the reference of a contact, empty for an empty one."""
        if not (name or phone or text):
            return ""
        told = "\x1f".join((kind, name, phone, text))
        key = hashlib.blake2s(told.encode(), digest_size=16).hexdigest()
        body = {"kind": kind, "name": name, "phone": phone, "text": text}
        number = len(self.rows) + 1
        new = {"zone": self.zone, "number": number, "kind": kind, "key": key, "body": body}
        row = self.rows.setdefault(key, new | {"created_at": at, "used_at": at})
        row["used_at"] = max(row["used_at"], at)
        return f"ct_{row['number']}"


def _drop(book: _Book, at: int, drop: Body) -> Body:
    desk = drop["desk"]
    contact = book.ref(at, "desk", **desk.get("contact", {}))
    note = book.ref(at, "note", text=drop.get("note", ""))
    return {**drop, "desk": {**desk, "contact": contact}, "note": note}


def _desk(book: _Book, at: int, desk: Body) -> Body:
    rest = {k: v for k, v in desk.items() if k not in ("contact_name", "contact_phone")}
    name, phone = desk.get("contact_name", ""), desk.get("contact_phone", "")
    return {**rest, "contact": book.ref(at, "desk", name, phone)}


def _courier(book: _Book, at: int, courier: Body) -> Body:
    return {**courier, "name": book.ref(at, "courier", courier["name"])}


def _quote(book: _Book, at: int, quote: Body) -> Body:
    # The digest is of words too, and a phone number is soon guessed.
    held = [_drop(book, at, drop) for drop in quote.get("held", ())]
    return {**quote, "fingerprint": "", "held": held}


def _order_placed(book: _Book, at: int, body: Body) -> Body:
    drops = [_drop(book, at, drop) for drop in body["drops"]]
    personal = any(drop["note"] or drop["desk"]["contact"] for drop in drops)
    order = {**body["order"], "fingerprint": ""} if personal else body["order"]
    return {**body, "order": order, "drops": drops}


_OF_EVENTS: dict[str, Callable[[_Book, int, Body], Body]] = {
    "order_placed": _order_placed,
    "quote_given": lambda book, at, b: {**b, "quote": _quote(book, at, b["quote"])},
    "courier_added": lambda book, at, b: {**b, "courier": _courier(book, at, b["courier"])},
    "desk_put": lambda book, at, b: {**b, "desk": _desk(book, at, b["desk"])},
    "desks_replaced": lambda book, at, b: {
        **b,
        "desks": [_desk(book, at, desk) for desk in b["desks"]],
    },
}
"""What is taken out of entries, by their kind."""

_OF_TABLES = {"drops": _drop, "couriers": _courier, "desks": _desk, "quotes": _quote}


def _move(connection: sa.Connection, zone: str) -> None:
    book = _Book(zone)
    before = connection.execute(sa.select(_zones).where(_zones.c.id == zone)).one()
    walk = _rechained(connection, zone, book)
    for name, moved in _OF_TABLES.items():
        table = sa.table(name, sa.column("zone"), sa.column("id"), sa.column("body", sa.JSON))
        for id_, body in _bodies(connection, table, zone):
            mine = (table.c.zone == zone) & (table.c.id == id_)
            told = moved(book, 0, body)
            connection.execute(sa.update(table).where(mine).values(body=told))
    _forget_digests(connection, zone, walk.personal)
    rows = list(book.rows.values())
    if rows:
        connection.execute(sa.insert(_contacts), rows)
    if walk.changed:
        _tell(connection, zone, walk, before.head_hash)


class _Walk:
    """
    How far a log was chained anew; no dataclass, since Alembic loads this file as no module.

    ``was`` and ``hash`` are the last entry's hash before and now, ``broken`` is the first entry
    that did not fit its hash before, ``personal`` are the orders that named persons.
    """

    def __init__(self) -> None:
        self.seq = self.recorded_at = 0
        self.was = self.hash = ""
        self.changed = False
        self.broken: int | None = None
        self.personal: list[str] = []


def _rechained(connection: sa.Connection, zone: str, book: _Book) -> _Walk:
    walk = _Walk()
    for entry in _entries(connection, zone):
        # What was tampered with shall not look sound because it is chained anew.
        if walk.broken is None and _link(walk.was, zone, entry) != entry["hash"]:
            walk.broken = entry["seq"]
        take_out = _OF_EVENTS.get(entry["kind"])
        body = entry["body"] if take_out is None else take_out(book, entry["at"], entry["body"])
        if entry["kind"] == "order_placed" and body["order"] != entry["body"]["order"]:
            walk.personal.append(body["order"]["id"])
        walk.changed |= body != entry["body"]
        walk.was = entry["hash"]
        if walk.changed:
            walk.hash = _link(walk.hash, zone, {**entry, "body": body})
            mine = (_events.c.zone == zone) & (_events.c.seq == entry["seq"])
            values = {"body": body, "hash": walk.hash}
            connection.execute(sa.update(_events).where(mine).values(values))
        else:
            walk.hash = entry["hash"]
        walk.seq, walk.recorded_at = entry["seq"], entry["recorded_at"]
    return walk


def _entries(connection: sa.Connection, zone: str) -> Iterator[Body]:
    seq = 0
    while True:
        following = sa.select(_events).where(_events.c.zone == zone, _events.c.seq > seq)
        part = connection.execute(following.order_by(_events.c.seq).limit(PART)).mappings().all()
        for row in part:
            yield dict(row)
        if len(part) < PART:
            return
        seq = part[-1]["seq"]


def _bodies(connection: sa.Connection, table: Any, zone: str) -> Iterator[tuple[str, Body]]:
    after = ""
    while True:
        following = sa.select(table.c.id, table.c.body).where(
            table.c.zone == zone, table.c.id > after
        )
        part = connection.execute(following.order_by(table.c.id).limit(PART)).all()
        yield from part
        if len(part) < PART:
            return
        after = part[-1].id


def _forget_digests(connection: sa.Connection, zone: str, names: list[str]) -> None:
    """Empties the digests of orders as they are emptied in the log."""
    table = sa.table("orders", sa.column("zone"), sa.column("id"), sa.column("body", sa.JSON))
    for name in names:
        mine = (table.c.zone == zone) & (table.c.id == name)
        body: Body = connection.execute(sa.select(table.c.body).where(mine)).scalar_one()
        told = {**body, "fingerprint": ""}
        connection.execute(sa.update(table).where(mine).values(body=told))


def _tell(connection: sa.Connection, zone: str, walk: _Walk, head: str) -> None:
    """Adds the entry that tells of it, and makes it the head."""
    at = walk.recorded_at
    reason = "Version 0007 of the tables took contacts out of the log."
    told = {"at": at, "seq": walk.seq, "head": head, "reason": reason, "broken": walk.broken}
    entry: Body = {
        **{"zone": zone, "seq": walk.seq + 1, "at": at, "recorded_at": at},
        **{"kind": "log_rechained", "body": told, "subjects": [], "actor": ""},
    }
    entry["hash"] = _link(walk.hash, zone, entry)
    connection.execute(sa.insert(_events), entry)
    moved = {"head_seq": entry["seq"], "head_hash": entry["hash"]}
    connection.execute(sa.update(_zones).where(_zones.c.id == zone).values(moved))


def _link(before: str, zone: str, row: Any) -> str:
    names = ("seq", "at", "recorded_at", "kind", "body", "subjects", "actor")
    covered = [before, zone, *(row[name] for name in names)]
    return hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()


def downgrade() -> None:
    """Takes the table out again; what was in it is lost, the references stay."""
    op.drop_table("contact")
