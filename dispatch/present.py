"""
What would be planned if nothing happened, to be worked out once for one moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.plan import Plan
from dispatch.policy import Policy
from dispatch.proposals import Proposal
from dispatch.state import State


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """The proposal of a moment, and what it rests on; what couriers' phones tell is not in it."""

    state: State
    plan: Plan
    policy: Policy
    now: int
    travel_epoch: int
    proposal: Proposal

    def is_of(self, state: State, plan: Plan, policy: Policy, now: int, travel_epoch: int) -> bool:
        """Returns whether it rests on these very values: they are replaced, never changed."""
        is_same = self.state is state and self.plan is plan and self.policy is policy
        return is_same and (self.now, self.travel_epoch) == (now, travel_epoch)
