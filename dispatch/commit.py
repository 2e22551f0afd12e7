"""
What a zone decides at one moment and must be durable before anybody is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dispatch.events import Event
from dispatch.plan import Plan
from dispatch.requests import ActionAnswer


@dataclass(frozen=True, slots=True)
class Commit:
    """
    Events, the plan they led to (None: unchanged) and the answers to couriers' taps.

    ``at`` is the moment of the decision, in Unix seconds; ``actor`` is who caused it, empty for the
    program itself. All of it is stored, or nothing.
    """

    at: int
    events: tuple[Event, ...]
    plan: Plan | None = None
    answers: tuple[ActionAnswer, ...] = ()
    actor: str = ""


CommitTo = Callable[[Commit], None]
"""Makes a commit durable; raises when it could not, and then nothing of it is stored."""
