"""The flooding proof, small: a flood that is refused, and another who is timed."""

from __future__ import annotations

import re

from benchmarks.flooding import Size, flooding


def test_a_flood_is_timed_between_two_measurements_of_the_other_alone() -> None:
    told = flooding(Size(seconds=3, rate=4), ("problems of 5000 places",))
    # Twelve orders under the flood, and as many before as after it.
    assert re.findall(r"\(n = (\d+)\)", told) == ["24", "12"]
    answered = re.findall(r"the flood was answered (.*)", told)[0]
    # More places than are taken; who asks too much and too fast is told either.
    assert set(re.findall(r"x (\d+)", answered)) <= {"413", "429"}
    assert "x 413" in answered
