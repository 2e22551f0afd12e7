"""
What handlers are given: the zone, and whoever asks.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.access import Who
from api.zone import Zone

__all__ = ["Here", "Who"]


async def zone_of(request: Request) -> Zone:
    """Returns the zone that this service runs."""
    zone: Zone = request.app.state.zone
    return zone


Here = Annotated[Zone, Depends(zone_of)]
"""The parameter by which a handler reaches the zone."""
