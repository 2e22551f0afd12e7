"""
What every test shares: the hypothesis profiles, and places for databases.

``ci``, the default, tries the same examples in every run, so that a failure is
repeatable. ``HYPOTHESIS_PROFILE=explore`` tries many and new ones.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from dispatch.live import live_streets
from tests.api_world import helsinki
from tests.browser import chromium
from tests.homes import blank, home, postgres

__all__ = ["blank", "chromium", "home", "postgres"]

# No deadline: the first example of a test may compile a kernel.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def nothing_learned() -> Iterator[None]:
    """The city that services of many tests share forgets what the streets taught one of them."""
    yield
    if not helsinki.cache_info().currsize:
        return
    live = live_streets(helsinki())
    if live is not None and (live.ride_factors or live.class_factors):
        live.set_ride_factors({}, {})
