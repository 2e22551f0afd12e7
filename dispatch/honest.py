"""
What may honestly be promised of a plan: its time with a buffer, and with a chance of keeping it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dispatch.chances import forecast
from dispatch.holds import with_holds
from dispatch.plan_reading import read_routes
from dispatch.proposals import handover_ends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.dispatcher import Dispatcher
    from dispatch.proposals import Proposal

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Aim:
    """
    What is wanted of a plan: so many seconds from now, and how surely.

    ``buffer`` is the share added to the planned time, ``confidence`` the chance that must be left
    (0: any). Both are 0 for a word that was given: the buffer was there to be used.
    """

    promise_s: int
    buffer: float = 0.0
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class LastHandover:
    """
    When the last of some drops is handed over: as planned, by whom, and in each sample of luck.

    Unix seconds; ``ends`` is sorted.
    """

    eta: int
    courier: str
    ends: NDArray[np.float64]

    def chance(self, due_at: int) -> float:
        """Returns the chance that all is handed over by a moment."""
        return float(np.searchsorted(self.ends, due_at, side="right") / len(self.ends))

    def by(self, confidence: float) -> int:
        """Returns by when all is handed over with a chance, as planned for 0; Unix seconds."""
        if confidence <= 0:
            return self.eta
        k = -int(-confidence * len(self.ends) // 1) - 1
        return int(np.ceil(self.ends[k]))

    def needs_s(self, aim: Aim, now: int) -> int:
        """Returns the seconds from now that hold with an aim's buffer and confidence."""
        buffered = -int(-(self.eta - now) * (1 + aim.buffer) // 1)
        return max(buffered, self.by(aim.confidence) - now)

    def keeps(self, aim: Aim, now: int) -> bool:
        """Returns whether what an aim wants can be promised."""
        return self.needs_s(aim, now) <= aim.promise_s

    def honest_s(self, aim: Aim, now: int) -> int:
        """Returns the shortest time that can be promised, rounded up to a minute."""
        return -(-self.needs_s(aim, now) // MINUTE) * MINUTE


def last_handover(
    dispatcher: Dispatcher, proposal: Proposal, drops: Sequence[str], now: int
) -> LastHandover | None:
    """Returns when the last of these drops is handed over, None unless all are planned."""
    ends = handover_ends(proposal)
    if any(drop not in ends for drop in drops):
        return None
    eta, courier = max((ends[drop] for drop in drops), key=lambda end: end[0])
    state = with_holds(proposal.state, now)
    concerned = {ends[drop][1] for drop in drops}
    routes = read_routes(proposal.model, proposal.solution, proposal.state, concerned)
    found = forecast(routes, state, dispatcher.policy, dispatcher.city, now)
    last = np.maximum.reduce([found.ends[drop] for drop in drops])
    return LastHandover(eta, courier, np.sort(last))
