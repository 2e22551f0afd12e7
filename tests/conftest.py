"""
What every test shares: the hypothesis profiles, and places for databases.

``ci``, the default, tries the same examples in every run, so that a failure is
repeatable. ``HYPOTHESIS_PROFILE=explore`` tries many and new ones.
"""

import os

from hypothesis import settings

from tests.homes import blank, home, postgres

__all__ = ["blank", "home", "postgres"]

# No deadline: the first example of a test may compile a kernel.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
