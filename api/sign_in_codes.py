"""
Codes by which a courier's phone signs in, once: short, so that they can be told over a counter.

They are stored as slow digests, so that a restart ends none of them, and whoever reads the database
finds none in the ten minutes.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets

from api.zone import Room, Zone
from dispatch import sign_in_codes as stored

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Digits and letters of which none is taken for another: no 0 and O, no 1 and I."""

LENGTH = 8
"""Characters of a code: 40 bits, in force so shortly that some guesses a minute find none."""

VALID_S = 600
"""Seconds for which a code is good."""

COST = 2**12
"""Of a digest: 4 MiB and some milliseconds; trying all codes takes centuries of a processor."""


class SignInCodes:
    """The codes in force in a zone, one of each courier."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    async def make(self, courier: str) -> tuple[str, int]:
        """Returns a new code for a courier, in place of one before, and when it ends."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        digest = await self._digest(code)

        def work(room: Room) -> int:
            until = room.now + VALID_S
            with room.write() as connection:
                stored.put(connection, room.zone, courier, digest, until)
            return until

        return code, await self._zone.ask(work, wake=False)

    async def take(self, code: str) -> str | None:
        """Returns whose code this is and ends it; None for one that is not in force."""
        digest = await self._digest(read_code(code))

        def work(room: Room) -> str | None:
            with room.write() as connection:
                return stored.take(connection, room.zone, digest, room.now)

        return await self._zone.ask(work, wake=False)

    async def _digest(self, code: str) -> str:
        return await asyncio.to_thread(digest_of, self._zone.settings.zone, code)


def read_code(text: str) -> str:
    """Returns a code as it was made, however it was typed: small letters, blanks, hyphens."""
    return text.upper().replace(" ", "").replace("-", "")


def digest_of(zone: str, code: str) -> str:
    """Returns what is stored of a code, in hex."""
    salt = f"dispatch sign-in {zone}".encode()
    return hashlib.scrypt(code.encode(), salt=salt, n=COST, r=8, p=1, dklen=32).hex()
