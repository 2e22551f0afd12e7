"""
All that a dispatcher knows at one moment: what it goes back to when a step is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.carrying import Found
from dispatch.live import live_streets
from dispatch.plan import Plan
from dispatch.present import Present
from dispatch.reported import in_force
from dispatch.requests import Position
from dispatch.state import State
from dispatch.watch import Watched

Factors = tuple[Mapping[str, float], Mapping[tuple[str, str], float]]
"""What a city's rides are multiplied by, by band and by band and class of road."""


@dataclass(frozen=True, slots=True)
class Memory:
    """
    A moment of a dispatcher: what it has made durable, and what it keeps beside that.

    ``factors`` are those the streets had learned, None where they learn nothing.
    """

    state: State
    plan: Plan
    positions: Mapping[str, Position]
    asked: Mapping[str, int]
    watched: Mapping[str, Watched]
    found: Mapping[str, Found]
    present: Present | None
    factors: Factors | None


def learned(city: object) -> Factors | None:
    """Returns the factors in force in a city, None where its streets take none."""
    live = live_streets(city)
    return None if live is None else (live.ride_factors, live.class_factors)


def put_back(city: object, current: State, memory: Memory) -> None:
    """Makes a city ride as it did then: ``current`` is the state that is in force now."""
    with in_force(city, current, memory.state):
        live = live_streets(city)
        if live is None or memory.factors is None or learned(city) == memory.factors:
            return
        live.set_ride_factors(*memory.factors)
