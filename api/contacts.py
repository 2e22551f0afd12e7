"""
Who is told what about persons, and how what is told about them comes into a zone.

Orders, desks and couriers only refer to persons (`dispatch.contacts`). Here, and nowhere else, is
decided whether an answer says who that is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.access import Principal
from api.bodies import Keep
from api.sight import sees_drop
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

    It takes the scope ``contacts.read``. With it, a courier is while the drop is on their own
    route: neither before nor afterwards, and of no other's.
    """
    return who.may("contacts.read") and sees_drop(view, who, drop.id)


def reveals_directory(who: Principal) -> bool:
    """Returns whether somebody is told who is at the desks of a customer's directory."""
    return who.may("contacts.read") and who.sees_all


def reveals_name(who: Principal, courier: Courier) -> bool:
    """Returns whether somebody is told what a courier is called; couriers are of themselves."""
    return who.courier in (None, courier.id)


def with_contacts(who: Principal, view: View, drops: Iterable[Drop], read: Read) -> View:
    """Returns a view in which somebody finds what they are told about the persons of drops."""
    shown = [drop for drop in drops if reveals_contact(who, drop, view)]
    return _with(view, {ref for d in shown for ref in (d.desk.contact, d.note)}, read)


def reveals_position(who: Principal, courier: str) -> bool:
    """Returns whether somebody is told where a courier is; couriers are of themselves."""
    return who.may("contacts.read") and who.courier in (None, courier)


def with_names(who: Principal, view: View, couriers: Iterable[Courier], read: Read) -> View:
    """Returns a view in which somebody finds names and places of couriers that they are told."""
    seen = {c: at for c, at in view.positions.items() if reveals_position(who, c)}
    told = replace(view, positions=seen)
    return _with(told, {c.name for c in couriers if reveals_name(who, c)}, read)


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
        with room.write() as connection:
            return kept_contacts.keep(connection, room.zone, contact, room.now)

    return keep


@dataclass(frozen=True, slots=True)
class Sheaf:
    """
    The references of many contacts, got all at once; ``since`` is the last number before them.

    In the transaction of its work, like `keeper`.
    """

    refs: Mapping[Contact, str]
    since: int

    @classmethod
    def kept(cls, room: Room, told: Iterable[Contact]) -> Sheaf:
        """Keeps contacts of a zone."""
        wanted = tuple(dict.fromkeys(told))
        with room.write() as connection:
            since = kept_contacts.last_number(connection, room.zone)
            refs = kept_contacts.keep_all(connection, room.zone, wanted, room.now)
        return cls(dict(zip(wanted, refs, strict=True)), since)

    @classmethod
    def found(cls, room: Room, told: Iterable[Contact]) -> Sheaf:
        """Keeps nothing: what is not held already gets the reference of nobody, ``ct_0``."""
        wanted = tuple(dict.fromkeys(told))
        with room.database.read() as connection:
            refs = kept_contacts.find_all(connection, room.zone, wanted)
            since = kept_contacts.last_number(connection, room.zone)
        return cls(dict(zip(wanted, refs, strict=True)), since)

    def ref(self, contact: Contact) -> str:
        """Returns the reference of one of the contacts, empty for an empty one."""
        return self.refs[contact]

    def forget_but(self, room: Room, used: Collection[str]) -> None:
        """Erases what was new and is not among those used."""
        new = kept_contacts.newer(self.refs.values(), self.since)
        if unused := new - set(used):
            with room.write() as connection:
                kept_contacts.erase(connection, room.zone, unused, room.now)


def with_refs(
    desks: Iterable[DirectoryDesk], contacts: Mapping[str, Contact], sheaf: Sheaf
) -> tuple[DirectoryDesk, ...]:
    """Returns desks of a directory with references to their contacts, which are by desk."""
    return tuple(
        replace(desk, contact=sheaf.ref(contacts[desk.id]) if desk.id in contacts else "")
        for desk in desks
    )


def kept_desks(
    room: Room, desks: Iterable[DirectoryDesk], contacts: Mapping[str, Contact]
) -> tuple[DirectoryDesk, ...]:
    """Returns desks of a directory with references to their contacts, kept from now on."""
    return with_refs(desks, contacts, Sheaf.kept(room, contacts.values()))


def courier_name(name: str) -> Contact:
    """Returns what a courier is called as a contact to keep."""
    return Contact(Kind.COURIER, name=name)
