"""
All that a zone holds about somebody: found by what is held apart, and by what refers to it.

Read beside a service or within one; nothing is written.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dispatch import schema
from dispatch.codec import from_json
from dispatch.contacts import Kind
from dispatch.kept_contacts import Held, read_all
from dispatch.orders import Courier, Drop, Order, Quote
from dispatch.photos import Photo, body_of
from dispatch.photos import read as read_photos
from dispatch.places import DirectoryDesk
from dispatch.proofs import Proof
from dispatch.proofs import read as read_proofs
from dispatch.quoted import Quote as Quoted
from dispatch.quoted import quotes_of
from dispatch.requests import Position
from dispatch.stored import about, read_log, read_positions
from dispatch.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

WITH_TEXTS = (
    *("order_placed", "order_answered", "order_paused", "quote_given", "desks_replaced"),
    *("desk_put", "delivered", "failed", "evidence_kept"),
)
"""Kinds of entries that hold words of people, beside those that are held apart."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A text of the log that speaks of somebody: entry, its kind, where in it, and the text."""

    seq: int
    kind: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Personal:
    """
    What is held about a subject in a zone.

    ``contacts`` are theirs, ``notes`` are those for their drops and those that speak of them;
    ``shared`` are notes among them that stand at drops of others too and do not. ``drops`` and
    ``desks`` refer to them, or, for a courier, were on board with them. ``proofs`` are what was
    signed for these drops, ``photos`` those of their hand-over; of a courier they tell nothing.
    ``quoted`` are answers kept for requests sent again that quote them in what is wrong.
    ``mentions`` are texts in entries of the log.
    """

    zone: str
    subject: Subject
    contacts: tuple[Held, ...]
    notes: tuple[Held, ...]
    shared: tuple[Held, ...]
    drops: tuple[Drop, ...]
    orders: tuple[Order, ...]
    desks: tuple[DirectoryDesk, ...]
    quotes: tuple[Quote, ...]
    courier: Courier | None
    position: Position | None
    proofs: tuple[Proof, ...]
    photos: tuple[Photo, ...]
    quoted: tuple[Quoted, ...]
    mentions: tuple[Mention, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is held."""
        return not (self.contacts or self.notes or self.courier or self.mentions or self.quoted)

    @property
    def namesakes(self) -> tuple[str, ...]:
        """The phone numbers under which the name is known, where there are more than one."""
        phones = tuple(sorted({held.contact.phone for held in self.contacts}))
        return phones if self.subject.name and len(phones) > 1 else ()

    def erasable(self) -> frozenset[str]:
        """Returns the references of what is erased when the subject is."""
        shared = {held.ref for held in self.shared}
        notes = {held.ref for held in self.notes} - shared
        return frozenset({held.ref for held in self.contacts} | notes)


def personal(connection: Connection, zone: str, subject: Subject) -> Personal:
    """Returns all that a zone holds about a subject."""
    held = {each.ref: each for each in read_all(connection, zone)}
    courier = _courier(connection, zone, subject)
    own = {ref for ref, each in held.items() if subject.is_of(each.contact)}
    spoken = {
        ref
        for ref, each in held.items()
        if each.contact.kind is Kind.NOTE and subject.is_in(each.contact.text)
    }
    theirs, users = _drops(connection, zone, own, spoken, courier)
    of_drops = set() if courier else {drop.note for drop in theirs if drop.note in held}
    mine = {drop.id for drop in theirs}
    notes = of_drops | spoken
    shared = {ref for ref in notes - spoken if users[ref] - mine}
    if courier is not None and courier.name in held:
        own = {courier.name}
    quotes = _all(connection, schema.quotes, zone, Quote)
    return Personal(
        zone=zone,
        subject=subject,
        contacts=tuple(held[ref] for ref in held if ref in own),
        notes=tuple(held[ref] for ref in held if ref in notes),
        shared=tuple(held[ref] for ref in held if ref in shared),
        drops=theirs,
        orders=_orders(connection, zone, {drop.order for drop in theirs}),
        desks=tuple(
            d for d in _all(connection, schema.desks, zone, DirectoryDesk) if d.contact in own
        ),
        quotes=tuple(q for q in quotes if any(_names(drop, own | spoken) for drop in q.held)),
        courier=courier,
        position=read_positions(connection, zone).get(courier.id) if courier else None,
        proofs=() if courier else read_proofs(connection, zone, mine),
        photos=() if courier else read_photos(connection, zone, mine),
        quoted=() if courier else quotes_of(connection, zone, (subject,)),
        mentions=tuple(_mentions(connection, zone, subject)),
    )


def _names(drop: Drop, refs: set[str]) -> bool:
    return drop.desk.contact in refs or drop.note in refs


def _courier(connection: Connection, zone: str, subject: Subject) -> Courier | None:
    table = schema.couriers.c
    mine = (table.zone == zone) & (table.id == subject.courier)
    body = connection.scalar(select(table.body).where(mine)) if subject.courier else None
    return None if body is None else from_json(Courier, body)


def _drops(
    connection: Connection, zone: str, own: set[str], spoken: set[str], courier: Courier | None
) -> tuple[tuple[Drop, ...], dict[str, set[str]]]:
    """Returns the drops of a subject, and for each note the drops that it stands at."""
    found: list[Drop] = []
    users: dict[str, set[str]] = {}
    for drop in _all(connection, schema.drops, zone, Drop):
        users.setdefault(drop.note, set()).add(drop.id)
        if courier is not None:
            if drop.courier == courier.id:
                found.append(drop)
        elif _names(drop, own | spoken):
            found.append(drop)
    return tuple(found), users


def _all(connection: Connection, table: Table, zone: str, cls: type[Any]) -> Iterator[Any]:
    rows = select(table.c.body).where(table.c.zone == zone).order_by(table.c.ordinal)
    for body in connection.scalars(rows.execution_options(yield_per=1000)):
        yield from_json(cls, body)


def _orders(connection: Connection, zone: str, names: set[str]) -> tuple[Order, ...]:
    if not names:
        return ()
    orders = _all(connection, schema.orders, zone, Order)
    return tuple(order for order in orders if order.id in names)


def _mentions(connection: Connection, zone: str, subject: Subject) -> Iterator[Mention]:
    log = schema.events.c
    wanted = select(log.seq, log.kind, log.body).where(log.zone == zone, log.kind.in_(WITH_TEXTS))
    if subject.courier:
        return
    rows = connection.execute(wanted.order_by(log.seq).execution_options(yield_per=1000))
    for seq, kind, body in rows:
        for at, text in _texts(body):
            if subject.is_in(text):
                yield Mention(seq, kind, at, text)


def _texts(value: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Yields all texts in data and where they are, but for digests and references."""
    match value:
        case str():
            if value and not at.endswith(("fingerprint", "contact", "note")):
                yield at, value
        case dict():
            for name, inner in value.items():
                yield from _texts(inner, f"{at}.{name}" if at else name)
        case list():
            for i, inner in enumerate(value):
                yield from _texts(inner, f"{at}[{i}]")


def as_json(connection: Connection, found: Personal) -> dict[str, Any]:
    """Returns all that is held about a subject as plain data; instants are Unix seconds."""
    told = {
        "zone": found.zone,
        "contacts": [_held_json(held) for held in found.contacts],
        "notes": [_held_json(held) for held in found.notes],
        "desks": [
            {"id": d.id, "customer": d.customer, "building": d.building, "desk": d.name}
            for d in found.desks
        ],
        "orders": [_order_json(connection, found, order) for order in found.orders],
        "quotes": [{"id": q.id, "made_at": q.made_at, "order": q.order} for q in found.quotes],
        "proofs": [asdict(proof) for proof in found.proofs],
        "photos": [_photo_json(connection, found.zone, photo) for photo in found.photos],
        "answers": [{"principal": each.principal, "key": each.key} for each in found.quoted],
        "mentions": [asdict(mention) for mention in found.mentions],
    }
    return told if found.courier is None else told | _courier_json(connection, found, found.courier)


def _held_json(held: Held) -> dict[str, Any]:
    words = {name: told for name, told in asdict(held.contact).items() if told}
    return {"id": held.ref, **words, "created_at": held.created_at, "used_at": held.used_at}


def _photo_json(connection: Connection, zone: str, photo: Photo) -> dict[str, Any]:
    """Returns a photo with its picture, JPEG in base64."""
    body = body_of(connection, zone, photo.drop_id, photo.photo_id) or b""
    return {**asdict(photo), "jpeg": b64encode(body).decode()}


def _order_json(connection: Connection, found: Personal, order: Order) -> dict[str, Any]:
    drops = [drop for drop in found.drops if drop.order == order.id]
    names = ("id", "external_id", "service", "customer", "channel", "store", "placed_at")
    return {
        **{name: getattr(order, name) for name in (*names, "cancelled_at")},
        "drops": [_drop_json(drop) for drop in drops],
        "log": _log(connection, found.zone, order.id),
    }


def _drop_json(drop: Drop) -> dict[str, Any]:
    names = ("id", "status", "courier", "closed_at", "failure", "note")
    told = {name: getattr(drop, name) for name in names}
    items, lines = ([asdict(i) for i in drop.items], [asdict(line) for line in drop.lines])
    return {**told, "desk": asdict(drop.desk), "items": items, "lines": lines}


def _log(connection: Connection, zone: str, subject: str) -> list[dict[str, Any]]:
    entries = read_log(connection, about(zone, subject))
    return [{"seq": entry.seq, "at": entry.at, "what": entry.kind} for entry in entries]


def _courier_json(connection: Connection, found: Personal, courier: Courier) -> dict[str, Any]:
    taps = schema.courier_actions.c
    mine = (taps.zone == found.zone) & (taps.courier == courier.id)
    shown = (taps.action_id, taps.number, taps.occurred_at, taps.received_at, taps.result)
    rows = connection.execute(select(*shown, taps.reason, taps.body).where(mine).order_by(taps.seq))
    names = ("id", "store", "capacity", "profile", "shift_start", "shift_end", "heard_at")
    return {
        "courier": {name: getattr(courier, name) for name in names}
        | {"place": asdict(courier.place), "skills": list(courier.skills)},
        "positions": [] if found.position is None else [asdict(found.position)],
        "taps": [dict(row) for row in rows.mappings()],
        "log": _log(connection, found.zone, courier.id),
    }
