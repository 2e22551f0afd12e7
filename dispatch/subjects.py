"""
Whom a question about personal data is about: a phone number, a name, or a courier by id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.contacts import Contact, Kind
from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

COURIER = "courier:"

_PHONE = re.compile(r"\+?[\d(][\d\s()./-]*")
_IN_TEXT = re.compile(r"\+?\d[\d\s()./-]*\d")

SURE_DIGITS = 6
"""Digits of a phone number that are no coincidence inside of a longer one."""

UNSPACED = 0x2E80
"""From this character on, that of the CJK radicals, scripts put no spaces between words."""


@dataclass(frozen=True, slots=True)
class Subject:
    """
    Who is asked about, one of three: ``courier`` by id, ``phone`` as digits, ``name`` folded.

    ``text`` is how it was told.
    """

    text: str
    courier: str = ""
    phone: str = ""
    name: str = ""

    @classmethod
    def read(cls, text: str) -> Subject:
        """Returns the subject of a text; raises InvalidRequest for one that names nobody."""
        told = text.strip()
        if told.startswith(COURIER):
            courier = told.removeprefix(COURIER).strip()
            if courier:
                return cls(told, courier=courier)
        elif _PHONE.fullmatch(told) and len(digits(told)) >= 3:
            return cls(told, phone=digits(told))
        elif len(folded(told)) >= 2 and any(letter.isalpha() for letter in told):
            return cls(told, name=folded(told))
        raise InvalidRequest(
            f"{text!r} names nobody.",
            at="SUBJECT",
            cure="Give a phone number, the whole name of a contact, or a courier as courier:c_3.",
        )

    def is_of(self, contact: Contact) -> bool:
        """Returns whether a contact at a desk is the subject's."""
        if contact.kind is not Kind.DESK:
            return False
        if self.phone:
            return digits(contact.phone) == self.phone
        return bool(self.name) and folded(contact.name) == self.name

    def is_in(self, text: str) -> bool:
        """Returns whether a text speaks of the subject, by number or by name."""
        if self.phone:
            return any(self._is_number(digits(run)) for run in _IN_TEXT.findall(text))
        if not self.name:
            return False
        start, end = (
            "" if ord(edge) >= UNSPACED else r"\b" for edge in (self.name[0], self.name[-1])
        )
        return re.search(f"{start}{re.escape(self.name)}{end}", folded(text)) is not None

    def may_end(self, text: str) -> bool:
        """Returns whether a text that was cut ends with what may be the subject's beginning."""
        told = text.removesuffix("…")
        if self.phone:
            return any(digits(told).endswith(self.phone[:n]) for n in range(3, len(self.phone)))
        begun = (self.name[:n].strip() for n in range(2, len(self.name)))
        return any(folded(told).endswith(part) for part in begun)

    def _is_number(self, number: str) -> bool:
        return number == self.phone or (len(self.phone) >= SURE_DIGITS and self.phone in number)


def subjects_of(contacts: Iterable[Contact]) -> tuple[Subject, ...]:
    """Returns the subjects that contacts at desks are, by number and by name."""
    found: dict[Subject, None] = {}
    for contact in contacts:
        if contact.kind is Kind.DESK:
            if len(digits(contact.phone)) >= 3:
                found[Subject(contact.phone, phone=digits(contact.phone))] = None
            if len(folded(contact.name)) >= 2:
                found[Subject(contact.name, name=folded(contact.name))] = None
    return tuple(found)


def digits(phone: str) -> str:
    """Returns the digits of a phone number as called from abroad: +358 and 00358 are the same."""
    return re.sub(r"\D", "", phone).removeprefix("00")


def folded(name: str) -> str:
    """Returns a name such that upper case and spaces make no difference."""
    return " ".join(name.casefold().split())
