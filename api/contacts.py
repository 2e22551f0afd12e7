"""
Who is told what about persons, and how what is told about them comes into a zone.

Orders, desks and couriers only refer to persons (`dispatch.contacts`). Here, and nowhere else, is
decided whether an answer says who that is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from api.access import Principal
from api.bodies import Keep
from api.view import View
from dispatch import kept_contacts
from dispatch.contacts import Contact, Kind
from dispatch.orders import Courier, Drop
from dispatch.places import DirectoryDesk

if TYPE_CHECKING:
    from api.zone import Room

Read = Callable[[Collection[str]], Mapping[str, Contact]]
"""Gives the contacts of references; those erased are left out."""


def reveals_contact(who: Principal, drop: Drop, view: View) -> bool:
    """
    Returns whether somebody is told who takes a drop, and what was noted for the courier.

    A courier is while the drop is on their own route: neither before nor afterwards, and of no
    other's. Everybody else who may see the order is.
    """
    if who.courier is None:
        return True
    courier, _ = view.assignments.get(drop.id, (None, None))
    return courier == who.courier


def reveals_directory(who: Principal) -> bool:
    """Returns whether somebody is told who is at the desks of a customer's directory."""
    return who.courier is None


def reveals_name(who: Principal, courier: Courier) -> bool:
    """Returns whether somebody is told what a courier is called; couriers are of themselves."""
    return who.courier in (None, courier.id)


def with_contacts(who: Principal, view: View, drops: Iterable[Drop], read: Read) -> View:
    """Returns a view in which somebody finds what they are told about the persons of drops."""
    shown = [drop for drop in drops if reveals_contact(who, drop, view)]
    return _with(view, {ref for d in shown for ref in (d.desk.contact, d.note)}, read)


def with_names(who: Principal, view: View, couriers: Iterable[Courier], read: Read) -> View:
    """Returns a view in which somebody finds the names of couriers that they are told."""
    return _with(view, {c.name for c in couriers if reveals_name(who, c)}, read)


def with_directory(who: Principal, view: View, desks: Iterable[DirectoryDesk], read: Read) -> View:
    """Returns a view in which somebody finds who is at the desks, as far as they are told."""
    shown = desks if reveals_directory(who) else ()
    return _with(view, {desk.contact for desk in shown}, read)


def _with(view: View, refs: set[str], read: Read) -> View:
    refs -= {""}
    return replace(view, contacts=read(refs)) if refs else view


def keeper(room: Room) -> Keep:
    """Returns what keeps contacts of a zone in the transaction of its work."""

    def keep(contact: Contact) -> str:
        if contact.is_empty:
            return ""
        with room.database.write() as connection:
            return kept_contacts.keep(connection, room.zone, contact, room.now)

    return keep


def kept_desks(
    room: Room, desks: Iterable[DirectoryDesk], contacts: Mapping[str, Contact]
) -> tuple[DirectoryDesk, ...]:
    """Returns desks of a directory with references to their contacts, which are by desk."""
    found = tuple(desks)
    told = [contacts.get(desk.id, Contact()) for desk in found]
    with room.database.write() as connection:
        refs = kept_contacts.keep_all(connection, room.zone, told, room.now)
    return tuple(replace(desk, contact=ref) for desk, ref in zip(found, refs, strict=True))


def courier_name(name: str) -> Contact:
    """Returns what a courier is called as a contact to keep."""
    return Contact(Kind.COURIER, name=name)
