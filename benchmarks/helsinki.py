"""The city that comes with the package, as simulated worlds are set in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.settings import EMBEDDED_CITY, HELSINKI_STORE
from dispatch.city import load_city

if TYPE_CHECKING:
    from dispatch.city import City

STORE = HELSINKI_STORE.to_domain()
"""Where the couriers of simulated worlds start."""


def embedded_city() -> City:
    """Returns the city that comes with the package."""
    return load_city(EMBEDDED_CITY)
