"""
What is shown once and then only known again: an id to find it by, and 256 bits that nobody guesses.

Of the secret only its SHA-256 is kept: so many bits of chance need no slower hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

SHOWN = re.compile(r"([a-z]{3})_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
"""A text that is shown: of what kind it is, its number, and the secret."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Such a text in its parts."""

    kind: str
    number: str
    secret: str

    @property
    def text(self) -> str:
        """What is shown, once."""
        return f"{self.kind}_{self.number}_{self.secret}"

    @property
    def digest(self) -> str:
        """What is kept of the secret, in hex."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def is_of(self, digest: str | None) -> bool:
        """
        Returns whether this is what a digest was kept of; None, of nothing: it is not.

        It takes as long in any case, so that nobody learns which numbers there are.
        """
        return hmac.compare_digest(self.digest, digest or "0" * 64)


def new_shown(kind: str) -> Shown:
    """Returns a new number and secret; ``kind`` is three letters."""
    return Shown(kind, secrets.token_hex(6), secrets.token_urlsafe(32))


def read_shown(text: str, kind: str) -> Shown | None:
    """Returns the parts of what somebody shows, None for what was never shown as this kind."""
    told = SHOWN.fullmatch(text)
    return Shown(*told.groups()) if told is not None and told[1] == kind else None
