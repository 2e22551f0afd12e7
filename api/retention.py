"""
What a service holds of persons only for a time, and forgets by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch import photos, proofs, sign_in_codes
from dispatch.erasing import forget_positions, sweep
from dispatch.events import ContactsErased
from dispatch.links import forget_over

if TYPE_CHECKING:
    from api.settings import Settings
    from api.zone import Room

SWEEP_S = 3600
"""Seconds between two looks for contacts that are needed no longer; each is at all orders."""


class Retention:
    """Forgets, at each tick, what is older than the settings allow; mutable because time passes."""

    def __init__(self, settings: Settings) -> None:
        self._positions_s = settings.positions_keep_s
        self._contacts_s = settings.contacts_keep_s
        self._swept_at: int | None = None

    def forget(self, room: Room) -> None:
        """Deletes old positions and, once an hour, contacts, links and proofs of what is over."""
        self._forget_positions(room)
        if self._swept_at is not None and 0 <= room.now - self._swept_at < SWEEP_S:
            return
        with room.write() as connection:
            state = room.dispatcher.state
            forget_over(connection, room.zone, state, room.now)
            sign_in_codes.forget_over(connection, room.zone, room.now)
            proofs.forget(connection, room.zone, room.now - self._contacts_s)
            photos.forget(connection, room.zone, room.now - self._contacts_s)
            gone = sweep(connection, room.zone, state, room.now, self._contacts_s)
        if gone:
            reason = f"Needed by nothing for {self._contacts_s} s."
            room.dispatcher.record(room.now, ContactsErased(room.now, gone, reason))
        self._swept_at = room.now

    def _forget_positions(self, room: Room) -> None:
        before = room.now - self._positions_s
        with room.write() as connection:
            forget_positions(connection, room.zone, before)
        known = room.dispatcher.memory()
        kept = {c: position for c, position in known.positions.items() if position.at >= before}
        if len(kept) < len(known.positions):
            room.dispatcher.restore(replace(known, positions=kept))
