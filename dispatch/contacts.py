"""
What is known of persons, apart from all that happened: the log names them by reference only.

A reference, ``ct_7``, stands in orders, drops, desks and couriers; who that is lies in a table of
its own (`dispatch.kept_contacts`). Erased, a reference leads nowhere, while the log, its chain and
all that is folded from it stay as they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a contact is of: who takes the goods, what was noted for the courier, or a courier."""

    DESK = "desk"
    NOTE = "note"
    COURIER = "courier"


@dataclass(frozen=True, slots=True)
class Contact:
    """A name and a phone number, or, for a note, a text; empty where nothing was said."""

    kind: Kind = Kind.DESK
    name: str = ""
    phone: str = ""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not (self.name or self.phone or self.text)

    @property
    def key(self) -> str:
        """The digest by which equal contacts are found; it is erased together with the words."""
        told = "\x1f".join((self.kind, self.name, self.phone, self.text))
        return hashlib.blake2s(told.encode(), digest_size=16).hexdigest()
