"""
Codes by which a courier's phone signs in, once: short, so that they can be told over a counter.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Digits and letters of which none is taken for another: no 0 and O, no 1 and I."""

LENGTH = 8
"""Characters of a code: 40 bits, in force so shortly that some guesses a minute find none."""

VALID_S = 600
"""Seconds for which a code is good."""


class SignInCodes:
    """
    The codes in force, one of each courier; ``now`` gives Unix seconds.

    Mutable because a code is good once. They are in memory only: after a restart another is made.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._codes: dict[str, tuple[str, int]] = {}

    def make(self, courier: str) -> tuple[str, int]:
        """Returns a new code for a courier, in place of one before, and when it ends."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        until = self._now() + VALID_S
        self._codes[courier] = (_digest(code), until)
        return code, until

    def take(self, code: str) -> str | None:
        """Returns whose code this is and ends it; None for one that is not in force."""
        told = _digest(read_code(code))
        for courier, (digest, until) in list(self._codes.items()):
            if until <= self._now():
                del self._codes[courier]
            elif secrets.compare_digest(digest, told):
                del self._codes[courier]
                return courier
        return None


def read_code(text: str) -> str:
    """Returns a code as it was made, however it was typed: small letters, blanks, hyphens."""
    return text.upper().replace(" ", "").replace("-", "")


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
