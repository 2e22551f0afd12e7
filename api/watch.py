"""
Who keeps watch over access while the service runs: credentials, lockout and limits of one zone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from api.clock import ManualClock
from api.credentials import Credentials, new_credential
from api.limits import MOST_COST, Allowance, Kind, Limits
from api.lockout import Lockout
from api.problems import MAX_TABLE
from api.settings import Settings
from api.sign_in_codes import SignInCodes
from api.zone import Zone
from dispatch.errors import DispatchError

log = logging.getLogger(__name__)

SWEEP_S = 1.0
"""Seconds after which what rests on an expired token ends at the latest."""

USED_S = 60.0
"""Seconds between two times that it is stored when tokens were last used."""

USUAL: Mapping[Kind, Allowance] = {
    "bytes": Allowance(per_s=512 * 1024, burst=2 * MAX_TABLE),
    "points": Allowance(per_s=200, burst=20_000),
    "solve_s": Allowance(per_s=0.25, burst=60),
}
"""Two whole tables at once; a problem of 5 000 places every 25 s, a quarter of a core."""


class Watch:
    """
    What the gate asks, and what has to be done from time to time.

    Mutable because it starts and stops. ``first_token`` is what was shown of the token made at the
    first start, None later.
    """

    def __init__(self, zone: Zone, settings: Settings) -> None:
        self._zone = zone
        self._settings = settings
        per_s = settings.requests_per_second
        requests: Mapping[Kind, Allowance] = {
            "requests": Allowance(per_s, max(2 * per_s, MOST_COST))
        }
        self.credentials = Credentials(zone, zone.feed.end)
        self.lockout = Lockout(_seconds)
        self.limits = Limits({**USUAL, **requests}, settings.requests_at_once, _seconds)
        self.codes = SignInCodes(zone)
        self.first_token: str | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Loads the credentials; makes the first where tokens are asked for and there is none."""
        await self.credentials.open()
        if self._settings.access == "tokens" and not self.credentials.has_admin():
            made, shown = new_credential("admin", "admin", self._zone.clock.now())
            await self.credentials.add(made)
            self.first_token = shown
        if not isinstance(self._zone.clock, ManualClock):
            self._sweeping = asyncio.create_task(self._sweep_forever())

    async def stop(self) -> None:
        """Stores what is not stored yet."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self._write_used()

    async def _sweep_forever(self) -> None:
        written = _seconds()
        while True:
            await asyncio.sleep(SWEEP_S)
            self.credentials.sweep()
            if _seconds() - written >= USED_S:
                written = _seconds()
                await self._write_used()

    async def _write_used(self) -> None:
        try:
            await self.credentials.write_used()
        except DispatchError as error:
            # It is told only, and nobody's request depends on it.
            log.error("When tokens were last used could not be stored: %s", error)


def _seconds() -> float:
    """Returns seconds that only grow."""
    return asyncio.get_running_loop().time()
